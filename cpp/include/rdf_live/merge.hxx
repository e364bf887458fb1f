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
#include <vector>

namespace rdf_live {

inline std::array<TAxis *, 3> Axes(TH1 &h)
{
   return {h.GetXaxis(), h.GetYaxis(), h.GetZaxis()};
}

/// What a cell holds, and where: flow bins stay flow bins, whatever the limits.
struct Cell {
   std::array<Double_t, 3> fCentre{};
   std::array<int, 3> fFlow{}; ///< -1 below, 1 above the axis
   Double_t fContent = 0, fError2 = 0;

   bool IsFlow() const { return fFlow != std::array<int, 3>{}; }
};

/// The cells of a histogram that hold something.
inline std::vector<Cell> Cells(TH1 &h)
{
   std::vector<Cell> cells;
   const auto axes = Axes(h);
   for (Int_t index = 0; index < h.GetNcells(); ++index) {
      Cell cell;
      cell.fContent = h.GetBinContent(index);
      cell.fError2 = h.GetBinError(index) * h.GetBinError(index);
      if (cell.fContent == 0. && cell.fError2 == 0.)
         continue;
      std::array<Int_t, 3> bin{};
      h.GetBinXYZ(index, bin[0], bin[1], bin[2]);
      for (int i = 0; i < h.GetDimension(); ++i) {
         cell.fCentre[i] = axes[i]->GetBinCenter(bin[i]);
         cell.fFlow[i] = bin[i] == 0 ? -1 : bin[i] > axes[i]->GetNbins() ? 1 : 0;
      }
      cells.push_back(cell);
   }
   return cells;
}

/// Adds a histogram to one with other limits: each bin goes to where its centre lies, and axes grow as in a fill.
/// Entries and moments stay exact.
inline void AddBinByBin(TH1 &to, TH1 &from)
{
   to.BufferEmpty(1);
   from.BufferEmpty(1);
   std::array<Double_t, TH1::kNstat> sums{}, more{};
   to.GetStats(sums.data());
   from.GetStats(more.data());
   for (std::size_t i = 0; i < sums.size(); ++i)
      sums[i] += more[i];
   const Double_t entries = to.GetEntries() + from.GetEntries();
   if (from.GetSumw2N() > 0 && to.GetSumw2N() == 0)
      to.Sumw2();
   auto cells = Cells(from);
   // ROOT forgets what is in the flow bins of an axis that grows.
   for (const auto &cell : Cells(to))
      if (cell.IsFlow())
         cells.push_back(cell);
   const auto axes = Axes(to);
   const auto find = [&](const Cell &cell) {
      std::array<Int_t, 3> bin{};
      for (int i = 0; i < to.GetDimension(); ++i)
         bin[i] = cell.fFlow[i] < 0   ? 0
                  : cell.fFlow[i] > 0 ? axes[i]->GetNbins() + 1
                                      : axes[i]->FindBin(cell.fCentre[i]);
      return to.GetBin(bin[0], bin[1], bin[2]);
   };
   for (Int_t index = 0; index < to.GetNcells(); ++index)
      if (to.IsBinOverflow(index) || to.IsBinUnderflow(index)) {
         to.AddBinContent(index, -to.GetBinContent(index));
         if (to.GetSumw2N() > 0)
            (*to.GetSumw2())[index] = 0.;
      }
   // ROOT before 6.38 does not let the axes of weighted histograms grow by themselves.
   const auto before = to.SetCanExtend(TH1::kAllAxes);
   for (const auto &cell : cells)
      find(cell);
   for (const auto &cell : cells) {
      const auto place = find(cell);
      to.AddBinContent(place, cell.fContent);
      if (to.GetSumw2N() > 0)
         (*to.GetSumw2())[place] += cell.fError2;
   }
   to.SetCanExtend(before);
   to.PutStats(sums.data());
   to.SetEntries(entries);
}

/// Whether two histograms have found other limits, and all that they hold are sums at places: neither means nor labels.
inline bool HasOtherLimits(TH1 &a, TH1 &b)
{
   if (a.InheritsFrom("TProfile") || a.InheritsFrom("TProfile2D") || a.InheritsFrom("TProfile3D"))
      return false;
   const auto here = Axes(a), there = Axes(b);
   bool same = true;
   for (std::size_t i = 0; i < here.size(); ++i) {
      if (here[i]->GetLabels() || there[i]->GetLabels())
         return false;
      same &= here[i]->GetXmin() == there[i]->GetXmin() && here[i]->GetXmax() == there[i]->GetXmax();
   }
   return !same;
}

/// Merges an object into another of its class as ROOT does. Histograms that found limits which ROOT cannot bring
/// together are added bin by bin: ROOT would leave one of them out, with a line on the terminal.
/// \throws std::runtime_error if ROOT cannot merge them
inline void MergeInto(TObject &to, TObject &from)
{
   TList list;
   list.Add(&from);
   const auto merge = to.IsA()->GetMerge();
   if (!merge)
      throw std::runtime_error(std::string("rdf_live: got a ") + to.ClassName() + ", which has no Merge");
   auto histogram = dynamic_cast<TH1 *>(&to);
   auto other = dynamic_cast<TH1 *>(&from);
   const bool bins = histogram && other && HasOtherLimits(*histogram, *other);
   const auto level = gErrorIgnoreLevel;
   if (bins)
      gErrorIgnoreLevel = kFatal;
   const auto merged = merge(&to, &list, nullptr);
   gErrorIgnoreLevel = level;
   if (merged >= 0)
      return;
   if (!bins)
      throw std::runtime_error(std::string("rdf_live: ROOT cannot merge two parts of ") + to.GetName());
   AddBinByBin(*histogram, *other);
}

} // namespace rdf_live

#endif
