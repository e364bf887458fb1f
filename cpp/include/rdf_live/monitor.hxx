// SPDX-License-Identifier: BSD-3-Clause
/// \file monitor.hxx
/// The watch on one attempt: counts entries, reads the clock, obeys the stop flag, and now and then takes a picture of
/// all results between two entries. The event loop never takes Python's lock and never waits for anyone.
#ifndef RDF_LIVE_MONITOR
#define RDF_LIVE_MONITOR

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace rdf_live {

/// All results of an attempt at the same entry.
struct Frame {
   std::uint64_t fSeq = 0;
   std::uint64_t fEntries = 0;
   std::vector<double> fValues;
   /// One after the other: index and length (two uint64), then the bytes.
   std::string fBlobs;
};

/// What the publisher reads, through ctypes: keep in step with rdf_live/worker/frames.py.
struct FrameView {
   std::uint64_t fSeq;
   std::uint64_t fEntries;
   const double *fValues;
   std::uint64_t fNValues;
   const char *fBlobs;
   std::uint64_t fNBlobs;
};

/// Threads: `OnEntries` runs in the event loop; `Acquire`, `Release`, `Stop`, `SetInterval` and `Entries` anywhere, one
/// reader at a time.
class TaskMonitor {
   using Clock_t = std::chrono::steady_clock;
   using Nanoseconds_t = std::int64_t;

   std::atomic<std::uint64_t> fEntries{0};
   std::atomic<bool> fStop{false};
   std::atomic<Nanoseconds_t> fInterval;
   std::function<void(Frame &)> fTake;
   std::function<void()> fStopLoop;
   int fNotify; ///< file descriptor that wakes the publisher, or -1

   // Two frames: the loop writes the one that is not in front, unless the reader still holds it.
   Frame fFrames[2];
   std::atomic<int> fFront{-1};
   std::atomic<int> fReading{-1};
   std::atomic<bool> fNotified{false};
   std::uint64_t fLastRead = 0;
   std::uint64_t fSeq = 0;

   // Only the event loop touches what follows.
   std::uint64_t fEvery = 1;
   int fCalls = 1;
   int fCountdown = 1;
   bool fStopping = false;
   Nanoseconds_t fStart = 0;
   Nanoseconds_t fLastClock = 0;
   Nanoseconds_t fPictured = 0; ///< when the last picture was done
   Nanoseconds_t fStep = kFirst;
   Nanoseconds_t fRest = 0; ///< because of what the last picture cost

   /// The first picture comes this long after the first entry; each next one after twice the time, up to the interval.
   /// A new interval holds at once: nobody waits for one that was long.
   static constexpr Nanoseconds_t kFirst = 30'000'000;
   /// Where thousands of workers have to share a scheduler the first pictures are a load too, and come this late.
   static constexpr Nanoseconds_t kLatestFirst = 2'000'000'000;
   /// The clock is read about this often, and at least once in kMostCalls calls, should entries suddenly become slow.
   static constexpr Nanoseconds_t kClockPeriod = 200'000;
   static constexpr int kMostCalls = 64;
   /// Taking pictures may cost one part in this many of the time, however large they are.
   static constexpr Nanoseconds_t kCostLimit = 100;

   static Nanoseconds_t Nanoseconds(double seconds)
   {
      constexpr double kLongest = 1e6; // a number that fits; NaN becomes 0
      return static_cast<Nanoseconds_t>((seconds > 0 ? std::min(seconds, kLongest) : 0.) * 1e9);
   }
   static Nanoseconds_t Now()
   {
      return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock_t::now().time_since_epoch()).count();
   }

   void ReadClock()
   {
      const auto now = Now();
      if (fStart == 0) {
         fStart = fLastClock = fPictured = now;
         fCountdown = fCalls;
         return;
      }
      const auto perCall = std::max<Nanoseconds_t>((now - fLastClock) / fCalls, 1);
      fCalls = static_cast<int>(std::clamp<Nanoseconds_t>(kClockPeriod / perCall, 1, std::min(2 * fCalls, kMostCalls)));
      fCountdown = fCalls;
      fLastClock = now;
      if (now - fPictured >= std::max(std::min(fStep, fInterval.load(std::memory_order_relaxed)), fRest))
         Picture(now);
   }

   void Picture(Nanoseconds_t now)
   {
      const int back = fFront.load(std::memory_order_seq_cst) == 0 ? 1 : 0;
      if (fReading.load(std::memory_order_seq_cst) == back)
         return; // the publisher still sends it; the next tick will do
      Frame &frame = fFrames[back];
      frame.fSeq = ++fSeq;
      frame.fEntries = fEntries.load(std::memory_order_relaxed);
      fTake(frame);
      fFront.store(back, std::memory_order_seq_cst);
      fLastClock = fPictured = Now();
      fRest = kCostLimit * (fPictured - now);
      fStep = std::max(kFirst, std::min(2 * fStep, fInterval.load(std::memory_order_relaxed)));
      if (fNotify >= 0 && !fNotified.exchange(true)) {
         const char byte = 1;
         if (write(fNotify, &byte, 1) != 1)
            fNotified.store(false); // the pipe is full, so the publisher is awake anyway
      }
   }

public:
   /// \param interval seconds between two pictures, once the first ones have come (they come sooner)
   /// \param notify a file descriptor to write one byte to when a picture is ready, or -1
   /// \param early whether the first pictures come before the interval is over: nothing of this graph has been seen yet
   TaskMonitor(double interval, int notify, bool early = true) : fInterval(Nanoseconds(interval)), fNotify(notify)
   {
      fStep = std::clamp(fInterval.load() / (early ? 16 : 1), kFirst, kLatestFirst);
   }
   TaskMonitor(const TaskMonitor &) = delete;
   TaskMonitor &operator=(const TaskMonitor &) = delete;

   /// \param every entries per call of OnEntries
   void Prepare(std::uint64_t every, std::function<void(Frame &)> take, std::function<void()> stopLoop)
   {
      fEvery = every;
      fTake = std::move(take);
      fStopLoop = std::move(stopLoop);
   }

   /// Called by the event loop after all actions have seen the entry.
   void OnEntries()
   {
      fEntries.store(fEntries.load(std::memory_order_relaxed) + fEvery, std::memory_order_relaxed);
      if (fStop.load(std::memory_order_relaxed)) {
         if (!fStopping)
            fStopLoop();
         fStopping = true;
         return;
      }
      if (--fCountdown <= 0)
         ReadClock();
   }

   /// Seconds from the first look at the clock to the last.
   double Seconds() const { return static_cast<double>(fLastClock - fStart) * 1e-9; }
   bool Stopping() const { return fStopping; }
   std::uint64_t Entries() const { return fEntries.load(std::memory_order_relaxed); }
   void Stop() { fStop.store(true, std::memory_order_relaxed); }
   void SetInterval(double seconds) { fInterval.store(Nanoseconds(seconds), std::memory_order_relaxed); }

   /// Holds the newest picture for reading. False if there is none that was not read yet.
   bool Acquire(FrameView &view)
   {
      fNotified.store(false);
      for (;;) {
         const int front = fFront.load(std::memory_order_seq_cst);
         if (front < 0)
            return false;
         fReading.store(front, std::memory_order_seq_cst);
         if (fFront.load(std::memory_order_seq_cst) == front)
            break;
      }
      const Frame &frame = fFrames[fReading.load()];
      if (frame.fSeq == fLastRead) {
         Release();
         return false;
      }
      fLastRead = frame.fSeq;
      view = {frame.fSeq,           frame.fEntries,      frame.fValues.data(),
              frame.fValues.size(), frame.fBlobs.data(), frame.fBlobs.size()};
      return true;
   }
   void Release() { fReading.store(-1, std::memory_order_seq_cst); }
};

} // namespace rdf_live

#endif
