// SPDX-License-Identifier: BSD-3-Clause
/// What a callback did to the looks of its copy is taken over; data are not.
#include "same.hxx"

#include <rdf_live/load.hxx>

#include <TF1.h>
#include <TLine.h>

using namespace rdf_live;

TEST(Histograms)
{
   TH1D drawn("h", "before", 10, 0., 10.);
   drawn.Fill(1.);
   drawn.SetLineColor(kRed);
   drawn.SetFillStyle(3004);
   drawn.SetMarkerStyle(20);
   drawn.SetTitle("after");
   drawn.SetMinimum(0.5);
   drawn.SetStats(false);
   drawn.SetOption("hist e");
   drawn.GetXaxis()->SetTitle("mass [GeV]");
   drawn.GetXaxis()->SetTitleOffset(1.4);
   drawn.GetXaxis()->CenterTitle();
   drawn.GetXaxis()->SetRange(2, 5);
   drawn.GetXaxis()->SetNdivisions(505);
   drawn.GetYaxis()->SetNoExponent();
   drawn.GetXaxis()->SetBit(TAxis::kLabelsVert);
   drawn.GetListOfFunctions()->Add(new TLine(1, 0, 1, 2), "same");

   TH1D final("h", "before", 10, 0., 10.);
   for (int i = 0; i < 7; ++i)
      final.Fill(3.);
   const TH1D data = final;
   CopyLook(drawn, final);

   CHECK_EQUAL(final.GetLineColor(), kRed);
   CHECK_EQUAL(final.GetFillStyle(), 3004);
   CHECK_EQUAL(final.GetMarkerStyle(), 20);
   CHECK_EQUAL(std::string(final.GetTitle()), "after");
   CHECK_EQUAL(final.GetMinimumStored(), 0.5);
   CHECK_EQUAL(final.GetMaximumStored(), -1111.);
   CHECK(final.TestBit(TH1::kNoStats));
   CHECK_EQUAL(std::string(final.GetOption()), "hist e");
   const TAxis &axis = *final.GetXaxis();
   CHECK_EQUAL(std::string(axis.GetTitle()), "mass [GeV]");
   CHECK_EQUAL(axis.GetTitleOffset(), 1.4f);
   CHECK(axis.GetCenterTitle());
   CHECK_EQUAL(axis.GetFirst(), 2);
   CHECK_EQUAL(axis.GetLast(), 5);
   CHECK_EQUAL(axis.GetNdivisions(), 505);
   CHECK(axis.TestBit(TAxis::kLabelsVert));
   CHECK(final.GetYaxis()->GetNoExponent());
   CHECK_EQUAL(final.GetListOfFunctions()->GetSize(), 1);
   CHECK(final.GetListOfFunctions()->First() != drawn.GetListOfFunctions()->First());
   CHECK_EQUAL(std::string(final.GetListOfFunctions()->FirstLink()->GetOption()), "same");

   final.GetXaxis()->SetRange(); // moments of a zoomed axis are those of its part
   Same(final, data);
}

TEST(Again)
{
   TH1D drawn("h", "", 10, 0., 10.), final("h", "", 10, 0., 10.);
   drawn.GetListOfFunctions()->Add(new TF1("f", "gaus", 0., 10.));
   for (int i = 0; i < 3; ++i)
      CopyLook(drawn, final);
   CHECK_EQUAL(final.GetListOfFunctions()->GetSize(), 1);
   CopyLook(final, final); // the user may have drawn the object itself
   CHECK_EQUAL(final.GetListOfFunctions()->GetSize(), 1);
   drawn.GetXaxis()->SetRange(2, 3);
   CopyLook(drawn, final);
   drawn.GetXaxis()->SetRange();
   CopyLook(drawn, final);
   CHECK(!final.GetXaxis()->TestBit(TAxis::kAxisRange)); // zoomed out again
}

TEST(Graphs)
{
   TGraph drawn(3), final(5);
   for (int i = 0; i < 5; ++i)
      final.SetPoint(i, i, i);
   drawn.SetMarkerColor(kBlue);
   drawn.SetTitle("points;x;y");
   drawn.SetMaximum(12.);
   CopyLook(drawn, final);
   CHECK_EQUAL(final.GetMarkerColor(), kBlue);
   CHECK_EQUAL(final.GetMaximum(), 12.);
   CHECK_EQUAL(final.GetN(), 5);
   CHECK_EQUAL(std::string(final.GetXaxis()->GetTitle()), "x");
}

TEST(DifferentKinds)
{
   TH1D h("h", "histogram", 2, 0., 1.);
   h.SetLineWidth(3);
   TGraph graph(2);
   CopyLook(h, graph);
   CHECK_EQUAL(graph.GetLineWidth(), 3);
   TNamed named("n", "t");
   CopyLook(h, named);
   CHECK_EQUAL(std::string(named.GetTitle()), "histogram");
}
