// SPDX-License-Identifier: BSD-3-Clause
/// \file load.hxx
/// The client's side: objects out of merged vectors.
#ifndef RDF_LIVE_LOAD
#define RDF_LIVE_LOAD

#include <rdf_live/bytes.hxx>
#include <rdf_live/layout.hxx>

#include <TAttFill.h>
#include <TAttLine.h>
#include <TAttMarker.h>
#include <TAxis.h>
#include <TGraph.h>
#include <TH1.h>
#include <TList.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace rdf_live {

template <typename T>
bool LoadAs(TObject &object, bool weighted, const double *values)
{
   if (object.IsA() != T::Class())
      return false;
   Layout<T>::Load(static_cast<T &>(object), weighted, values);
   return true;
}

/// A detached copy of the empty object, filled from the vector. The caller owns it.
/// \param address of the first double of this object
/// \throws std::runtime_error for a class that has no layout
inline TObject *Load(const TObject &empty, bool weighted, std::uintptr_t address)
{
   Detached guard;
   std::unique_ptr<TObject> object(empty.Clone());
   const auto values = reinterpret_cast<const double *>(address);
   const bool known = LoadAs<TH1D>(*object, weighted, values) || LoadAs<TH2D>(*object, weighted, values) ||
                      LoadAs<TH3D>(*object, weighted, values) || LoadAs<TProfile>(*object, weighted, values) ||
                      LoadAs<TProfile2D>(*object, weighted, values) || LoadAs<THnD>(*object, weighted, values) ||
                      LoadAs<TStatistic>(*object, weighted, values);
   if (!known)
      throw std::runtime_error(std::string("rdf_live: got an object of class ") + empty.ClassName() +
                               ", expected a histogram, profile or statistic");
   return object.release();
}

/// A detached copy.
inline TObject *Copy(const TObject &object)
{
   Detached guard;
   return object.Clone();
}

/// Titles, zoom, divisions and labels' looks of an axis; not its binning.
inline void CopyAxisLook(const TAxis &from, TAxis &to)
{
   static_cast<TAttAxis &>(to) = from;
   to.SetTitle(from.GetTitle());
   to.SetTimeDisplay(from.GetTimeDisplay());
   to.SetTimeFormat(from.GetTimeFormat());
   for (auto bit : {TAxis::kDecimals, TAxis::kTickPlus, TAxis::kTickMinus, TAxis::kCenterTitle, TAxis::kCenterLabels,
                    TAxis::kRotateTitle, TAxis::kNoExponent, TAxis::kLabelsHori, TAxis::kLabelsVert, TAxis::kLabelsDown,
                    TAxis::kLabelsUp, TAxis::kMoreLogLabels})
      to.SetBit(bit, from.TestBit(bit));
   if (from.GetNbins() == to.GetNbins()) {
      if (from.TestBit(TAxis::kAxisRange))
         to.SetRange(from.GetFirst(), from.GetLast());
      else if (to.TestBit(TAxis::kAxisRange))
         to.SetRange();
   }
}

/// Gives an object the looks of another one of the same kind, and the functions fitted to it, but none of its data.
inline void CopyLook(TObject &from, TObject &to)
{
   if (&from == &to)
      return;
   Detached guard;
   const auto copyAttributes = [&](auto *type) {
      using T = std::remove_pointer_t<decltype(type)>;
      if (auto source = dynamic_cast<T *>(&from))
         if (auto target = dynamic_cast<T *>(&to))
            source->Copy(*target);
   };
   copyAttributes(static_cast<TAttLine *>(nullptr));
   copyAttributes(static_cast<TAttFill *>(nullptr));
   copyAttributes(static_cast<TAttMarker *>(nullptr));
   if (auto named = dynamic_cast<TNamed *>(&to))
      named->SetTitle(from.GetTitle());
   const auto copyFunctions = [](TList *source, TList *target) {
      if (!source || !target)
         return;
      target->Delete();
      for (auto link = source->FirstLink(); link; link = link->Next()) {
         // A statistics box points to its histogram; the next drawing makes one of its own.
         if (!link->GetObject()->InheritsFrom("TPaveStats"))
            target->Add(link->GetObject()->Clone(), link->GetOption());
      }
   };
   if (auto source = dynamic_cast<TH1 *>(&from)) {
      if (auto target = dynamic_cast<TH1 *>(&to)) {
         target->SetMinimum(source->GetMinimumStored());
         target->SetMaximum(source->GetMaximumStored());
         target->SetStats(!source->TestBit(TH1::kNoStats));
         target->SetOption(source->GetOption());
         CopyAxisLook(*source->GetXaxis(), *target->GetXaxis());
         CopyAxisLook(*source->GetYaxis(), *target->GetYaxis());
         CopyAxisLook(*source->GetZaxis(), *target->GetZaxis());
         copyFunctions(source->GetListOfFunctions(), target->GetListOfFunctions());
      }
   } else if (auto graph = dynamic_cast<TGraph *>(&from)) {
      if (auto target = dynamic_cast<TGraph *>(&to)) {
         target->SetMinimum(graph->GetMinimum());
         target->SetMaximum(graph->GetMaximum());
         copyFunctions(graph->GetListOfFunctions(), target->GetListOfFunctions());
         if (graph->GetN() > 0 && target->GetN() > 0) {
            CopyAxisLook(*graph->GetXaxis(), *target->GetXaxis());
            CopyAxisLook(*graph->GetYaxis(), *target->GetYaxis());
         }
      }
   }
}

} // namespace rdf_live

#endif
