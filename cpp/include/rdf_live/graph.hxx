// SPDX-License-Identifier: BSD-3-Clause
/// \file graph.hxx
/// All slots of one computation graph in this process, and the plain functions that the publisher calls.
#ifndef RDF_LIVE_GRAPH
#define RDF_LIVE_GRAPH

#include <rdf_live/monitor.hxx>
#include <rdf_live/shift.hxx>
#include <rdf_live/slot.hxx>

#include <ROOT/RDF/RInterface.hxx>
#include <ROOT/RDFHelpers.hxx>
#include <TError.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace rdf_live {

class TaskGraph {
   /// Of so many values all results together may be there twice, while the first clones are made.
   static constexpr std::size_t kHeldValues = 1 << 21;

   std::vector<std::unique_ptr<Slot>> fSlots;
   std::vector<std::size_t> fOffsets;
   std::size_t fLength = 0;
   bool fCloned = false;
   std::optional<ROOT::RDF::RNode> fNode;
   RLoopManager *fManager = nullptr; ///< of the node
   double fNanosecondsPerEntry = 0;
   StackShift fShift;
   Frame fFinal;
   std::string fTemplates;

   void Push(std::unique_ptr<Slot> slot)
   {
      fOffsets.push_back(fLength);
      fLength += slot->Size();
      fSlots.push_back(std::move(slot));
   }

   void Store(Frame &frame, bool final)
   {
      frame.fValues.resize(fLength);
      frame.fBlobs.clear();
      Blobs blobs;
      for (std::size_t i = 0; i < fSlots.size(); ++i)
         fSlots[i]->Store(frame.fValues.data() + fOffsets[i], blobs, i, final);
      for (const auto &[index, bytes] : blobs) {
         const std::uint64_t head[2] = {index, bytes.size()};
         frame.fBlobs.append(reinterpret_cast<const char *>(head), sizeof(head));
         frame.fBlobs.append(bytes);
      }
   }

   RLoopManager &Manager() const
   {
      for (const auto &slot : fSlots)
         if (auto manager = slot->Manager())
            return *manager;
      if (!fManager)
         throw std::logic_error("rdf_live: got a graph without results, expected at least one");
      return *fManager;
   }

   /// Callbacks per entry cost a few ns: invisible next to a usual entry, not next to one of 100 ns.
   std::uint64_t EntriesPerCall() const
   {
      constexpr double kSpacing = 2000; // ns
      if (fNanosecondsPerEntry <= 0)
         return 1;
      return static_cast<std::uint64_t>(std::clamp(kSpacing / fNanosecondsPerEntry, 1., 64.));
   }

public:
   static std::shared_ptr<TaskGraph> Create() { return std::make_shared<TaskGraph>(); }

   template <typename T>
   void Add(const ROOT::RDF::RResultPtr<T> &result, const std::string &kind)
   {
      if constexpr (std::is_same_v<T, ROOT::RDF::RCutFlowReport>)
         Push(std::make_unique<ReportSlot>(result, kind));
      else if constexpr (std::is_arithmetic_v<T>)
         Push(std::make_unique<NumberSlot<T>>(result, kind));
      else
         Push(std::make_unique<ObjectSlot<T>>(result, kind));
   }
   template <typename T>
   void AddVaried(const ROOT::RDF::Experimental::RResultMap<T> &results, const std::string &kind)
   {
      Push(std::make_unique<VariedSlot<T>>(results, kind));
   }
   void AddForeign(const std::string &kind) { Push(std::make_unique<ForeignSlot>(kind)); }
   /// The dataframe that the results are booked on.
   void SetNode(const ROOT::RDF::RNode &node)
   {
      fNode.emplace(node);
      fManager = access::Interface::Manager(node);
   }

   /// Moves a booked graph without input files to other entries.
   void MoveTo(ULong64_t begin, ULong64_t end) { fManager->SetEmptyEntryRange({begin, end}); }

   /// Books every result afresh for the next task of this process.
   ///
   /// In a thread of its own, because glibc gives that a heap of its own, and usually the next one the same. What was booked
   /// first lies where the interpreter had left room, far from each other, and so would clones; there they lie side by side,
   /// and a loop over many histograms takes a tenth to a sixth less. The first ones go only when all are cloned: a clone would
   /// take the place of the one before.
   void Clone()
   {
      std::exception_ptr error; // std::async would pass it on by itself, and needs what the interpreter cannot link
      const auto clone = [&]() noexcept {
         try {
            std::vector<std::shared_ptr<void>> before;
            std::size_t held = 0;
            for (auto &slot : fSlots) {
               auto one = slot->Clone();
               held += slot->Size();
               if (!fCloned && slot->Size() > 0 && held <= kHeldValues)
                  before.push_back(std::move(one));
            }
            fCloned = true;
         } catch (...) {
            error = std::current_exception();
         }
      };
      try {
         std::thread(clone).join();
      } catch (const std::system_error &) {
         clone(); // the system gives no more threads
      }
      if (error)
         std::rethrow_exception(error);
   }

   /// \throws std::out_of_range, std::bad_cast if there is no report at this index
   void Rebook(std::size_t index, const ROOT::RDF::RResultPtr<ROOT::RDF::RCutFlowReport> &report)
   {
      dynamic_cast<ReportSlot &>(*fSlots.at(index)).Rebook(report);
   }

   /// Registers the monitor with the event loop about to run; ROOT forgets it when the loop has ended.
   void Watch(TaskMonitor &monitor)
   {
      auto &manager = Manager();
      const auto every = EntriesPerCall();
      monitor.Prepare(every, [this](Frame &frame) { Store(frame, false); },
                      [&manager] {
                         gErrorIgnoreLevel = kError; // ROOT would warn that entries were left
                         // As if every node below had said "enough": the loop ends by itself and finishes its results.
                         const auto children = static_cast<ROOT::Detail::RDF::RNodeBase &>(manager).*access::Node::Children();
                         for (unsigned int i = 0; i < children; ++i)
                            manager.StopProcessing();
                      });
      manager.RegisterCallback(every, [&monitor](unsigned int) { monitor.OnEntries(); });
   }

   /// The event loop, with this monitor. Call it without Python's lock.
   void Run(TaskMonitor &monitor)
   {
      struct KeepErrorLevel {
         Int_t fLevel = gErrorIgnoreLevel;
         ~KeepErrorLevel() { gErrorIgnoreLevel = fLevel; }
      } level; // a stop raises it
      Watch(monitor);
      fShift.Call([this] { ROOT::Internal::RDF::TriggerRun(fNode.value()); });
   }

   /// Takes the finished results, after the event loop.
   void Finish(const TaskMonitor &monitor)
   {
      if (monitor.Entries() > 1000 && monitor.Seconds() > 0) {
         fNanosecondsPerEntry = monitor.Seconds() * 1e9 / static_cast<double>(monitor.Entries());
         if (fCloned) // what was booked first lies elsewhere
            fShift.Learn(fNanosecondsPerEntry);
      }
      Store(fFinal, true);
   }
   FrameView Final() const
   {
      return {0,
              0,
              fFinal.fValues.data(),
              fFinal.fValues.size(),
              fFinal.fBlobs.data(),
              fFinal.fBlobs.size()};
   }

   // The description, each as one list for all results.
   std::size_t Length() const { return fLength; }
   const std::vector<std::size_t> &Offsets() const { return fOffsets; }
   std::vector<std::size_t> Lengths() const
   {
      return Each<std::size_t>([](const Slot &slot) { return slot.Size(); });
   }
   std::vector<std::string> Kinds() const
   {
      return Each<std::string>([](const Slot &slot) { return slot.Kind(); });
   }
   std::vector<int> Weighted() const
   {
      return Each<int>([](const Slot &slot) { return slot.Weighted() ? 1 : 0; });
   }
   std::vector<int> Live() const
   {
      return Each<int>([](const Slot &slot) { return slot.Live() ? 1 : 0; });
   }
   std::vector<std::vector<std::string>> Variations() const
   {
      return Each<std::vector<std::string>>([](const Slot &slot) { return slot.Variations(); });
   }
   /// Rule, start, stop, and so on, of all that is not a sum.
   std::vector<std::size_t> Rules() const
   {
      std::vector<std::size_t> flat;
      for (std::size_t i = 0; i < fSlots.size(); ++i) {
         for (const auto &rule : fSlots[i]->Rules()) {
            flat.push_back(static_cast<std::size_t>(rule.fRule));
            flat.push_back(rule.fStart + fOffsets[i]);
            flat.push_back(rule.fStop + fOffsets[i]);
         }
      }
      return flat;
   }
   /// Writes the empty objects, before the event loop; address and size of the bytes, which are as many as those of the
   /// vector and stay until they are forgotten.
   std::pair<std::uintptr_t, std::size_t> Templates()
   {
      fTemplates = WriteObjects(Each<const TObject *>([](const Slot &slot) { return slot.Template(); }));
      return {reinterpret_cast<std::uintptr_t>(fTemplates.data()), fTemplates.size()};
   }
   void ForgetTemplates() { std::string().swap(fTemplates); }

private:
   template <typename R, typename F>
   std::vector<R> Each(F function) const
   {
      std::vector<R> all;
      for (const auto &slot : fSlots)
         all.push_back(function(*slot));
      return all;
   }
};

/// \name For ctypes
/// Plain functions, so that the publisher's thread neither holds Python's lock nor enters cppyy.
///@{
inline int AcquireFrame(TaskMonitor *monitor, FrameView *view)
{
   return monitor->Acquire(*view) ? 1 : 0;
}
inline void ReleaseFrame(TaskMonitor *monitor)
{
   monitor->Release();
}
inline void StopTask(TaskMonitor *monitor)
{
   monitor->Stop();
}
inline void SetTaskInterval(TaskMonitor *monitor, double seconds)
{
   monitor->SetInterval(seconds);
}
inline std::uint64_t TaskEntries(TaskMonitor *monitor)
{
   return monitor->Entries();
}
inline void FinalFrame(TaskGraph *graph, FrameView *view)
{
   *view = graph->Final();
}
/// Their addresses, in the order above.
inline std::vector<std::uintptr_t> Functions()
{
   return {reinterpret_cast<std::uintptr_t>(&AcquireFrame),    reinterpret_cast<std::uintptr_t>(&ReleaseFrame),
           reinterpret_cast<std::uintptr_t>(&StopTask),        reinterpret_cast<std::uintptr_t>(&SetTaskInterval),
           reinterpret_cast<std::uintptr_t>(&TaskEntries),     reinterpret_cast<std::uintptr_t>(&FinalFrame)};
}

inline std::uintptr_t Address(const std::shared_ptr<TaskMonitor> &monitor)
{
   return reinterpret_cast<std::uintptr_t>(monitor.get());
}
inline std::uintptr_t Address(const std::shared_ptr<TaskGraph> &graph)
{
   return reinterpret_cast<std::uintptr_t>(graph.get());
}

///@}

/// A monitor is made here, not by cppyy, which cannot copy it.
inline std::shared_ptr<TaskMonitor> MakeMonitor(double interval, int notify, bool early = true)
{
   return std::make_shared<TaskMonitor>(interval, notify, early);
}

} // namespace rdf_live

#endif
