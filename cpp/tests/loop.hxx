// SPDX-License-Identifier: BSD-3-Clause
/// \file loop.hxx
/// A dataframe slow enough to be watched, and the pictures that a publisher would get of its event loop.
#ifndef RDF_LIVE_TEST_LOOP
#define RDF_LIVE_TEST_LOOP

#include "check.hxx"

#include <rdf_live/rdf_live.hxx>

#include <ROOT/RDataFrame.hxx>

#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

/// A frame as the publisher sends it: copied, with the bytes taken apart.
struct Picture {
   std::uint64_t seq = 0;
   std::uint64_t entries = 0;
   std::vector<double> values;
   std::map<std::size_t, std::string> blobs;

   explicit Picture(const rdf_live::FrameView &view)
      : seq(view.fSeq), entries(view.fEntries), values(view.fValues, view.fValues + view.fNValues)
   {
      for (std::uint64_t at = 0; at < view.fNBlobs;) {
         std::uint64_t head[2];
         std::memcpy(head, view.fBlobs + at, sizeof(head));
         blobs[head[0]] = std::string(view.fBlobs + at + sizeof(head), head[1]);
         at += sizeof(head) + head[1];
      }
   }
   const double *At(const rdf_live::TaskGraph &graph, std::size_t index) const
   {
      return values.data() + graph.Offsets().at(index);
   }
};

/// x, y and weight w of n entries; each takes `pause`.
inline ROOT::RDF::RNode Source(ULong64_t n, std::chrono::microseconds pause = {})
{
   return ROOT::RDataFrame(n)
      .Filter([pause] {
         if (pause.count() > 0)
            std::this_thread::sleep_for(pause);
         return true;
      })
      .Define("x", [](ULong64_t e) { return static_cast<double>(e % 10) + 0.5; }, {"rdfentry_"})
      .Define("y", [](ULong64_t e) { return static_cast<double>(e % 7) - 2.; }, {"rdfentry_"})
      .Define("w", [](ULong64_t e) { return 1. + static_cast<double>(e % 3); }, {"rdfentry_"});
}

constexpr std::chrono::microseconds kPause{250};

/// Runs the event loop with a reader beside it that takes every picture it can get.
inline std::vector<Picture> Watch(rdf_live::TaskGraph &graph, rdf_live::TaskMonitor &monitor, ROOT::RDF::RNode df)
{
   std::vector<Picture> pictures;
   const auto take = [&] {
      rdf_live::FrameView view{};
      if (rdf_live::AcquireFrame(&monitor, &view)) {
         pictures.emplace_back(view);
         rdf_live::ReleaseFrame(&monitor);
      }
   };
   std::atomic<bool> done{false};
   struct Joined {
      std::atomic<bool> &fDone;
      std::thread fThread;
      ~Joined()
      {
         fDone = true;
         fThread.join();
      }
   };
   {
      Joined reader{done, std::thread([&] {
                       while (!done) {
                          take();
                          std::this_thread::sleep_for(std::chrono::microseconds(100));
                       }
                    })};
      graph.Watch(monitor);
      ROOT::Internal::RDF::TriggerRun(df);
   }
   take(); // the last one, which the reader may have missed
   graph.Finish(monitor);
   return pictures;
}

inline Picture Final(const rdf_live::TaskGraph &graph)
{
   return Picture(graph.Final());
}

/// The empty objects as a client gets them.
inline std::unique_ptr<TObjArray> Read(const std::string &bytes)
{
   std::unique_ptr<TObjArray> array(
      rdf_live::ReadObjects(reinterpret_cast<std::uintptr_t>(bytes.data()), bytes.size()));
   array->SetOwner();
   return array;
}
inline std::unique_ptr<TObjArray> Templates(rdf_live::TaskGraph &graph)
{
   const auto [address, size] = graph.Templates();
   return Read(std::string(reinterpret_cast<const char *>(address), size));
}

/// The object that a client makes of the numbers of one result.
template <typename T>
std::unique_ptr<T> Loaded(const rdf_live::TaskGraph &graph, const TObjArray &templates, const Picture &picture,
                          std::size_t index)
{
   const auto values = reinterpret_cast<std::uintptr_t>(picture.At(graph, index));
   const bool weighted = graph.Weighted().at(index);
   return std::unique_ptr<T>(
      dynamic_cast<T *>(rdf_live::Load(*templates.At(static_cast<Int_t>(index)), weighted, values)));
}

#endif
