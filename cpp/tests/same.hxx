// SPDX-License-Identifier: BSD-3-Clause
/// \file same.hxx
/// Whether two histograms are the same, down to what no plot shows.
#ifndef RDF_LIVE_TEST_SAME
#define RDF_LIVE_TEST_SAME

#include "check.hxx"

#include <THnBase.h>
#include <TProfile.h>
#include <TProfile2D.h>

#include <array>

/// \param relative of sums whose terms were added in another order
inline void SameBins(const TH1 &got, const TH1 &expected, double relative)
{
   CHECK_EQUAL(got.GetNcells(), expected.GetNcells());
   CHECK_EQUAL(got.GetSumw2N(), expected.GetSumw2N());
   for (int i = 0; i < expected.GetNcells(); ++i) {
      CHECK_CLOSE(got.GetBinContent(i), expected.GetBinContent(i), relative);
      CHECK_CLOSE(got.GetBinError(i), expected.GetBinError(i), relative);
   }
   std::array<double, TH1::kNstat> a{}, b{};
   got.GetStats(a.data());
   expected.GetStats(b.data());
   for (std::size_t i = 0; i < a.size(); ++i)
      CHECK_CLOSE(a[i], b[i], relative);
   CHECK_EQUAL(got.GetEntries(), expected.GetEntries());
}

inline void Same(const TH1 &got, const TH1 &expected, double relative = 0.)
{
   SameBins(got, expected, relative);
}

template <typename T>
void SameProfile(const T &got, const T &expected, double relative)
{
   SameBins(got, expected, relative);
   auto &a = const_cast<T &>(got), &b = const_cast<T &>(expected); // GetBinSumw2 has no const overload
   CHECK_EQUAL(a.GetBinSumw2()->GetSize(), b.GetBinSumw2()->GetSize());
   for (int i = 0; i < expected.GetNcells(); ++i) {
      CHECK_EQUAL(got.GetBinEntries(i), expected.GetBinEntries(i));
      CHECK_CLOSE(a.GetBinEffectiveEntries(i), b.GetBinEffectiveEntries(i), relative);
   }
}
inline void Same(const TProfile &got, const TProfile &expected, double relative = 0.)
{
   SameProfile(got, expected, relative);
}
inline void Same(const TProfile2D &got, const TProfile2D &expected, double relative = 0.)
{
   SameProfile(got, expected, relative);
}

inline void Same(const THnBase &got, const THnBase &expected, double relative = 0.)
{
   CHECK_EQUAL(got.GetNbins(), expected.GetNbins());
   CHECK_EQUAL(got.GetCalculateErrors(), expected.GetCalculateErrors());
   for (Long64_t i = 0; i < expected.GetNbins(); ++i) {
      CHECK_CLOSE(got.GetBinContent(i), expected.GetBinContent(i), relative);
      CHECK_CLOSE(got.GetBinError2(i), expected.GetBinError2(i), relative);
   }
   CHECK_EQUAL(got.GetEntries(), expected.GetEntries());
   CHECK_CLOSE(got.GetSumw(), expected.GetSumw(), relative);
   CHECK_CLOSE(got.GetSumw2(), expected.GetSumw2(), relative);
   for (int d = 0; d < expected.GetNdimensions(); ++d) {
      CHECK_CLOSE(got.GetSumwx(d), expected.GetSumwx(d), relative);
      CHECK_CLOSE(got.GetSumwx2(d), expected.GetSumwx2(d), relative);
   }
}

#endif
