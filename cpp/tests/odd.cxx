// SPDX-License-Identifier: BSD-3-Clause
/// Results that do not add: they travel as ROOT's bytes.
#include "loop.hxx"
#include "same.hxx"

#include <array>

using namespace rdf_live;

namespace {

/// One result; pictures and the end of a loop over 200 entries.
template <typename T>
struct One {
   std::shared_ptr<TaskGraph> graph = TaskGraph::Create();
   std::unique_ptr<TObjArray> templates;
   std::vector<Picture> pictures;

   One(ROOT::RDF::RNode df, const ROOT::RDF::RResultPtr<T> &result)
   {
      graph->Add(result, T::Class_Name());
      templates = Templates(*graph);
      Run(df);
   }
   void Run(ROOT::RDF::RNode df)
   {
      TaskMonitor monitor(0., -1);
      pictures = Watch(*graph, monitor, df);
   }
   std::unique_ptr<T> Object(const Picture &picture, Int_t position = 0) const
   {
      auto array = Read(picture.blobs.at(0));
      return std::unique_ptr<T>(dynamic_cast<T *>(array->RemoveAt(position)));
   }
};

/// x as text, and a growing number.
ROOT::RDF::RNode Words(ULong64_t n, std::chrono::microseconds pause = {})
{
   static constexpr std::array<const char *, 4> words{"a", "b", "c", "d"};
   return Source(n, pause)
      .Define("word", [](double x) { return words[static_cast<std::size_t>(x) % 4]; }, {"x"})
      .Define("far", [](ULong64_t e) { return static_cast<double>(e); }, {"rdfentry_"});
}

} // namespace

TEST(Graphs)
{
   auto df = Source(200, kPause);
   One<TGraph> one(df, df.Graph<double, double>("x", "y"));
   CHECK_EQUAL(one.graph->Length(), 0u);
   CHECK(!one.pictures.empty());
   for (const auto &picture : one.pictures)
      CHECK_EQUAL(one.Object(picture)->GetN(), static_cast<int>(picture.entries));
   auto expected = Source(200).Graph<double, double>("x", "y");
   const auto got = one.Object(Final(*one.graph));
   CHECK_EQUAL(got->GetN(), expected->GetN());
   for (int i = 0; i < got->GetN(); ++i)
      CHECK(got->GetX()[i] == expected->GetX()[i] && got->GetY()[i] == expected->GetY()[i]);
   one.graph->Clone();
   one.Run(df);
   CHECK_EQUAL(one.Object(Final(*one.graph))->GetN(), 200);
}

TEST(GraphsWithErrors)
{
   auto df = Source(20);
   One<TGraphAsymmErrors> one(
      df, df.GraphAsymmErrors<double, double, double, double, double, double>("x", "y", "w", "w", "w", "w"));
   const auto got = one.Object(Final(*one.graph));
   CHECK_EQUAL(got->GetN(), 20);
   CHECK_EQUAL(got->GetErrorXhigh(1), 2.);
}

TEST(SparseHistograms)
{
   auto df = Source(200, kPause);
   const ROOT::RDF::THnSparseDModel model("sparse", "", 2, {8, 5}, {1., -1.}, {9., 4.}, 1024);
   One<THnSparseD> one(df, df.HistoNSparseD<double, double, double>(model, {"x", "y"}, "w"));
   const auto check = [&](const Picture &picture, ULong64_t entries) {
      auto expected = Source(entries).HistoNSparseD<double, double, double>(model, {"x", "y"}, "w");
      Same(*one.Object(picture), *expected);
   };
   CHECK(!one.pictures.empty());
   for (const auto &picture : one.pictures)
      check(picture, picture.entries);
   check(Final(*one.graph), 200);
   one.graph->Clone();
   one.Run(df);
   check(Final(*one.graph), 200);
}

TEST(TooMuchToCopyInTheMiddleComesAtTheEnd)
{
   constexpr int kMany = kTentativeBytes / 16 / 200 + 1;
   auto df = Source(200, kPause).Define("many", [](double x) { return std::vector<double>(kMany, x); }, {"x"});
   One<TGraph> one(df, df.Graph<std::vector<double>, std::vector<double>>("many", "many"));
   CHECK(!one.pictures.empty());
   for (const auto &picture : one.pictures)
      CHECK_EQUAL(picture.blobs.at(0).empty(), picture.entries * kMany * 16 >= kTentativeBytes);
   const auto final = one.Object(Final(*one.graph));
   CHECK_EQUAL(final->GetN(), 200 * kMany);
   CHECK(Weight(*final) >= kTentativeBytes);
}

TEST(LabelsFoundOnTheWay)
{
   auto df = Words(200, kPause);
   const ROOT::RDF::TH2DModel model("words", "", 4, 0., 4., 5, -1., 4.);
   One<TH2D> one(df, df.Histo2D<const char *, double, double>(model, "word", "y", "w"));
   CHECK(one.graph->Length() > 0);
   CHECK(!one.pictures.empty());
   for (const auto &picture : one.pictures) {
      for (double value : picture.values)
         CHECK_EQUAL(value, 0.);
      const auto got = one.Object(picture);
      CHECK_EQUAL(got->GetEntries(), static_cast<double>(picture.entries));
      CHECK(got->GetXaxis()->GetLabels() != nullptr);
   }
   const auto got = one.Object(Final(*one.graph));
   auto expected = Words(200).Histo2D<const char *, double, double>(model, "word", "y", "w");
   for (const char *label : {"a", "b", "c", "d"})
      for (int y = 0; y <= 6; ++y)
         CHECK_EQUAL(got->GetBinContent(got->GetXaxis()->FindFixBin(label), y),
                     expected->GetBinContent(expected->GetXaxis()->FindFixBin(label), y));
   one.graph->Clone();
   one.Run(df);
   CHECK_EQUAL(one.Object(Final(*one.graph))->GetEntries(), 200.);
}

TEST(BinningFoundAtTheEnd)
{
   auto df = Words(200, kPause);
   One<TH1D> one(df, df.Histo1D<double>({"auto", "", 10, 0., 0.}, "far"));
   for (const auto &picture : one.pictures)
      CHECK_EQUAL(one.Object(picture)->GetEntries(), static_cast<double>(picture.entries));
   auto expected = Words(200).Histo1D<double>({"auto", "", 10, 0., 0.}, "far");
   CHECK_EQUAL(expected->GetEntries(), 200.);
   Same(*one.Object(Final(*one.graph)), *expected);
}

TEST(OneAxisThatGrowsIsEnough)
{
   TH2D h("h", "", 4, 0., 4., 4, 0., 4.);
   const auto cells = h.GetNcells();
   CHECK(Adds(h, cells));
   h.GetXaxis()->SetCanExtend(true);
   CHECK(!Adds(h, cells));
   h.Fill(100., 1.);
   CHECK_EQUAL(h.GetNcells(), cells); // its bins mean something else now
   TH1D buffered("b", "", 4, 0., 4.);
   CHECK(Adds(buffered, buffered.GetNcells()));
   buffered.SetBuffer(100);
   CHECK(!Adds(buffered, buffered.GetNcells()));
}

TEST(Reports)
{
   auto cut = Source(200, kPause).Filter([](double x) { return x > 5.; }, {"x"}, "half").Filter("w > 1", "heavy");
   const auto graph = TaskGraph::Create();
   graph->Add(cut.Count(), "Count");
   graph->Add(cut.Report(), "Report");
   CHECK((graph->Live() == std::vector<int>{1, 1}));
   CHECK_EQUAL(graph->Lengths().at(1), 0u);
   for (int task = 0; task < 2; ++task) {
      if (task > 0) {
         graph->Clone();
         graph->Rebook(1, cut.Report());
      }
      TaskMonitor monitor(0., -1);
      for (const auto &picture : Watch(*graph, monitor, cut))
         CHECK(picture.blobs.at(1).find(" " + std::to_string(picture.entries) + " half\n") != std::string::npos);
      CHECK_EQUAL(Final(*graph).blobs.at(1), "100 200 half\n66 100 heavy\n");
   }
   CHECK_THROWS(graph->Rebook(0, cut.Report()), std::bad_cast);
   CHECK_THROWS(graph->Rebook(2, cut.Report()), std::out_of_range);
}

TEST(ForeignResultsKeepTheirPlace)
{
   auto df = Source(50, kPause);
   const auto graph = TaskGraph::Create();
   graph->AddForeign("AsNumpy");
   graph->AddForeign("Snapshot");
   TaskMonitor monitor(0., -1);
   CHECK_THROWS(graph->Watch(monitor), std::logic_error);
   graph->SetNode(df);
   auto count = df.Count();
   CHECK(!Watch(*graph, monitor, df).empty()); // the pictures say at least how far it is
   CHECK_EQUAL(*count, 50u);
   CHECK(Final(*graph).values.empty() && Final(*graph).blobs.empty());
   graph->Clone();
}
