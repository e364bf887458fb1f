// SPDX-License-Identifier: BSD-3-Clause
/// \file merge.hxx
/// The client's side: merging objects whose parts do not simply add.
#ifndef RDF_LIVE_MERGE
#define RDF_LIVE_MERGE

#include <TAxis.h>
#include <TClass.h>
#include <TError.h>
#include <TH1.h>
#include <TList.h>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace rdf_live {

/// Adds a histogram to one with other limits: each bin goes to where its centre lies, and axes grow as in a fill. Entries and
/// moments stay exact.
inline void AddBinByBin(TH1 &to, TH1 &from)
{
   to.BufferEmpty(1);
   from.BufferEmpty(1);
   // ROOT before 6.38 does not let the axes of weighted histograms grow.
   to.SetCanExtend(TH1::kAllAxes);
   std::array<Double_t, TH1::kNstat> sums{}, more{};
   to.GetStats(sums.data());
   from.GetStats(more.data());
   for (std::size_t i = 0; i < sums.size(); ++i)
      sums[i] += more[i];
   const Double_t entries = to.GetEntries() + from.GetEntries();
   if (from.GetSumw2N() > 0 && to.GetSumw2N() == 0)
      to.Sumw2();
   const std::array source{from.GetXaxis(), from.GetYaxis(), from.GetZaxis()};
   const std::array target{to.GetXaxis(), to.GetYaxis(), to.GetZaxis()};
   for (Int_t cell = 0; cell < from.GetNcells(); ++cell) {
      const Double_t content = from.GetBinContent(cell), error = from.GetBinError(cell);
      if (content == 0. && error == 0.)
         continue;
      std::array<Int_t, 3> bin{};
      from.GetBinXYZ(cell, bin[0], bin[1], bin[2]);
      for (int i = 0; i < to.GetDimension(); ++i)
         bin[i] = target[i]->FindBin(source[i]->GetBinCenter(bin[i]));
      const Int_t place = to.GetBin(bin[0], bin[1], bin[2]);
      to.AddBinContent(place, content);
      if (to.GetSumw2N() > 0)
         (*to.GetSumw2())[place] += error * error;
   }
   to.PutStats(sums.data());
   to.SetEntries(entries);
}

/// Whether both have the same axes. Limits that were given are the same in all parts: other ones were found.
inline bool SameLimits(const TH1 &a, const TH1 &b)
{
   const std::array here{a.GetXaxis(), a.GetYaxis(), a.GetZaxis()}, there{b.GetXaxis(), b.GetYaxis(), b.GetZaxis()};
   for (std::size_t i = 0; i < here.size(); ++i)
      if (here[i]->GetXmin() != there[i]->GetXmin() || here[i]->GetXmax() != there[i]->GetXmax())
         return false;
   return true;
}

/// Merges an object into another of its class as ROOT does. Histograms that found limits which ROOT cannot bring together
/// are added bin by bin: ROOT would leave one of them out, with a line on the terminal.
/// \throws std::runtime_error if ROOT cannot merge them
inline void MergeInto(TObject &to, TObject &from)
{
   TList list;
   list.Add(&from);
   const auto merge = to.IsA()->GetMerge();
   if (!merge)
      throw std::runtime_error(std::string("rdf_live: got an object of class ") + to.ClassName() + ", which has no Merge");
   auto histogram = dynamic_cast<TH1 *>(&to);
   const bool grows = histogram && (histogram->CanExtendAllAxes() || !SameLimits(*histogram, dynamic_cast<TH1 &>(from)));
   const auto level = gErrorIgnoreLevel;
   if (grows)
      gErrorIgnoreLevel = kFatal;
   const auto merged = merge(&to, &list, nullptr);
   gErrorIgnoreLevel = level;
   if (merged >= 0)
      return;
   if (!grows)
      throw std::runtime_error(std::string("rdf_live: ROOT cannot merge two parts of ") + to.GetName());
   AddBinByBin(*histogram, dynamic_cast<TH1 &>(from));
}

} // namespace rdf_live

#endif
