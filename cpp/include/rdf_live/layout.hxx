// SPDX-License-Identifier: BSD-3-Clause
/// \file layout.hxx
/// How an object whose parts add lies in the vector of doubles, and how it comes back out of it.
///
/// `Layout<T>::Size(h, weighted)` doubles are written by `Store` and read by `Load`. Everything is stored as sums, so
/// that merging is addition. Sums of squared weights are always sent where weights are possible: ROOT creates them at
/// the first weight that is not one, so two attempts of the same graph may differ; a last number counts the attempts
/// that had them.
#ifndef RDF_LIVE_LAYOUT
#define RDF_LIVE_LAYOUT

#include <rdf_live/access.hxx>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <vector>

namespace rdf_live {

/// Copies doubles out of and into ROOT's members, moving along the vector.
class Writer {
   double *fAt;

public:
   explicit Writer(double *at) : fAt(at) {}
   void Put(double value) { *fAt++ = value; }
   void Put(const double *values, std::size_t n) { fAt = std::copy_n(values, n, fAt); }
   void Put(const TArrayD &values) { Put(values.GetArray(), values.GetSize()); }
   template <typename T, typename C, std::size_t N>
   void Put(const T &object, const std::array<Double_t C::*, N> &members)
   {
      for (auto member : members)
         Put(object.*member);
   }
};

class Reader {
   const double *fAt;

public:
   explicit Reader(const double *at) : fAt(at) {}
   double Get() { return *fAt++; }
   const double *Skip(std::size_t n)
   {
      const double *here = fAt;
      fAt += n;
      return here;
   }
   void Get(double *values, std::size_t n) { std::copy_n(Skip(n), n, values); }
   void Get(TArrayD &values) { Get(values.GetArray(), values.GetSize()); }
   template <typename T, typename C, std::size_t N>
   void Get(T &object, const std::array<Double_t C::*, N> &members)
   {
      for (auto member : members)
         object.*member = Get();
   }
};

template <typename T>
struct Layout;

/// The sums beyond TH1's own, by dimension.
inline std::array<Double_t TH1::*, 0> MoreSums(const TH1 &)
{
   return {};
}
inline auto MoreSums(const TH2 &)
{
   return access::H2::Sums();
}
inline auto MoreSums(const TH3 &)
{
   return access::H3::Sums();
}

/// TH1D, TH2D, TH3D: bins with flow, [sum of squared weights], entries and moments, [attempts with weights].
template <typename T>
struct HistLayout {
   static std::size_t Size(const T &h, bool weighted)
   {
      const std::size_t cells = h.GetNcells();
      return cells * (weighted ? 2 : 1) + access::H1::Sums().size() + MoreSums(h).size() + (weighted ? 1 : 0);
   }

   static void Store(const T &h, bool weighted, double *out)
   {
      Writer to(out);
      const std::size_t cells = h.GetNcells();
      to.Put(h.GetArray(), cells);
      const bool has = h.GetSumw2N() > 0;
      if (weighted)
         to.Put(has ? h.GetSumw2()->GetArray() : h.GetArray(), cells);
      to.Put(h, access::H1::Sums());
      to.Put(h, MoreSums(h));
      if (weighted)
         to.Put(has ? 1. : 0.);
   }

   static void Load(T &h, bool weighted, const double *in)
   {
      Reader from(in);
      const std::size_t cells = h.GetNcells();
      from.Get(h.GetArray(), cells);
      // Without weights the contents are the sums of squares, for an object that has them all the same (SetDefaultSumw2).
      const double *sumw2 = weighted ? from.Skip(cells) : h.GetArray();
      from.Get(h, access::H1::Sums());
      from.Get(h, MoreSums(h));
      if (weighted && from.Get() > 0. && h.GetSumw2N() == 0)
         h.Sumw2();
      if (h.GetSumw2N() > 0)
         std::copy_n(sumw2, cells, h.GetSumw2()->GetArray());
   }
};

template <>
struct Layout<TH1D> : HistLayout<TH1D> {};
template <>
struct Layout<TH2D> : HistLayout<TH2D> {};
template <>
struct Layout<TH3D> : HistLayout<TH3D> {};

/// TProfile, TProfile2D: sum of w*y, of w*y^2, bin entries, [sum of w^2], entries and moments, [attempts with weights].
template <typename T, typename Access>
struct ProfileLayout {
   static std::size_t Size(const T &p, bool weighted)
   {
      const std::size_t cells = p.GetNcells();
      return cells * (weighted ? 4 : 3) + access::H1::Sums().size() + MoreSums(p).size() + Access::Sums().size() +
             (weighted ? 1 : 0);
   }

   static void Store(const T &p, bool weighted, double *out)
   {
      Writer to(out);
      const std::size_t cells = p.GetNcells();
      const TArrayD &entries = p.*Access::BinEntries();
      auto &profile = const_cast<T &>(p); // GetBinSumw2 has no const overload
      const bool has = profile.GetBinSumw2()->GetSize() > 0;
      to.Put(p.GetArray(), cells);
      to.Put(*p.GetSumw2());
      to.Put(entries);
      if (weighted)
         to.Put(has ? *profile.GetBinSumw2() : entries);
      to.Put(p, access::H1::Sums());
      to.Put(p, MoreSums(p));
      to.Put(p, Access::Sums());
      if (weighted)
         to.Put(has ? 1. : 0.);
   }

   static void Load(T &p, bool weighted, const double *in)
   {
      Reader from(in);
      const std::size_t cells = p.GetNcells();
      from.Get(p.GetArray(), cells);
      from.Get(*p.GetSumw2());
      from.Get(p.*Access::BinEntries());
      const double *binSumw2 = weighted ? from.Skip(cells) : (p.*Access::BinEntries()).GetArray();
      from.Get(p, access::H1::Sums());
      from.Get(p, MoreSums(p));
      from.Get(p, Access::Sums());
      if (weighted && from.Get() > 0. && p.GetBinSumw2()->GetSize() == 0)
         p.Sumw2();
      if (p.GetBinSumw2()->GetSize() > 0)
         std::copy_n(binSumw2, cells, p.GetBinSumw2()->GetArray());
   }
};

template <>
struct Layout<TProfile> : ProfileLayout<TProfile, access::P1> {};
template <>
struct Layout<TProfile2D> : ProfileLayout<TProfile2D, access::P2> {};

/// THnD: cells with flow, [squared errors], entries, and where errors are calculated the sums over all axes.
template <>
struct Layout<THnD> {
   static std::size_t Size(const THnD &h, bool)
   {
      const std::size_t cells = h.GetNbins();
      return h.GetCalculateErrors() ? 2 * cells + 3 + 2 * h.GetNdimensions() : cells + 1;
   }

   static void Store(const THnD &h, bool, double *out)
   {
      Writer to(out);
      const Long64_t cells = h.GetNbins();
      for (Long64_t i = 0; i < cells; ++i)
         to.Put(h.GetBinContent(i));
      to.Put(h.*access::HN::Entries());
      if (!h.GetCalculateErrors())
         return;
      for (Long64_t i = 0; i < cells; ++i)
         to.Put(h.GetBinError2(i));
      to.Put(h.*access::HN::SumW());
      to.Put(h.*access::HN::SumW2());
      to.Put(h.*access::HN::SumWX());
      to.Put(h.*access::HN::SumWX2());
   }

   static void Load(THnD &h, bool, const double *in)
   {
      Reader from(in);
      const Long64_t cells = h.GetNbins();
      for (Long64_t i = 0; i < cells; ++i)
         h.SetBinContent(i, from.Get());
      const double entries = from.Get();
      if (h.GetCalculateErrors()) {
         for (Long64_t i = 0; i < cells; ++i)
            h.SetBinError2(i, from.Get());
         h.*access::HN::SumW() = from.Get();
         h.*access::HN::SumW2() = from.Get();
         from.Get(h.*access::HN::SumWX());
         from.Get(h.*access::HN::SumWX2());
      }
      h.*access::HN::Entries() = entries; // last: SetBinContent counts
   }
};

/// TStatistic: entries, (sum of w, sum of w*x, second moment about the mean), sum of w^2, minimum, maximum.
template <>
struct Layout<TStatistic> {
   static std::size_t Size(const TStatistic &, bool) { return 7; }

   static void Store(const TStatistic &s, bool, double *out)
   {
      using namespace access;
      Writer to(out);
      to.Put(static_cast<double>(s.*Member(StatN{})));
      to.Put(s.*Member(StatW{}));
      to.Put(s.*Member(StatM{}));
      to.Put(s.*Member(StatM2{}));
      to.Put(s.*Member(StatW2{}));
      to.Put(s.*Member(StatMin{}));
      to.Put(s.*Member(StatMax{}));
   }

   static void Load(TStatistic &s, bool, const double *in)
   {
      using namespace access;
      Reader from(in);
      s.*Member(StatN{}) = static_cast<Long64_t>(from.Get());
      s.*Member(StatW{}) = from.Get();
      s.*Member(StatM{}) = from.Get();
      s.*Member(StatM2{}) = from.Get();
      s.*Member(StatW2{}) = from.Get();
      s.*Member(StatMin{}) = from.Get();
      s.*Member(StatMax{}) = from.Get();
   }
};

/// What of a result does not add: its place from the start of the result, and how the hub merges it.
enum class Rule { kMin, kMax, kMoments };
struct Segment {
   Rule fRule;
   std::size_t fStart;
   std::size_t fStop;
};

template <typename T>
std::vector<Segment> Segments()
{
   return {};
}
template <>
inline std::vector<Segment> Segments<TStatistic>()
{
   return {{Rule::kMoments, 1, 4}, {Rule::kMin, 5, 6}, {Rule::kMax, 6, 7}};
}

} // namespace rdf_live

#endif
