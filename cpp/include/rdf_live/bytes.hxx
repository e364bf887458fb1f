// SPDX-License-Identifier: BSD-3-Clause
/// \file bytes.hxx
/// ROOT's own bytes, for what does not add and for the empty objects ("templates") that a client fills.
#ifndef RDF_LIVE_BYTES
#define RDF_LIVE_BYTES

#include <ROOT/RDF/RCutFlowReport.hxx>
#include <TBufferFile.h>
#include <TDirectory.h>
#include <TObjArray.h>
#include <TString.h>
#include <rdf_live/access.hxx>

#include <cstdint>
#include <cstring>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace rdf_live {

/// Objects that this thread makes while this lives belong to no directory and are not deleted behind our back.
/// (TH1::AddDirectory would do it too, but for the histograms of all threads.)
class Detached {
   TDirectory::TContext fContext{nullptr};
};

/// Stands before ROOT's bytes: TBufferFile believes what it reads, and crashes on bytes that are cut or damaged.
struct BytesHead {
   std::uint64_t fMagic;
   std::uint64_t fSize;
   std::uint64_t fSum;

   static BytesHead Of(const char *bytes, std::size_t size)
   {
      return {0x314556494c464452, size, TString::Hash(bytes, static_cast<Int_t>(size))}; // "RDFLIVE1"
   }
};

/// Null entries are kept, so that positions mean the same on both sides.
inline std::string WriteObjects(const std::vector<const TObject *> &objects)
{
   TObjArray array(static_cast<Int_t>(objects.size()));
   for (std::size_t i = 0; i < objects.size(); ++i)
      array.AddAt(const_cast<TObject *>(objects[i]), static_cast<Int_t>(i));
   TBufferFile buffer(TBuffer::kWrite);
   buffer.WriteObject(&array);
   const auto head = BytesHead::Of(buffer.Buffer(), buffer.Length());
   std::string bytes(reinterpret_cast<const char *>(&head), sizeof(head));
   return bytes.append(buffer.Buffer(), buffer.Length());
}

/// The caller owns the array and what is in it. Takes an address: cppyy would make text of a string.
/// \throws std::runtime_error when the bytes are not all that WriteObjects made.
inline TObjArray *ReadObjects(std::uintptr_t address, std::size_t size)
{
   BytesHead head{};
   auto bytes = reinterpret_cast<char *>(address);
   if (size > sizeof(head)) {
      std::memcpy(&head, bytes, sizeof(head));
      bytes += sizeof(head);
      size -= sizeof(head);
   }
   // The hash only of as many bytes as were written, never of something else's.
   const auto expected = BytesHead::Of(bytes, head.fSize == size ? size : 0);
   if (head.fMagic != expected.fMagic || head.fSize != size || head.fSum != expected.fSum)
      throw std::runtime_error("rdf_live: got " + std::to_string(size) +
                               " bytes that are cut, damaged or something else, expected what WriteObjects made");
   Detached guard;
   TBufferFile buffer(TBuffer::kRead, static_cast<Int_t>(size), bytes, false);
   std::unique_ptr<TObject> object(buffer.ReadObject(TObjArray::Class()));
   if (!dynamic_cast<TObjArray *>(object.get()))
      throw std::runtime_error("rdf_live: got bytes that hold no TObjArray, expected what WriteObjects made");
   auto array = static_cast<TObjArray *>(object.release());
   // An object that stands in two places (the nominal result of variations, booked on its own too) is read once:
   // the owner of the array would delete it twice.
   std::set<const TObject *> seen;
   for (Int_t i = 0; i < array->GetSize(); ++i)
      if (const TObject *one = array->At(i); one && !seen.insert(one).second)
         array->AddAt(one->Clone(), i);
   return array;
}

/// One line a cut: passed, all, name. The name comes last because it may hold anything but a line break.
inline std::string WriteReport(const ROOT::RDF::RCutFlowReport &report)
{
   std::string text;
   for (const auto &cut : report)
      text += std::to_string(cut.GetPass()) + ' ' + std::to_string(cut.GetAll()) + ' ' + cut.GetName() + '\n';
   return text;
}

/// A report from merged counts, which ROOT itself can make only inside an event loop.
inline ROOT::RDF::RCutFlowReport MakeReport(const std::vector<std::string> &names, const std::vector<ULong64_t> &passed,
                                            const std::vector<ULong64_t> &all)
{
   ROOT::RDF::RCutFlowReport report;
   auto &cuts = report.*Member(access::ReportCuts{});
   for (std::size_t i = 0; i < names.size(); ++i) {
      ROOT::RDF::TCutInfo cut;
      cut.*Member(access::CutName{}) = names[i];
      cut.*Member(access::CutPass{}) = passed.at(i);
      cut.*Member(access::CutAll{}) = all.at(i);
      cuts.push_back(cut);
   }
   return report;
}

} // namespace rdf_live

#endif
