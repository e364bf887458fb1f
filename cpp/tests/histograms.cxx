// SPDX-License-Identifier: BSD-3-Clause
/// Slots of objects that add: what comes out of the vector is what ROOT has after as many entries.
#include "loop.hxx"
#include "same.hxx"

#include <algorithm>

using namespace rdf_live;
using ROOT::RDF::RResultPtr;

namespace {

struct Booked {
   RResultPtr<TH1D> plain, weighted;
   RResultPtr<TH2D> h2;
   RResultPtr<TH3D> h3;
   RResultPtr<TProfile> p1;
   RResultPtr<TProfile2D> p2;
   RResultPtr<THnD> n, nw;
   RResultPtr<TStatistic> stats;
   RResultPtr<ULong64_t> count;

   explicit Booked(ROOT::RDF::RNode df)
      : plain(df.Histo1D<double>({"plain", "title;axis", 8, 1., 9.}, "x")),
        weighted(df.Histo1D<double, double>({"weighted", "", 8, 1., 9.}, "x", "w")),
        h2(df.Histo2D<double, double, double>({"h2", "", 8, 1., 9., 5, -1., 4.}, "x", "y", "w")),
        h3(df.Histo3D<double, double, double>({"h3", "", 8, 1., 9., 5, -1., 4., 2, 0., 3.}, "x", "y", "w")),
        p1(df.Profile1D<double, double, double>({"p1", "", 8, 1., 9.}, "x", "y", "w")),
        p2(df.Profile2D<double, double, double>({"p2", "", 8, 1., 9., 5, -1., 4.}, "x", "y", "w")),
        n(df.HistoND<double, double>({"n", "", 2, {8, 5}, {1., -1.}, {9., 4.}}, {"x", "y"})),
        nw(df.HistoND<double, double, double>({"nw", "", 2, {8, 5}, {1., -1.}, {9., 4.}}, {"x", "y"}, "w")),
        stats(df.Stats<double, double>("x", "w")),
        count(df.Count())
   {
   }
   std::shared_ptr<TaskGraph> Graph() const
   {
      auto graph = TaskGraph::Create();
      graph->Add(plain, "TH1D");
      graph->Add(weighted, "TH1D");
      graph->Add(h2, "TH2D");
      graph->Add(h3, "TH3D");
      graph->Add(p1, "TProfile");
      graph->Add(p2, "TProfile2D");
      graph->Add(n, "THnD");
      graph->Add(nw, "THnD");
      graph->Add(stats, "TStatistic");
      graph->Add(count, "Count");
      return graph;
   }
};

constexpr std::size_t kPlain = 0, kCount = 9;

void Check(const TaskGraph &graph, const TObjArray &templates, const Picture &picture, std::uint64_t entries)
{
   Booked expected(Source(entries));
   CHECK(picture.blobs.empty());
   Same(*Loaded<TH1D>(graph, templates, picture, kPlain), *expected.plain);
   Same(*Loaded<TH1D>(graph, templates, picture, 1), *expected.weighted);
   Same(*Loaded<TH2D>(graph, templates, picture, 2), *expected.h2);
   Same(*Loaded<TH3D>(graph, templates, picture, 3), *expected.h3);
   Same(*Loaded<TProfile>(graph, templates, picture, 4), *expected.p1);
   Same(*Loaded<TProfile2D>(graph, templates, picture, 5), *expected.p2);
   Same(*Loaded<THnD>(graph, templates, picture, 6), *expected.n);
   Same(*Loaded<THnD>(graph, templates, picture, 7), *expected.nw);
   const auto stats = Loaded<TStatistic>(graph, templates, picture, 8);
   CHECK_EQUAL(stats->GetN(), expected.stats->GetN());
   CHECK_EQUAL(stats->GetMean(), expected.stats->GetMean());
   CHECK_EQUAL(stats->GetRMS(), expected.stats->GetRMS());
   CHECK_EQUAL(stats->GetMax(), expected.stats->GetMax());
   CHECK_EQUAL(*picture.At(graph, kCount), static_cast<double>(entries));
}

} // namespace

TEST(Description)
{
   const Booked booked(Source(1));
   const auto graph = booked.Graph();
   CHECK((graph->Weighted() == std::vector<int>{0, 1, 1, 0, 1, 0, 0, 0, 0, 0}));
   CHECK((graph->Live() == std::vector<int>(10, 1)));
   const auto templates = Templates(*graph);
   CHECK_EQUAL(std::string(templates->At(0)->GetName()), "plain");
   CHECK_EQUAL(std::string(dynamic_cast<TH1D *>(templates->At(0))->GetXaxis()->GetTitle()), "axis");
   CHECK(templates->GetSize() < 10 || templates->At(9) == nullptr);
}

TEST(InTheMiddleAndAtTheEnd)
{
   auto df = Source(400, kPause);
   const Booked booked(df);
   const auto graph = booked.Graph();
   const auto templates = Templates(*graph);
   TaskMonitor monitor(0., -1);
   const auto pictures = Watch(*graph, monitor, df);
   CHECK(!pictures.empty() && pictures.front().entries < 400);
   for (const auto &picture : pictures)
      Check(*graph, *templates, picture, picture.entries);
   Check(*graph, *templates, Final(*graph), 400);
}

TEST(ClonesStartFromNothing)
{
   auto df = Source(60, kPause);
   const Booked booked(df);
   const auto graph = booked.Graph();
   const auto templates = Templates(*graph);
   for (int task = 0; task < 3; ++task) {
      if (task > 0)
         graph->Clone();
      TaskMonitor monitor(0., -1);
      const auto pictures = Watch(*graph, monitor, df);
      CHECK(!pictures.empty());
      if (!pictures.empty())
         Check(*graph, *templates, pictures.front(), pictures.front().entries);
      Check(*graph, *templates, Final(*graph), 60);
   }
}

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) // another allocator has other places
TEST(ClonesLieSideBySide)
{
   constexpr int kResults = 100;
   constexpr std::intptr_t kEach = 8192; // bytes: three times what a histogram of ten bins and its action take
   std::vector<std::unique_ptr<char[]>> blocks;
   for (std::size_t i = 0; i < 20'000; ++i)
      blocks.push_back(std::make_unique<char[]>(100 + i * 7919 % 2000));
   for (std::size_t i = 0; i < blocks.size(); i += 2)
      blocks[i].reset(); // holes all over
   auto df = Source(10);
   const auto graph = TaskGraph::Create();
   for (int i = 0; i < kResults; ++i)
      graph->Add(df.Histo1D<double>({"h", "", 10, 0., 10.}, "x"), "Histo1D");
   for (int task = 0; task < 3; ++task) {
      TaskMonitor monitor(1., -1);
      Watch(*graph, monitor, df);
      graph->Clone();
      std::vector<std::intptr_t> places;
      for (auto action : access::Interface::Manager(df)->GetAllActions())
         if (!action->HasRun())
            places.push_back(reinterpret_cast<std::intptr_t>(action->PartialUpdate(0)));
      CHECK(places.size() == kResults);
      if (places.empty())
         return;
      const auto [first, last] = std::minmax_element(places.begin(), places.end());
      CHECK(*last - *first < kResults * kEach);
   }
}
#endif

TEST(ObjectsOfTheClientBelongToNoDirectory)
{
   auto df = Source(10);
   const Booked booked(df);
   const auto graph = booked.Graph();
   const auto templates = Templates(*graph);
   TaskMonitor monitor(0., -1);
   Watch(*graph, monitor, df);
   gROOT->cd();
   const auto h = Loaded<TH1D>(*graph, *templates, Final(*graph), kPlain);
   CHECK(h->GetDirectory() == nullptr);
   CHECK(gROOT->FindObject("plain") == nullptr);
   const std::unique_ptr<TObject> copy(Copy(*h));
   Same(dynamic_cast<TH1D &>(*copy), *h);
   CHECK(dynamic_cast<TH1D &>(*copy).GetDirectory() == nullptr);
}

TEST(WhatHasNoLayoutIsRefused)
{
   const TH1F h("f", "", 2, 0., 1.);
   CHECK_THROWS(Load(h, false, 0), std::runtime_error);
}
