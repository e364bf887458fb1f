// SPDX-License-Identifier: BSD-3-Clause
/// Objects as vectors: nothing is lost on the way, and adding vectors is what ROOT does when it adds objects.
#include "same.hxx"

#include <rdf_live/layout.hxx>

#include <TRandom3.h>

#include <type_traits>

using namespace rdf_live;

namespace {

/// What one attempt filled. With `heavy` weights ROOT creates sums of squares, with weights of one it does not.
enum class Weights { kNone, kOnes, kHeavy };

double Weight(Weights weights, TRandom &random)
{
   return weights == Weights::kHeavy ? random.Uniform(0.5, 2.) : 1.;
}

const bool detached = (TH1::AddDirectory(false), true); // many of the same name

TH1D Fresh(const TH1D *)
{
   return TH1D("h1", "title;x;y", 7, -1., 6.);
}
TH2D Fresh(const TH2D *)
{
   return TH2D("h2", "", 4, 0., 5., 3, 0., 5.);
}
TH3D Fresh(const TH3D *)
{
   return TH3D("h3", "", 4, 0., 5., 3, 0., 5., 2, 0., 5.);
}
TProfile Fresh(const TProfile *)
{
   return TProfile("p1", "", 4, 0., 5.);
}
TProfile2D Fresh(const TProfile2D *)
{
   return TProfile2D("p2", "", 4, 0., 5., 3, 0., 5.);
}

void Fill(TH1D &h, double x, double, double, double w)
{
   h.Fill(x, w);
}
void Fill(TH2D &h, double x, double y, double, double w)
{
   h.Fill(x, y, w);
}
void Fill(TH3D &h, double x, double y, double z, double w)
{
   h.Fill(x, y, z, w);
}
void Fill(TProfile &h, double x, double y, double, double w)
{
   h.Fill(x, y, w);
}
void Fill(TProfile2D &h, double x, double y, double z, double w)
{
   h.Fill(x, y, z, w);
}

template <typename T>
void FillMore(T &h, Weights weights, int seed)
{
   TRandom3 random(seed);
   for (int i = 0; i < 200; ++i) { // some of it under and over the axes
      const double x = random.Gaus(2., 3.), y = random.Gaus(2., 3.), z = random.Gaus(2., 3.);
      Fill(h, x, y, z, Weight(weights, random));
   }
}
template <typename T>
T Filled(Weights weights, int seed)
{
   T h = Fresh(static_cast<T *>(nullptr));
   FillMore(h, weights, seed);
   return h;
}

template <typename T>
std::vector<double> Vector(const T &object, bool weighted)
{
   std::vector<double> values(Layout<T>::Size(object, weighted) + 1, -4711.);
   Layout<T>::Store(object, weighted, values.data());
   CHECK_EQUAL(values.back(), -4711.); // nothing was written behind the end
   values.pop_back();
   return values;
}

std::vector<double> Sum(std::vector<double> a, const std::vector<double> &b)
{
   CHECK_EQUAL(a.size(), b.size());
   for (std::size_t i = 0; i < a.size(); ++i)
      a[i] += b[i];
   return a;
}

template <typename T>
void RoundTrip(Weights weights)
{
   const bool weighted = weights != Weights::kNone;
   const T h = Filled<T>(weights, 1);
   T back = Fresh(static_cast<T *>(nullptr));
   Layout<T>::Load(back, weighted, Vector(h, weighted).data());
   Same(back, h);
   // A picture is loaded over another one.
   const T other = Filled<T>(weights, 2);
   Layout<T>::Load(back, weighted, Vector(other, weighted).data());
   Same(back, other);
}

template <typename T>
void Merge(Weights first, Weights second)
{
   const bool weighted = first != Weights::kNone;
   const T a = Filled<T>(first, 1), b = Filled<T>(second, 2);
   T merged = Fresh(static_cast<T *>(nullptr));
   Layout<T>::Load(merged, weighted, Sum(Vector(a, weighted), Vector(b, weighted)).data());

   T atOnce = a; // one process that has seen everything
   FillMore(atOnce, second, 2);
   Same(merged, atOnce, 1e-13);

   // ROOT loses the sums of squared weights when only one of two profiles has them.
   if (std::is_base_of_v<TProfile, T> || std::is_base_of_v<TProfile2D, T>)
      if (first != second)
         return;
   T expected = a, other = b;
   TList list;
   list.Add(&other);
   CHECK(expected.Merge(&list) >= 0);
   Same(merged, expected, 1e-13);
   T added = a;
   CHECK(added.Add(&b));
   Same(merged, added, 1e-13);
}

template <typename T>
void Everything()
{
   for (auto weights : {Weights::kNone, Weights::kOnes, Weights::kHeavy})
      RoundTrip<T>(weights);
   Merge<T>(Weights::kNone, Weights::kNone);
   for (auto first : {Weights::kOnes, Weights::kHeavy})
      for (auto second : {Weights::kOnes, Weights::kHeavy})
         Merge<T>(first, second);
}

/// Objects that have sums of squares from the start, though nobody gave a weight.
template <typename T>
void SquaresWithoutWeights()
{
   const bool before = TH1::GetDefaultSumw2();
   TH1::SetDefaultSumw2(true);
   RoundTrip<T>(Weights::kNone);
   Merge<T>(Weights::kNone, Weights::kNone);
   TH1::SetDefaultSumw2(before);
}

THnD Nd(bool errors, int seed, int n = 100)
{
   const int bins[] = {3, 2, 2};
   const double low[] = {0., 0., 0.}, high[] = {5., 5., 5.};
   THnD h("hn", "", 3, bins, low, high);
   if (errors)
      h.Sumw2();
   TRandom3 random(seed);
   for (int i = 0; i < n; ++i) {
      const double x[] = {random.Gaus(2., 3.), random.Gaus(2., 3.), random.Gaus(2., 3.)};
      h.Fill(x, errors ? random.Uniform(0.5, 2.) : 1.);
   }
   return h;
}

TStatistic Statistic(int seed, int n)
{
   TStatistic s("s");
   TRandom3 random(seed);
   for (int i = 0; i < n; ++i)
      s.Fill(random.Gaus(1e3, 1.), random.Uniform(0.5, 2.));
   return s;
}

/// As the hub merges it.
std::vector<double> MergedStatistic(std::vector<double> a, const std::vector<double> &b)
{
   const auto merged = Sum(a, b);
   for (const auto &segment : Segments<TStatistic>()) {
      const auto i = segment.fStart;
      switch (segment.fRule) {
      case Rule::kMin: a[i] = std::min(a[i], b[i]); break;
      case Rule::kMax: a[i] = std::max(a[i], b[i]); break;
      case Rule::kMoments:
         CHECK_EQUAL(segment.fStop - i, 3u);
         if (a[i] != 0. && b[i] != 0.) {
            const double cross = b[i + 1] * a[i] - a[i + 1] * b[i];
            a[i + 2] += b[i + 2] + cross * cross / (a[i] * b[i] * (a[i] + b[i]));
         } else {
            a[i + 2] += b[i + 2];
         }
         a[i] = merged[i];
         a[i + 1] = merged[i + 1];
      }
   }
   a[0] = merged[0];
   a[4] = merged[4];
   return a;
}

void Same(const TStatistic &got, const TStatistic &expected, double relative)
{
   CHECK_EQUAL(got.GetN(), expected.GetN());
   CHECK_CLOSE(got.GetW(), expected.GetW(), relative);
   CHECK_CLOSE(got.GetW2(), expected.GetW2(), relative);
   CHECK_CLOSE(got.GetMean(), expected.GetMean(), relative);
   CHECK_CLOSE(got.GetM2(), expected.GetM2(), 1e4 * relative); // of differences of numbers around 1000
   CHECK_CLOSE(got.GetRMS(), expected.GetRMS(), 1e4 * relative);
   CHECK_EQUAL(got.GetMin(), expected.GetMin());
   CHECK_EQUAL(got.GetMax(), expected.GetMax());
}

} // namespace

TEST(TH1DIsASum)
{
   Everything<TH1D>();
}
TEST(TH2DIsASum)
{
   Everything<TH2D>();
}
TEST(TH3DIsASum)
{
   Everything<TH3D>();
}
TEST(TProfileIsASum)
{
   Everything<TProfile>();
}
TEST(TProfile2DIsASum)
{
   Everything<TProfile2D>();
}

TEST(SumsOfSquaresWithoutWeights)
{
   SquaresWithoutWeights<TH1D>();
   SquaresWithoutWeights<TH2D>();
   SquaresWithoutWeights<TH3D>();
   SquaresWithoutWeights<TProfile>();
   SquaresWithoutWeights<TProfile2D>();
}

TEST(WeightsCostOnlyWhereTheyArePossible)
{
   const TH1D h = Fresh(static_cast<TH1D *>(nullptr));
   CHECK_EQUAL(Layout<TH1D>::Size(h, false), 9u + 5u);
   CHECK_EQUAL(Layout<TH1D>::Size(h, true), 2 * 9u + 5u + 1u);
}

TEST(NothingFilledIsAllZero)
{
   const TH1D h = Fresh(static_cast<TH1D *>(nullptr));
   for (double value : Vector(h, true))
      CHECK_EQUAL(value, 0.);
}

TEST(THnDIsASum)
{
   for (bool errors : {false, true}) {
      const THnD a = Nd(errors, 1), b = Nd(errors, 2);
      THnD back = Nd(errors, 3, 0);
      Layout<THnD>::Load(back, false, Vector(a, false).data());
      Same(back, a);
      Layout<THnD>::Load(back, false, Sum(Vector(a, false), Vector(b, false)).data());
      THnD expected = a;
      expected.Add(&b);
      Same(back, expected, 1e-14);
   }
}

TEST(TStatisticFollowsItsRules)
{
   for (int na : {0, 1, 50}) {
      for (int nb : {0, 1, 70}) {
         const TStatistic a = Statistic(1, na), b = Statistic(2, nb);
         TStatistic back;
         Layout<TStatistic>::Load(back, false, Vector(a, false).data());
         Same(back, a, 0.);
         Layout<TStatistic>::Load(back, false, MergedStatistic(Vector(a, false), Vector(b, false)).data());
         TStatistic expected = a, other = b;
         TList list;
         list.Add(&other);
         expected.Merge(&list);
         Same(back, expected, 1e-13);
      }
   }
}
