// SPDX-License-Identifier: BSD-3-Clause
/// Slots of single numbers, in the middle of the event loop and after it.
#include "loop.hxx"

using namespace rdf_live;

namespace {

struct Booked {
   ROOT::RDF::RResultPtr<ULong64_t> count;
   ROOT::RDF::RResultPtr<double> sum, mean, min, max, deviation;

   explicit Booked(ROOT::RDF::RNode df)
      : count(df.Count()),
        sum(df.Sum<double>("y")),
        mean(df.Mean<double>("y")),
        min(df.Min<double>("y")),
        max(df.Max<double>("y")),
        deviation(df.StdDev<double>("y"))
   {
   }
   std::shared_ptr<TaskGraph> Graph() const
   {
      auto graph = TaskGraph::Create();
      graph->Add(count, "Count");
      graph->Add(sum, "Sum");
      graph->Add(mean, "Mean");
      graph->Add(min, "Min");
      graph->Add(max, "Max");
      graph->Add(deviation, "StdDev");
      return graph;
   }
};

enum Index { kCount, kSum, kMean, kMin, kMax, kDeviation };

/// Against ROOT's own numbers over the same entries.
void Check(const TaskGraph &graph, const Picture &picture, std::uint64_t entries)
{
   Booked expected(Source(entries));
   CHECK_EQUAL(*picture.At(graph, kCount), static_cast<double>(*expected.count));
   CHECK_EQUAL(*picture.At(graph, kSum), *expected.sum);
   const double *mean = picture.At(graph, kMean);
   CHECK(std::abs(mean[0] - *expected.sum) <= 1e-13 * mean[1]); // it may be 0
   CHECK_EQUAL(mean[1], static_cast<double>(entries));
   CHECK_EQUAL(*picture.At(graph, kMin), *expected.min);
   CHECK_EQUAL(*picture.At(graph, kMax), *expected.max);
   const double *moments = picture.At(graph, kDeviation);
   const double n = static_cast<double>(entries);
   CHECK_EQUAL(moments[0], n);
   CHECK(std::abs(moments[1] - *expected.sum) <= 1e-13 * n);
   CHECK_CLOSE(moments[2], n > 1 ? *expected.deviation * *expected.deviation * (n - 1) : 0., 1e-13);
}

} // namespace

TEST(Description)
{
   const Booked booked(Source(1));
   const auto graph = booked.Graph();
   CHECK_EQUAL(graph->Length(), 9u);
   CHECK((graph->Offsets() == std::vector<std::size_t>{0, 1, 2, 4, 5, 6}));
   CHECK((graph->Lengths() == std::vector<std::size_t>{1, 1, 2, 1, 1, 3}));
   CHECK((graph->Kinds() == std::vector<std::string>{"Count", "Sum", "Mean", "Min", "Max", "StdDev"}));
   CHECK((graph->Live() == std::vector<int>{1, 1, 1, 1, 1, 1}));
   // min, max and moments: rule, start, stop
   CHECK((graph->Rules() == std::vector<std::size_t>{0, 4, 5, 1, 5, 6, 2, 6, 9}));
   CHECK_EQUAL(Templates(*graph)->GetEntries(), 0);
}

TEST(InTheMiddleAndAtTheEnd)
{
   auto df = Source(400, kPause);
   const Booked booked(df);
   const auto graph = booked.Graph();
   TaskMonitor monitor(0., -1);
   const auto pictures = Watch(*graph, monitor, df);
   CHECK(!pictures.empty() && pictures.front().entries < 400);
   for (const auto &picture : pictures)
      Check(*graph, picture, picture.entries);
   Check(*graph, Final(*graph), 400);
}

TEST(ClonesStartFromNothing)
{
   auto df = Source(40);
   const Booked booked(df);
   const auto graph = booked.Graph();
   for (int task = 0; task < 3; ++task) {
      if (task > 0)
         graph->Clone();
      TaskMonitor monitor(0., -1);
      Watch(*graph, monitor, df);
      Check(*graph, Final(*graph), 40);
   }
}

TEST(WithoutEntriesAllIsNeutral)
{
   auto df = Source(0);
   const Booked booked(df);
   const auto graph = booked.Graph();
   TaskMonitor monitor(0., -1);
   Watch(*graph, monitor, df);
   const auto final = Final(*graph);
   const std::vector<double> neutral{
      0., 0., 0., 0., std::numeric_limits<double>::max(), std::numeric_limits<double>::lowest(), 0., 0., 0.};
   CHECK(final.values == neutral);
}

TEST(OneEntryHasNoDeviation)
{
   auto df = Source(1);
   const Booked booked(df);
   const auto graph = booked.Graph();
   TaskMonitor monitor(0., -1);
   Watch(*graph, monitor, df);
   Check(*graph, Final(*graph), 1);
}
