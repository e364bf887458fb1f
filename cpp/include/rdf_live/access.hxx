// SPDX-License-Identifier: BSD-3-Clause
/// \file access.hxx
/// Members of ROOT classes that have no accessor but must be read and written to move a result without loss.
///
/// Protected members are named through a derived class (plain C++: `&Derived::fMember` has type `T Base::*`).
/// Private members are named in an explicit template instantiation, where access is not checked ([temp.spec.general]).
/// Everything rdf_live knows about ROOT's private parts stands in this file.
#ifndef RDF_LIVE_ACCESS
#define RDF_LIVE_ACCESS

#include <ROOT/RDF/RActionBase.hxx>
#include <ROOT/RDF/RCutFlowReport.hxx>
#include <ROOT/RDF/RInterfaceBase.hxx>
#include <ROOT/RDF/RLoopManager.hxx>
#include <ROOT/RDF/RMergeableValue.hxx>
#include <ROOT/RDF/RResultMap.hxx>
#include <ROOT/RResultPtr.hxx>
#include <TGraph.h>
#include <TGraphAsymmErrors.h>
#include <TH1.h>
#include <TH2.h>
#include <TH3.h>
#include <THn.h>
#include <THnSparse.h>
#include <TProfile.h>
#include <TProfile2D.h>
#include <TStatistic.h>

#include <array>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace rdf_live {
namespace access {

/// Instantiating `Open<Tag, &Class::fMember>` defines the friend function `Member(Tag)`, which returns that pointer.
template <typename Tag, typename Tag::type Pointer>
struct Open {
   friend typename Tag::type Member(Tag) { return Pointer; }
};

#define RDF_LIVE_PRIVATE(TAG, CLASS, TYPE, MEMBER)      \
   struct TAG {                                         \
      using type = TYPE CLASS::*;                       \
      friend type Member(TAG);                          \
   };                                                   \
   template struct Open<TAG, &CLASS::MEMBER>;

RDF_LIVE_PRIVATE(StatN, TStatistic, Long64_t, fN)
RDF_LIVE_PRIVATE(StatW, TStatistic, Double_t, fW)
RDF_LIVE_PRIVATE(StatW2, TStatistic, Double_t, fW2)
RDF_LIVE_PRIVATE(StatM, TStatistic, Double_t, fM)
RDF_LIVE_PRIVATE(StatM2, TStatistic, Double_t, fM2)
RDF_LIVE_PRIVATE(StatMin, TStatistic, Double_t, fMin)
RDF_LIVE_PRIVATE(StatMax, TStatistic, Double_t, fMax)
RDF_LIVE_PRIVATE(MeanCounts, ROOT::Detail::RDF::RMergeableMean, ULong64_t, fCounts)
RDF_LIVE_PRIVATE(StdDevCounts, ROOT::Detail::RDF::RMergeableStdDev, ULong64_t, fCounts)
RDF_LIVE_PRIVATE(StdDevMean, ROOT::Detail::RDF::RMergeableStdDev, Double_t, fMean)
RDF_LIVE_PRIVATE(ReportCuts, ROOT::RDF::RCutFlowReport, std::vector<ROOT::RDF::TCutInfo>, fCutInfos)
RDF_LIVE_PRIVATE(CutName, ROOT::RDF::TCutInfo, std::string, fName)
RDF_LIVE_PRIVATE(CutPass, ROOT::RDF::TCutInfo, ULong64_t, fPass)
RDF_LIVE_PRIVATE(CutAll, ROOT::RDF::TCutInfo, ULong64_t, fAll)
#undef RDF_LIVE_PRIVATE

// Each tag declares one function of its own, on purpose.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-template-friend"
#endif

using Action_t = std::shared_ptr<ROOT::Internal::RDF::RActionBase>;

template <typename T>
struct PtrAction {
   using type = Action_t ROOT::RDF::RResultPtr<T>::*;
   friend type Member(PtrAction);
};
template <typename T>
struct PtrObject {
   using type = std::shared_ptr<T> ROOT::RDF::RResultPtr<T>::*;
   friend type Member(PtrObject);
};
template <typename T>
struct MapAction {
   using type = Action_t ROOT::RDF::Experimental::RResultMap<T>::*;
   friend type Member(MapAction);
};
template <typename T>
struct MapVaried {
   using type = Action_t ROOT::RDF::Experimental::RResultMap<T>::*;
   friend type Member(MapVaried);
};
template <typename T>
struct MapValues {
   using type = std::unordered_map<std::string, std::shared_ptr<T>> ROOT::RDF::Experimental::RResultMap<T>::*;
   friend type Member(MapValues);
};

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/// Declares the access to the parts of RResultPtr<T> and RResultMap<T>; once per result type, here and nowhere else.
#define RDF_LIVE_RESULT(T)                                                                            \
   template struct Open<PtrAction<T>, &ROOT::RDF::RResultPtr<T>::fActionPtr>;                         \
   template struct Open<PtrObject<T>, &ROOT::RDF::RResultPtr<T>::fObjPtr>;                            \
   template struct Open<MapAction<T>, &ROOT::RDF::Experimental::RResultMap<T>::fNominalAction>;       \
   template struct Open<MapVaried<T>, &ROOT::RDF::Experimental::RResultMap<T>::fVariedAction>;        \
   template struct Open<MapValues<T>, &ROOT::RDF::Experimental::RResultMap<T>::fMap>;

RDF_LIVE_RESULT(TH1D)
RDF_LIVE_RESULT(TH2D)
RDF_LIVE_RESULT(TH3D)
RDF_LIVE_RESULT(THnD)
RDF_LIVE_RESULT(THnSparseD)
RDF_LIVE_RESULT(TProfile)
RDF_LIVE_RESULT(TProfile2D)
RDF_LIVE_RESULT(TGraph)
RDF_LIVE_RESULT(TGraphAsymmErrors)
RDF_LIVE_RESULT(TStatistic)
RDF_LIVE_RESULT(ULong64_t)
RDF_LIVE_RESULT(double)
RDF_LIVE_RESULT(ROOT::RDF::RCutFlowReport)
#undef RDF_LIVE_RESULT

struct Node : ROOT::Detail::RDF::RLoopManager {
   static unsigned int ROOT::Detail::RDF::RNodeBase::*Children() { return &Node::fNChildren; }
};

struct Interface : ROOT::RDF::RInterfaceBase {
   static ROOT::Detail::RDF::RLoopManager *Manager(const RInterfaceBase &node)
   {
      return (node.*(&Interface::GetLoopManager))();
   }
};

struct H1 : TH1 {
   static std::array<Double_t TH1::*, 5> Sums()
   {
      return {&H1::fEntries, &H1::fTsumw, &H1::fTsumw2, &H1::fTsumwx, &H1::fTsumwx2};
   }
};
struct H2 : TH2 {
   static std::array<Double_t TH2::*, 3> Sums() { return {&H2::fTsumwy, &H2::fTsumwy2, &H2::fTsumwxy}; }
};
struct H3 : TH3 {
   static std::array<Double_t TH3::*, 7> Sums()
   {
      return {&H3::fTsumwy, &H3::fTsumwy2, &H3::fTsumwxy, &H3::fTsumwz, &H3::fTsumwz2, &H3::fTsumwxz, &H3::fTsumwyz};
   }
};
struct P1 : TProfile {
   static std::array<Double_t TProfile::*, 2> Sums() { return {&P1::fTsumwy, &P1::fTsumwy2}; }
   static TArrayD TProfile::*BinEntries() { return &P1::fBinEntries; }
};
struct P2 : TProfile2D {
   static std::array<Double_t TProfile2D::*, 2> Sums() { return {&P2::fTsumwz, &P2::fTsumwz2}; }
   static TArrayD TProfile2D::*BinEntries() { return &P2::fBinEntries; }
};
struct HN : THnBase {
   static Double_t THnBase::*Entries() { return &HN::fEntries; }
   static Double_t THnBase::*SumW() { return &HN::fTsumw; }
   static Double_t THnBase::*SumW2() { return &HN::fTsumw2; }
   static TArrayD THnBase::*SumWX() { return &HN::fTsumwx; }
   static TArrayD THnBase::*SumWX2() { return &HN::fTsumwx2; }
};
struct Variations : ROOT::Detail::RDF::RMergeableVariationsBase {
   using Values_t = std::vector<std::unique_ptr<ROOT::Detail::RDF::RMergeableValueBase>>;
   static Values_t RMergeableVariationsBase::*Values() { return &Variations::fValues; }
};

} // namespace access
} // namespace rdf_live

#endif
