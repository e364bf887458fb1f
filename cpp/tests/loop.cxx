// SPDX-License-Identifier: BSD-3-Clause
/// The monitor in a real event loop.
#include "loop.hxx"

#include <stdexcept>

using namespace rdf_live;

namespace {

struct Pair {
   ROOT::RDF::RResultPtr<ULong64_t> count;
   ROOT::RDF::RResultPtr<TH1D> histogram;
   std::shared_ptr<TaskGraph> graph = TaskGraph::Create();

   explicit Pair(ROOT::RDF::RNode df) : count(df.Count()), histogram(df.Histo1D<double>({"h", "", 10, 0., 10.}, "x"))
   {
      graph->Add(count, "Count");
      graph->Add(histogram, "TH1D");
   }
   /// Entries of the histogram lie behind its bins.
   double Entries(const Picture &picture) const { return picture.At(*graph, 1)[12]; }
   double Content(const Picture &picture) const
   {
      const double *bins = picture.At(*graph, 1);
      double sum = 0;
      for (int i = 0; i < 12; ++i)
         sum += bins[i];
      return sum;
   }
   void CheckConsistent(const Picture &picture) const
   {
      const auto n = static_cast<double>(picture.entries);
      CHECK_EQUAL(*picture.At(*graph, 0), n);
      CHECK_EQUAL(Entries(picture), n);
      CHECK_EQUAL(Content(picture), n);
   }
};

/// Stops the loop at an entry, from within.
struct StopAt {
   std::shared_ptr<TaskMonitor> monitor = MakeMonitor(0., -1);
   ULong64_t entry;
   ULong64_t seen = 0;

   ROOT::RDF::RNode operator()(ROOT::RDF::RNode df)
   {
      return df.Filter(
         [this](ULong64_t e) {
            ++seen;
            if (e == entry)
               monitor->Stop();
            return true;
         },
         {"rdfentry_"});
   }
};

} // namespace

TEST(AllResultsAreOfTheSameEntry)
{
   auto df = Source(1000, kPause);
   const Pair pair(df);
   TaskMonitor monitor(0., -1);
   const auto pictures = Watch(*pair.graph, monitor, df);
   CHECK(pictures.size() > 2);
   std::uint64_t last = 0;
   for (const auto &picture : pictures) {
      pair.CheckConsistent(picture);
      CHECK(picture.entries > last);
      last = picture.entries;
   }
   CHECK_EQUAL(monitor.Entries(), 1000u);
   CHECK_EQUAL(*Final(*pair.graph).At(*pair.graph, 0), 1000.);
   CHECK_EQUAL(pair.Content(Final(*pair.graph)), 1000.);
}

TEST(FastEntriesToo)
{
   auto df = Source(3'000'000);
   const Pair pair(df);
   for (int task = 0; task < 2; ++task) { // the second one is called only now and then
      if (task > 0)
         pair.graph->Clone();
      TaskMonitor monitor(0., -1);
      const auto pictures = Watch(*pair.graph, monitor, df);
      CHECK(!pictures.empty());
      for (const auto &picture : pictures)
         pair.CheckConsistent(picture);
      CHECK_EQUAL(*Final(*pair.graph).At(*pair.graph, 0), 3e6);
   }
}

TEST(StopEndsTheLoopAfterItsEntry)
{
   StopAt stop;
   stop.entry = 123;
   auto df = stop(Source(1'000'000));
   Pair pair(df);
   Watch(*pair.graph, *stop.monitor, df);
   CHECK(stop.monitor->Stopping());
   CHECK_EQUAL(stop.seen, 124u);
   CHECK_EQUAL(stop.monitor->Entries(), 124u);
   CHECK_EQUAL(*Final(*pair.graph).At(*pair.graph, 0), 124.);
   CHECK_EQUAL(pair.Content(Final(*pair.graph)), 124.);
   // The results are finished: asking for them runs nothing.
   CHECK_EQUAL(pair.count.GetValue(), 124u);
   CHECK_EQUAL(pair.histogram->GetEntries(), 124.);
   CHECK_EQUAL(stop.seen, 124u);

   // The next loop of the same dataframe is a whole one.
   pair.graph->Clone();
   stop.monitor = MakeMonitor(0., -1);
   stop.entry = ~0ull;
   stop.seen = 0;
   Watch(*pair.graph, *stop.monitor, df);
   CHECK(!stop.monitor->Stopping());
   CHECK_EQUAL(stop.seen, 1'000'000u);
   CHECK_EQUAL(*Final(*pair.graph).At(*pair.graph, 0), 1e6);
   CHECK_EQUAL(pair.Content(Final(*pair.graph)), 1e6);
}

TEST(StopComesBetweenCallsOfFastEntries)
{
   StopAt stop;
   stop.entry = ~0ull;
   auto df = stop(Source(1'000'000));
   const Pair pair(df);
   Watch(*pair.graph, *stop.monitor, df); // measures how fast the entries are
   pair.graph->Clone();
   stop.monitor = MakeMonitor(0., -1);
   stop.entry = 1000;
   stop.seen = 0;
   Watch(*pair.graph, *stop.monitor, df);
   CHECK(stop.monitor->Stopping());
   CHECK(stop.seen >= 1001 && stop.seen <= 1001 + 64);
   // What the monitor says is what the results hold.
   CHECK_EQUAL(stop.monitor->Entries(), stop.seen);
   CHECK_EQUAL(*Final(*pair.graph).At(*pair.graph, 0), static_cast<double>(stop.seen));
}

TEST(StopsThatComeTooEarlyOrTooLate)
{
   auto df = Source(100);
   const Pair pair(df);
   TaskMonitor early(0., -1);
   early.Stop();
   Watch(*pair.graph, early, df);
   CHECK_EQUAL(early.Entries(), 1u);
   CHECK_EQUAL(*Final(*pair.graph).At(*pair.graph, 0), 1.);

   pair.graph->Clone();
   TaskMonitor late(0., -1);
   Watch(*pair.graph, late, df);
   late.Stop();
   CHECK(!late.Stopping());
   CHECK_EQUAL(*Final(*pair.graph).At(*pair.graph, 0), 100.);
}

TEST(FiltersBelowDoNotHinderAStop)
{
   StopAt stop;
   stop.entry = 50;
   auto df = stop(Source(10'000));
   auto cut = df.Filter([](double x) { return x > 8.; }, {"x"});
   const auto graph = TaskGraph::Create();
   graph->Add(cut.Filter([](double w) { return w > 1.; }, {"w"}).Count(), "Count");
   graph->Add(df.Count(), "Count");
   graph->Add(cut.Count(), "Count");
   Watch(*graph, *stop.monitor, df);
   CHECK_EQUAL(stop.seen, 51u);
   CHECK_EQUAL(*Final(*graph).At(*graph, 1), 51.);
}

TEST(AnErrorInAnEntryComesThrough)
{
   auto df = Source(100).Filter(
      [](ULong64_t e) {
         if (e == 10)
            throw std::runtime_error("bad entry");
         return true;
      },
      {"rdfentry_"});
   const Pair pair(df);
   TaskMonitor monitor(0., -1);
   CHECK_THROWS(Watch(*pair.graph, monitor, df), std::runtime_error);
   CHECK_EQUAL(monitor.Entries(), 10u);
}

TEST(FunctionsForCtypes)
{
   CHECK_EQUAL(Functions().size(), 6u);
   const auto monitor = MakeMonitor(1., -1);
   CHECK_EQUAL(Address(monitor), reinterpret_cast<std::uintptr_t>(monitor.get()));
   monitor->Prepare(1, [](Frame &) {}, [] {});
   SetTaskInterval(monitor.get(), 0.);
   monitor->OnEntries();
   CHECK_EQUAL(TaskEntries(monitor.get()), 1u);
   StopTask(monitor.get());
   monitor->OnEntries();
   CHECK(monitor->Stopping());
   const auto graph = TaskGraph::Create();
   FrameView view{};
   FinalFrame(graph.get(), &view);
   CHECK_EQUAL(view.fNValues, 0u);
}
