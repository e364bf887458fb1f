// SPDX-License-Identifier: BSD-3-Clause
/// Every variation of VariationsFor, not only the nominal one.
#include "loop.hxx"
#include "same.hxx"

#include <ROOT/RDFHelpers.hxx>

using namespace rdf_live;
using ROOT::RDF::Experimental::RResultMap;
using ROOT::RDF::Experimental::VariationsFor;

namespace {

/// y, and y shifted down and up.
ROOT::RDF::RNode Varied(ULong64_t n, std::chrono::microseconds pause = {})
{
   return Source(n, pause).Vary(
      "y", [](double y) { return ROOT::RVecD{y - 1., y + 1.}; }, {"y"}, {"down", "up"}, "shift");
}

struct Booked {
   RResultMap<TH1D> plain, weighted;
   RResultMap<TGraph> graph;
   RResultMap<TStatistic> stats;
   RResultMap<double> mean, min, deviation;

   explicit Booked(ROOT::RDF::RNode df)
      : plain(VariationsFor(df.Histo1D<double>({"plain", "", 8, -3., 5.}, "y"))),
        weighted(VariationsFor(df.Histo1D<double, double>({"weighted", "", 8, -3., 5.}, "y", "w"))),
        graph(VariationsFor(df.Graph<double, double>("x", "y"))),
        stats(VariationsFor(df.Stats<double>("y"))),
        mean(VariationsFor(df.Mean<double>("y"))),
        min(VariationsFor(df.Min<double>("y"))),
        deviation(VariationsFor(df.StdDev<double>("y")))
   {
   }
   std::shared_ptr<TaskGraph> Graph() const
   {
      auto all = TaskGraph::Create();
      all->AddVaried(plain, "TH1D");
      all->AddVaried(weighted, "TH1D");
      all->AddVaried(graph, "TGraph");
      all->AddVaried(stats, "TStatistic");
      all->AddVaried(mean, "Mean");
      all->AddVaried(min, "Min");
      all->AddVaried(deviation, "StdDev");
      return all;
   }
};

enum Index { kPlain, kWeighted, kGraph, kStats, kMean, kMin, kDeviation };
const std::vector<std::string> kKeys{"nominal", "shift:down", "shift:up"};

template <typename T>
std::unique_ptr<T> One(const TaskGraph &graph, const TObjArray &templates, const Picture &picture, std::size_t index,
                       std::size_t variation)
{
   const auto each = graph.Lengths().at(index) / kKeys.size();
   const auto values = reinterpret_cast<std::uintptr_t>(picture.At(graph, index) + variation * each);
   return std::unique_ptr<T>(
      dynamic_cast<T *>(Load(*templates.At(static_cast<Int_t>(index)), graph.Weighted().at(index), values)));
}

void CheckObjects(const TaskGraph &graph, const TObjArray &templates, const Picture &picture, std::uint64_t entries)
{
   Booked expected(Varied(entries));
   const auto graphs = Read(picture.blobs.at(kGraph));
   for (std::size_t i = 0; i < kKeys.size(); ++i) {
      Same(*One<TH1D>(graph, templates, picture, kPlain, i), expected.plain[kKeys[i]]);
      Same(*One<TH1D>(graph, templates, picture, kWeighted, i), expected.weighted[kKeys[i]]);
      const auto stats = One<TStatistic>(graph, templates, picture, kStats, i);
      CHECK_EQUAL(stats->GetMean(), expected.stats[kKeys[i]].GetMean());
      CHECK_EQUAL(stats->GetRMS(), expected.stats[kKeys[i]].GetRMS());
      const auto points = dynamic_cast<TGraph *>(graphs->At(static_cast<Int_t>(i)));
      CHECK(points && points->GetN() == static_cast<int>(entries));
      if (points && points->GetN() > 0)
         CHECK_EQUAL(points->GetMean(2), expected.graph[kKeys[i]].GetMean(2));
   }
}

void CheckNumbers(const TaskGraph &graph, const Picture &picture, std::uint64_t entries)
{
   Booked expected(Varied(entries));
   const double n = static_cast<double>(entries);
   for (std::size_t i = 0; i < kKeys.size(); ++i) {
      const double mean = expected.mean[kKeys[i]], deviation = expected.deviation[kKeys[i]];
      const double *got = picture.At(graph, kMean) + 2 * i;
      CHECK(std::abs(got[0] - mean * n) <= 1e-13 * n);
      CHECK_EQUAL(got[1], n);
      CHECK_EQUAL(picture.At(graph, kMin)[i], expected.min[kKeys[i]]);
      got = picture.At(graph, kDeviation) + 3 * i;
      CHECK_EQUAL(got[0], n);
      CHECK(std::abs(got[1] - mean * n) <= 1e-13 * n); // it may be 0
      CHECK_CLOSE(got[2], deviation * deviation * (n - 1), 1e-13);
   }
}

} // namespace

TEST(Description)
{
   const Booked booked(Varied(1));
   const auto graph = booked.Graph();
   for (const auto &variations : graph->Variations())
      CHECK(variations == kKeys);
   CHECK((graph->Lengths() == std::vector<std::size_t>{3 * 15, 3 * 26, 0, 3 * 7, 3 * 2, 3, 3 * 3}));
   CHECK((graph->Live() == std::vector<int>{1, 1, 1, 1, 1, 1, 1}));
   // statistics have three rules a variation, minimum and moments one
   CHECK_EQUAL(graph->Rules().size(), 3u * (3 * 3 + 3 + 3));
}

TEST(InTheMiddleAndAtTheEnd)
{
   auto df = Varied(300, kPause);
   const Booked booked(df);
   const auto graph = booked.Graph();
   const auto templates = Templates(*graph);
   TaskMonitor monitor(0., -1);
   const auto pictures = Watch(*graph, monitor, df);
   CHECK(!pictures.empty());
   for (const auto &picture : pictures) {
      CheckObjects(*graph, *templates, picture, picture.entries);
      CheckNumbers(*graph, picture, picture.entries);
   }
   CheckObjects(*graph, *templates, Final(*graph), 300);
   CheckNumbers(*graph, Final(*graph), 300);
}

TEST(ClonesStartFromNothing)
{
   auto df = Varied(50);
   const Booked booked(df);
   const auto graph = booked.Graph();
   const auto templates = Templates(*graph);
   for (int task = 0; task < 3; ++task) {
      if (task > 0)
         graph->Clone();
      TaskMonitor monitor(0., -1);
      Watch(*graph, monitor, df);
      CheckObjects(*graph, *templates, Final(*graph), 50);
      CheckNumbers(*graph, Final(*graph), 50);
   }
}
