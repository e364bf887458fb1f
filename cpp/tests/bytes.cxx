// SPDX-License-Identifier: BSD-3-Clause
/// ROOT's bytes and cut-flow reports, to and fro.
#include "check.hxx"

#include <rdf_live/bytes.hxx>

#include <TGraph.h>
#include <TROOT.h>

using namespace rdf_live;

namespace {

std::unique_ptr<TObjArray> Read(const std::string &bytes)
{
   std::unique_ptr<TObjArray> array(ReadObjects(reinterpret_cast<std::uintptr_t>(bytes.data()), bytes.size()));
   array->SetOwner();
   return array;
}

std::string Some()
{
   TH1D h("h", "title", 10, 0., 1.);
   h.Fill(0.5);
   const TGraph graph(3);
   return WriteObjects({nullptr, &h, nullptr, &graph, nullptr});
}

} // namespace

TEST(NullsKeepPositions)
{
   const auto array = Read(Some());
   CHECK(array->GetSize() >= 5); // ROOT leaves room for more
   CHECK(!array->At(0) && !array->At(2) && !array->At(4));
   const auto h = dynamic_cast<TH1D *>(array->At(1));
   CHECK(h && h->GetEntries() == 1. && h->GetBinContent(6) == 1.);
   CHECK(dynamic_cast<TGraph *>(array->At(3)) != nullptr);
}

TEST(OnlyNullsAndNothing)
{
   CHECK_EQUAL(Read(WriteObjects({nullptr, nullptr}))->GetEntries(), 0);
   CHECK_EQUAL(Read(WriteObjects({}))->GetEntries(), 0);
}

TEST(TheCallerOwnsWhatIsRead)
{
   gROOT->cd();
   const auto array = Read(Some());
   CHECK(dynamic_cast<TH1D *>(array->At(1))->GetDirectory() == nullptr);
   CHECK(gROOT->FindObject("h") == nullptr);
   CHECK(gDirectory == gROOT); // as before
   CHECK(TH1::AddDirectoryStatus());
}

TEST(BytesThatWereCutAreRefused)
{
   const auto bytes = Some();
   for (std::size_t size = 0; size < bytes.size(); ++size)
      CHECK_THROWS(Read(bytes.substr(0, size)), std::runtime_error);
   CHECK_THROWS(Read(bytes + 'x'), std::runtime_error);
}

TEST(DamagedBytesAreRefused)
{
   const auto bytes = Some();
   for (std::size_t at = 0; at < bytes.size(); ++at) {
      auto damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
      CHECK_THROWS(Read(damaged), std::runtime_error);
   }
}

TEST(SomethingElseIsRefused)
{
   CHECK_THROWS(ReadObjects(0, 0), std::runtime_error);
   CHECK_THROWS(Read(std::string(1000, 'x')), std::runtime_error);
   CHECK_THROWS(Read(std::string(1000, '\0')), std::runtime_error);
   const TH1D h("h", "", 10, 0., 1.);
   TBufferFile buffer(TBuffer::kWrite);
   buffer.WriteObject(&h); // ROOT's bytes, but not ours
   CHECK_THROWS(Read(std::string(buffer.Buffer(), buffer.Length())), std::runtime_error);
}

TEST(ReportsThereAndBack)
{
   auto report = MakeReport({"first cut", "second"}, {7, 5}, {10, 7});
   CHECK_EQUAL(WriteReport(report), "7 10 first cut\n5 7 second\n");
   CHECK_EQUAL(report.At("second").GetPass(), 5u);
   CHECK_EQUAL(report.At("first cut").GetAll(), 10u);
   CHECK_EQUAL(WriteReport(MakeReport({}, {}, {})), "");
}

TEST(ReportsWithTooFewNumbersAreRefused)
{
   CHECK_THROWS(MakeReport({"a", "b"}, {1}, {1, 2}), std::out_of_range);
   CHECK_THROWS(MakeReport({"a", "b"}, {1, 2}, {1}), std::out_of_range);
}
