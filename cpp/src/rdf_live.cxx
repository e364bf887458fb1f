// SPDX-License-Identifier: BSD-3-Clause
/// \file rdf_live.cxx
/// One compiled copy of what a process calls by name. All logic stands in the headers, where it is inline: the
/// interpreter takes an inline function from a loaded library if the library has it, and compiles it otherwise. So
/// whatever is not named here still works, only slower the first time.
#include <rdf_live/rdf_live.hxx>

namespace rdf_live {

#define RDF_LIVE_COMPILE(T) \
   template void TaskGraph::Add<T>(const ROOT::RDF::RResultPtr<T> &, const std::string &);

RDF_LIVE_COMPILE(TH1D)
RDF_LIVE_COMPILE(TH2D)
RDF_LIVE_COMPILE(TH3D)
RDF_LIVE_COMPILE(THnD)
RDF_LIVE_COMPILE(THnSparseD)
RDF_LIVE_COMPILE(TProfile)
RDF_LIVE_COMPILE(TProfile2D)
RDF_LIVE_COMPILE(TGraph)
RDF_LIVE_COMPILE(TGraphAsymmErrors)
RDF_LIVE_COMPILE(TStatistic)
RDF_LIVE_COMPILE(ULong64_t)
RDF_LIVE_COMPILE(double)
RDF_LIVE_COMPILE(ROOT::RDF::RCutFlowReport)
#undef RDF_LIVE_COMPILE

namespace {

/// Naming an inline function makes the compiler emit it.
[[gnu::used]] void Emit(TaskGraph &graph, TaskMonitor &monitor)
{
   (void)Functions();
   (void)Address(TaskGraph::Create());
   (void)Address(MakeMonitor(1., -1));
   graph.AddForeign("");
   graph.Clone();
   graph.Run(monitor);
   graph.Finish(monitor);
   (void)graph.Length();
   (void)graph.Offsets();
   (void)graph.Lengths();
   (void)graph.Kinds();
   (void)graph.Weighted();
   (void)graph.Live();
   (void)graph.Variations();
   (void)graph.Rules();
   (void)graph.Templates();
   (void)ReadObjects(0, 0);
   (void)MakeReport({}, {}, {});
   std::unique_ptr<TObject> object(Load(TH1D(), false, 0));
   object.reset(Copy(TH1D()));
}

} // namespace
} // namespace rdf_live
