// SPDX-License-Identifier: BSD-3-Clause
/// \file slot.hxx
/// A slot is one booked result of the graph in this process: it clones itself for the next task, and copies what its
/// action has so far. All slots of a task are visited in one call, because a Python call per result is what costs
/// distributed ROOT 0.45 ms per histogram and task.
#ifndef RDF_LIVE_SLOT
#define RDF_LIVE_SLOT

#include <rdf_live/access.hxx>
#include <rdf_live/bytes.hxx>
#include <rdf_live/layout.hxx>

#include <TAxis.h>
#include <TGraph.h>
#include <TGraphAsymmErrors.h>
#include <THnSparse.h>

#include <array>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace rdf_live {

using ROOT::Detail::RDF::RLoopManager;

/// Bytes of results that do not add, by the index of the result.
using Blobs = std::vector<std::pair<std::size_t, std::string>>;

/// Bytes are taken in the middle of an event loop only below this size: they are copied between two entries. Where they
/// are not, there are none, so that who looks knows.
constexpr std::size_t kTentativeBytes = 1 << 18;

class Slot {
   std::string fKind;

public:
   explicit Slot(std::string kind) : fKind(std::move(kind)) {}
   virtual ~Slot() = default;
   const std::string &Kind() const { return fKind; }
   /// Books a fresh copy of the action for the next task; gives what was booked before, which goes with the pointer.
   virtual std::shared_ptr<void> Clone() { return {}; }
   virtual RLoopManager *Manager() const = 0;
   virtual std::size_t Size() const { return 0; }
   virtual std::vector<Segment> Rules() const { return {}; }
   virtual std::vector<std::string> Variations() const { return {}; }
   /// True if its values can be read before the event loop has ended.
   virtual bool Live() const { return true; }
   /// The object that gives binning and titles, or null for numbers.
   virtual const TObject *Template() const { return nullptr; }
   virtual bool Weighted() const { return false; }
   /// Copies the state into `out` (Size() doubles) or appends bytes. `final`: the event loop has ended.
   virtual void Store(double *out, Blobs &blobs, std::size_t index, bool final) = 0;
};

/// Lets an action work out its result in the middle of the event loop, as it will again at the end: ROOT's helpers
/// compute it from what they have gathered so far and keep that. Those that *add* to the result (Sum, Report) are given a
/// fresh one, before and afterwards, by `reset`.
template <typename Reset, typename Read>
void ReadUnfinished(ROOT::Internal::RDF::RActionBase &action, Reset reset, Read read)
{
   reset();
   action.Finalize();
   read();
   reset();
}

/// Replaces a result (or a map of them) by a clone. \return the one before
template <typename R>
std::shared_ptr<void> ReplaceByClone(R &result)
{
   auto before = std::make_shared<R>(result);
   result = ROOT::Internal::RDF::CloneResultAndAction(result);
   return before;
}

/// Numbers that an action has at hand; the meaning of a double depends on the action ("Sum", "Mean", ...).
class Numbers {
   enum class What { kPlain, kMin, kMax, kMean, kStdDev } fWhat;

   static What From(const std::string &kind)
   {
      if (kind == "Min")
         return What::kMin;
      if (kind == "Max")
         return What::kMax;
      if (kind == "Mean")
         return What::kMean;
      return kind == "StdDev" ? What::kStdDev : What::kPlain;
   }

public:
   explicit Numbers(const std::string &kind) : fWhat(From(kind)) {}

   std::size_t Size() const { return fWhat == What::kMean ? 2 : fWhat == What::kStdDev ? 3 : 1; }
   std::vector<Segment> Rules(std::size_t start) const
   {
      switch (fWhat) {
      case What::kMin: return {{Rule::kMin, start, start + 1}};
      case What::kMax: return {{Rule::kMax, start, start + 1}};
      case What::kStdDev: return {{Rule::kMoments, start, start + 3}};
      default: return {};
      }
   }
   /// \param mergeable what the action itself would merge: it knows the number of entries behind a mean.
   void Store(double value, const ROOT::Detail::RDF::RMergeableValueBase *mergeable, double *out) const
   {
      using namespace ROOT::Detail::RDF;
      if (fWhat == What::kMean) {
         const double n = static_cast<double>(dynamic_cast<const RMergeableMean &>(*mergeable).*Member(access::MeanCounts{}));
         out[0] = n > 0 ? value * n : 0.;
         out[1] = n;
      } else if (fWhat == What::kStdDev) {
         const auto &sd = dynamic_cast<const RMergeableStdDev &>(*mergeable);
         const double n = static_cast<double>(sd.*Member(access::StdDevCounts{}));
         out[0] = n;
         out[1] = n > 0 ? n * sd.*Member(access::StdDevMean{}) : 0.;
         out[2] = n > 1 ? value * value * (n - 1) : 0.;
      } else {
         out[0] = value;
      }
   }
   bool NeedsMergeable() const { return fWhat == What::kMean || fWhat == What::kStdDev; }
};

/// Count, Sum, Mean, Min, Max, StdDev.
template <typename T>
class NumberSlot : public Slot {
   ROOT::RDF::RResultPtr<T> fResult;
   Numbers fNumbers;

   ROOT::Internal::RDF::RActionBase &Action() const { return *(fResult.*Member(access::PtrAction<T>{})); }

public:
   NumberSlot(const ROOT::RDF::RResultPtr<T> &result, const std::string &kind)
      : Slot(kind), fResult(result), fNumbers(kind)
   {
   }
   std::shared_ptr<void> Clone() final { return ReplaceByClone(fResult); }
   RLoopManager *Manager() const final { return Action().GetLoopManager(); }
   std::size_t Size() const final { return fNumbers.Size(); }
   std::vector<Segment> Rules() const final { return fNumbers.Rules(0); }
   void Store(double *out, Blobs &, std::size_t, bool final) override
   {
      T &value = *(fResult.*Member(access::PtrObject<T>{}));
      const auto read = [&] {
         const auto mergeable = fNumbers.NeedsMergeable() ? Action().GetMergeableValue() : nullptr;
         fNumbers.Store(static_cast<double>(value), mergeable.get(), out);
      };
      if (final)
         read();
      else
         ReadUnfinished(Action(), [&] { value = T{}; }, read);
   }
};

/// How many columns an unweighted fill of T takes.
template <typename T>
constexpr std::size_t Dimensions()
{
   if constexpr (std::is_base_of_v<TH3, T> || std::is_same_v<T, TProfile2D>)
      return 3;
   else if constexpr (std::is_base_of_v<TH2, T> || std::is_same_v<T, TProfile>)
      return 2;
   else
      return 1;
}

/// False where bins of two attempts may mean different things: axes that grow or have found labels, or entries that
/// wait in a buffer for their binning. Those travel as ROOT's bytes and are merged by ROOT.
inline bool Adds(const TH1 &h, Int_t cells)
{
   if (h.GetNcells() != cells || h.GetBuffer())
      return false;
   // Each axis by itself: one that grows by doubling its range keeps its number of bins.
   for (const TAxis *axis : {h.GetXaxis(), h.GetYaxis(), h.GetZaxis()})
      if (axis->CanExtend() || axis->GetLabels())
         return false;
   return true;
}

/// Size in bytes, roughly, of what would be written.
inline std::size_t Weight(const TGraph &g)
{
   return static_cast<std::size_t>(g.GetN()) * sizeof(double) * (g.InheritsFrom("TGraphAsymmErrors") ? 6 : 2);
}
inline std::size_t Weight(const THnSparse &h)
{
   return static_cast<std::size_t>(h.GetNbins()) * (2 * sizeof(double) + h.GetNdimensions());
}
inline std::size_t Weight(const TH1 &h)
{
   return static_cast<std::size_t>(h.GetNcells()) * sizeof(double);
}
inline std::size_t Weight(const TObject &)
{
   return 0;
}

/// Whether all of T adds, is never added, or shows only at run time.
template <typename T>
constexpr bool kNeverAdds = std::is_base_of_v<TGraph, T> || std::is_base_of_v<THnSparse, T>;

/// The part that a single object and a set of variations have in common.
template <typename T>
class ObjectPart {
   bool fWeighted = false;
   std::array<bool, 3> fFinds{}; ///< axes that were booked without limits: ROOT takes them from the first entries
   bool fErrors = false;         ///< an n-dimensional histogram was booked with errors
   Int_t fCells = 0;

public:
   ObjectPart(const T &object, const ROOT::Internal::RDF::RActionBase &action)
   {
      if constexpr (std::is_base_of_v<TH1, T>) {
         fWeighted = action.GetColumnNames().size() > Dimensions<T>();
         fCells = object.GetNcells();
         const std::array axes{object.GetXaxis(), object.GetYaxis(), object.GetZaxis()};
         for (int i = 0; i < object.GetDimension(); ++i)
            fFinds[i] = axes[i]->GetXmin() >= axes[i]->GetXmax();
      }
      if constexpr (std::is_base_of_v<THnBase, T>)
         fErrors = object.GetCalculateErrors();
   }
   bool Weighted() const { return fWeighted; }
   bool FindsLimits() const { return fFinds[0] || fFinds[1] || fFinds[2]; }
   /// A clone starts with the limits that the last task found, so a result would show which tasks met in one process.
   void ForgetLimits(T &object) const
   {
      if constexpr (std::is_base_of_v<TH1, T>) {
         if (!FindsLimits())
            return;
         const std::array axes{object.GetXaxis(), object.GetYaxis(), object.GetZaxis()};
         for (int i = 0; i < object.GetDimension(); ++i)
            if (fFinds[i])
               axes[i]->Set(axes[i]->GetNbins(), 0., 0.);
         object.SetBuffer(TH1::GetDefaultBufferSize());
      }
   }
   /// ROOT resets the bins of an n-dimensional histogram for the next task, and keeps its entries and moments; a sparse one
   /// no longer has errors.
   void ForgetEntries(T &object) const
   {
      if constexpr (std::is_base_of_v<THnBase, T>) {
         object.*access::HN::Entries() = 0;
         if (!fErrors)
            return;
         object.Sumw2();
         object.*access::HN::SumW() = 0;
         object.*access::HN::SumW2() = 0;
         (object.*access::HN::SumWX()).Reset();
         (object.*access::HN::SumWX2()).Reset();
      }
   }
   std::size_t Size(const T &object) const
   {
      if constexpr (kNeverAdds<T>)
         return 0;
      else
         return Layout<T>::Size(object, fWeighted);
   }
   /// True if the object went into the vector; otherwise its bytes are wanted and `out` holds nothing.
   bool Store(const T &object, double *out, std::size_t size) const
   {
      if constexpr (kNeverAdds<T>) {
         return false;
      } else {
         bool adds = true;
         if constexpr (std::is_base_of_v<TH1, T>)
            adds = !FindsLimits() && Adds(object, fCells);
         if (adds)
            Layout<T>::Store(object, fWeighted, out);
         else
            std::fill_n(out, size, 0.);
         return adds;
      }
   }
};

/// Histograms, profiles, graphs, statistics: filled in place, because a task has one slot.
template <typename T>
class ObjectSlot : public Slot {
   ROOT::RDF::RResultPtr<T> fResult;
   ObjectPart<T> fPart;
   std::size_t fSize;

   ROOT::Internal::RDF::RActionBase &Action() const { return *(fResult.*Member(access::PtrAction<T>{})); }
   const T &Object(bool final) const
   {
      return final ? Booked(fResult) : *static_cast<T *>(Action().PartialUpdate(0));
   }

   /// RResultPtr's own accessors would start the event loop if it has not run.
   static const T &Booked(const ROOT::RDF::RResultPtr<T> &result)
   {
      return *(result.*Member(access::PtrObject<T>{}));
   }

public:
   ObjectSlot(const ROOT::RDF::RResultPtr<T> &result, const std::string &kind)
      : Slot(kind),
        fResult(result),
        fPart(Booked(result), *(result.*Member(access::PtrAction<T>{}))),
        fSize(fPart.Size(Booked(result)))
   {
   }
   std::shared_ptr<void> Clone() final
   {
      auto before = ReplaceByClone(fResult);
      auto &object = *(fResult.*Member(access::PtrObject<T>{}));
      fPart.ForgetEntries(object);
      fPart.ForgetLimits(object);
      return before;
   }
   RLoopManager *Manager() const final { return Action().GetLoopManager(); }
   std::size_t Size() const final { return fSize; }
   std::vector<Segment> Rules() const final { return Segments<T>(); }
   const TObject *Template() const final { return &Booked(fResult); }
   bool Weighted() const final { return fPart.Weighted(); }
   void Store(double *out, Blobs &blobs, std::size_t index, bool final) override
   {
      const T &object = Object(final);
      if (!fPart.Store(object, out, fSize))
         blobs.emplace_back(index, final || Weight(object) < kTentativeBytes ? WriteObjects({&object}) : "");
   }
};

/// A cut-flow report. It is booked afresh by the task (`TaskGraph::Rebook`): a clone would
/// start with the cuts of the last task, and cloning one that was booked on the dataframe itself aborts the process.
class ReportSlot : public Slot {
   using Report_t = ROOT::RDF::RCutFlowReport;
   ROOT::RDF::RResultPtr<Report_t> fResult;

public:
   ReportSlot(const ROOT::RDF::RResultPtr<Report_t> &result, const std::string &kind) : Slot(kind), fResult(result) {}
   void Rebook(const ROOT::RDF::RResultPtr<Report_t> &result) { fResult = result; }
   RLoopManager *Manager() const final { return (fResult.*Member(access::PtrAction<Report_t>{}))->GetLoopManager(); }
   void Store(double *, Blobs &blobs, std::size_t index, bool final) override
   {
      Report_t &report = *(fResult.*Member(access::PtrObject<Report_t>{}));
      const auto read = [&] { blobs.emplace_back(index, WriteReport(report)); };
      if (final)
         read();
      else
         ReadUnfinished(*(fResult.*Member(access::PtrAction<Report_t>{})), [&] { report = Report_t{}; }, read);
   }
};

/// A result of Python's own (AsNumpy, Snapshot): keeps its place in the list; its bytes are added by the task.
class ForeignSlot : public Slot {
public:
   using Slot::Slot;
   RLoopManager *Manager() const final { return nullptr; }
   bool Live() const final { return false; }
   void Store(double *, Blobs &, std::size_t, bool) final {}
};

/// Every variation of VariationsFor, nominal first.
template <typename T>
class VariedSlot : public Slot {
   using Map_t = ROOT::RDF::Experimental::RResultMap<T>;
   static constexpr bool kObject = std::is_base_of_v<TObject, T>;
   Map_t fMap;
   std::vector<std::string> fKeys;
   std::conditional_t<kObject, ObjectPart<T>, Numbers> fPart;
   std::size_t fEach;

   static std::conditional_t<kObject, ObjectPart<T>, Numbers> Part(Map_t &map, const std::string &kind)
   {
      if constexpr (kObject)
         return ObjectPart<T>(Value(map, "nominal"), *(map.*Member(access::MapAction<T>{})));
      else
         return Numbers(kind);
   }
   static std::size_t Each(Map_t &map, const std::conditional_t<kObject, ObjectPart<T>, Numbers> &part)
   {
      if constexpr (kObject)
         return part.Size(Value(map, "nominal"));
      else
         return part.Size();
   }
   static T &Value(Map_t &map, const std::string &key) { return *(map.*Member(access::MapValues<T>{})).at(key); }

public:
   VariedSlot(const Map_t &map, const std::string &kind)
      : Slot(kind), fMap(map), fKeys(map.GetKeys()), fPart(Part(fMap, kind)), fEach(Each(fMap, fPart))
   {
   }
   std::shared_ptr<void> Clone() final
   {
      auto before = ReplaceByClone(fMap);
      if constexpr (kObject) {
         for (auto &[name, value] : fMap.*Member(access::MapValues<T>{})) {
            fPart.ForgetEntries(*value);
            fPart.ForgetLimits(*value);
         }
      }
      return before;
   }
   RLoopManager *Manager() const final { return (fMap.*Member(access::MapAction<T>{}))->GetLoopManager(); }
   std::size_t Size() const final { return fEach * fKeys.size(); }
   std::vector<std::string> Variations() const final { return fKeys; }
   const TObject *Template() const final
   {
      if constexpr (kObject)
         return &Value(const_cast<Map_t &>(fMap), "nominal");
      else
         return nullptr;
   }
   bool Weighted() const final
   {
      if constexpr (kObject)
         return fPart.Weighted();
      else
         return false;
   }
   std::vector<Segment> Rules() const final
   {
      std::vector<Segment> all;
      for (std::size_t i = 0; i < fKeys.size(); ++i) {
         if constexpr (kObject) {
            for (auto rule : Segments<T>())
               all.push_back({rule.fRule, rule.fStart + i * fEach, rule.fStop + i * fEach});
         } else {
            for (auto rule : fPart.Rules(i * fEach))
               all.push_back(rule);
         }
      }
      return all;
   }
   void Store(double *out, Blobs &blobs, std::size_t index, bool final) override
   {
      if constexpr (kObject)
         StoreObjects(out, blobs, index, final);
      else
         StoreNumbers(out, final);
   }

private:
   void StoreObjects(double *out, Blobs &blobs, std::size_t index, bool final)
   {
      std::vector<const TObject *> odd(fKeys.size(), nullptr);
      std::size_t weight = 0, n = 0;
      for (std::size_t i = 0; i < fKeys.size(); ++i) {
         const T &object = Value(fMap, fKeys[i]);
         if (fPart.Store(object, out + i * fEach, fEach))
            continue;
         odd[i] = &object;
         weight += Weight(object);
         ++n;
      }
      if (n > 0)
         blobs.emplace_back(index, final || weight < kTentativeBytes ? WriteObjects(odd) : "");
   }
   void StoreNumbers(double *out, bool final)
   {
      if (final)
         return ReadNumbers(out);
      const auto reset = [this] {
         for (auto &[name, value] : fMap.*Member(access::MapValues<T>{}))
            *value = T{};
      };
      const auto &varied = fMap.*Member(access::MapVaried<T>{});
      ReadUnfinished(*(fMap.*Member(access::MapAction<T>{})), reset, [&] {
         if (varied)
            varied->Finalize();
         ReadNumbers(out);
      });
   }
   void ReadNumbers(double *out)
   {
      using namespace ROOT::Detail::RDF;
      const auto nominal = (fMap.*Member(access::MapAction<T>{}))->GetMergeableValue();
      const auto &varied = fMap.*Member(access::MapVaried<T>{});
      const auto others = varied ? varied->GetMergeableValue() : nullptr;
      for (std::size_t i = 0; i < fKeys.size(); ++i) {
         const RMergeableValueBase *mergeable = nominal.get();
         if (i > 0) // the keys are "nominal" and then the variations, in the order of the varied action
            mergeable = (dynamic_cast<RMergeableVariationsBase &>(*others).*access::Variations::Values())[i - 1].get();
         fPart.Store(static_cast<double>(Value(fMap, fKeys[i])), mergeable, out + i * fEach);
      }
   }
};

} // namespace rdf_live

#endif
