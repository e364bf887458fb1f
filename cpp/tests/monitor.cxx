// SPDX-License-Identifier: BSD-3-Clause
/// The watch on an event loop, without ROOT: clock, double buffer, pipe and stop flag.
#include "check.hxx"

#include <rdf_live/monitor.hxx>

#include <atomic>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <thread>

#include <fcntl.h>

using namespace rdf_live;

namespace {

using Clock_t = std::chrono::steady_clock;

double Since(Clock_t::time_point start)
{
   return std::chrono::duration<double>(Clock_t::now() - start).count();
}

void Pause(double seconds)
{
   std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

void Nothing(Frame &) {}

FrameView Acquired(TaskMonitor &monitor)
{
   FrameView view{};
   if (!monitor.Acquire(view))
      throw std::runtime_error("got no picture, expected one");
   return view;
}

/// Entries of a millisecond until `end` says so, or for so many seconds.
template <typename F>
void Loop(TaskMonitor &monitor, double seconds, F end)
{
   for (const auto start = Clock_t::now(); Since(start) < seconds && !end();) {
      Pause(0.001);
      monitor.OnEntries();
   }
}
void Loop(TaskMonitor &monitor, double seconds)
{
   Loop(monitor, seconds, [] { return false; });
}

struct Pipe {
   int fEnds[2];
   Pipe()
   {
      if (pipe(fEnds) != 0)
         throw std::runtime_error("no pipe");
      for (int end : fEnds)
         fcntl(end, F_SETFL, O_NONBLOCK);
   }
   ~Pipe()
   {
      close(fEnds[0]);
      close(fEnds[1]);
   }
   /// Bytes that were waiting.
   int Drain() const
   {
      char bytes[128];
      const auto n = read(fEnds[0], bytes, sizeof(bytes));
      return n > 0 ? static_cast<int>(n) : 0;
   }
};

} // namespace

TEST(CountsEntriesByTheCall)
{
   TaskMonitor monitor(1., -1);
   monitor.Prepare(16, Nothing, [] {});
   for (int i = 0; i < 10; ++i)
      monitor.OnEntries();
   CHECK_EQUAL(monitor.Entries(), 160u);
}

TEST(TheFirstPictureComesSoon)
{
   TaskMonitor monitor(10., -1);
   monitor.Prepare(1, Nothing, [] {});
   FrameView view{};
   CHECK(!monitor.Acquire(view));
   const auto start = Clock_t::now();
   Loop(monitor, 5., [&] { return monitor.Acquire(view); });
   CHECK(Since(start) < 1.);
   CHECK_EQUAL(view.fSeq, 1u);
   CHECK_EQUAL(view.fEntries, monitor.Entries());
}

TEST(EachPictureIsReadOnce)
{
   TaskMonitor monitor(0., -1);
   monitor.Prepare(1, Nothing, [] {});
   Loop(monitor, 0.02);
   auto view = Acquired(monitor);
   monitor.Release();
   CHECK(!monitor.Acquire(view));
   const auto last = view.fSeq;
   Loop(monitor, 0.02);
   CHECK(Acquired(monitor).fSeq > last);
}

TEST(APictureThatIsHeldDoesNotChange)
{
   TaskMonitor monitor(0., -1);
   double number = 0;
   monitor.Prepare(1, [&](Frame &frame) { frame.fValues.assign(100, ++number); }, [] {});
   Loop(monitor, 0.02);
   auto view = Acquired(monitor);
   const double held = view.fValues[0];
   Loop(monitor, 0.05);
   CHECK(number > held); // the loop went on taking one
   for (std::size_t i = 0; i < view.fNValues; ++i)
      CHECK_EQUAL(view.fValues[i], held);
   monitor.Release();
   CHECK(Acquired(monitor).fValues[0] > held); // the newest wins
}

TEST(NoTornPictures)
{
   TaskMonitor monitor(0., -1);
   double number = 0;
   monitor.Prepare(
      1,
      [&](Frame &frame) {
         number += 1;
         frame.fValues.assign(20 + static_cast<std::size_t>(number) % 50, number);
         frame.fBlobs.assign(static_cast<std::size_t>(number) % 300, static_cast<char>(number));
      },
      [] {});
   std::atomic<bool> done{false};
   std::uint64_t seen = 0, torn = 0, last = 0, backwards = 0;
   std::thread reader([&] {
      while (!done) {
         FrameView view{};
         if (!monitor.Acquire(view))
            continue;
         ++seen;
         const auto first = view.fValues[0];
         const auto n = static_cast<std::uint64_t>(first);
         torn += view.fSeq != n || view.fNValues != 20 + n % 50 || view.fNBlobs != n % 300;
         for (std::size_t i = 0; i < view.fNValues; ++i)
            torn += view.fValues[i] != first;
         for (std::size_t i = 0; i < view.fNBlobs; ++i)
            torn += view.fBlobs[i] != static_cast<char>(first);
         backwards += view.fSeq <= last;
         last = view.fSeq;
         monitor.Release();
      }
   });
   for (const auto start = Clock_t::now(); Since(start) < 1.;)
      monitor.OnEntries();
   done = true;
   reader.join();
   CHECK(seen > 10);
   CHECK_EQUAL(torn, 0u);
   CHECK_EQUAL(backwards, 0u);
}

TEST(PicturesMayCostOnePercent)
{
   TaskMonitor monitor(0., -1);
   int taken = 0;
   monitor.Prepare(
      1,
      [&](Frame &) {
         ++taken;
         Pause(0.005);
      },
      [] {});
   Loop(monitor, 0.3);
   CHECK_EQUAL(taken, 1);
}

TEST(AnIntervalHoldsOnceItIsReached)
{
   TaskMonitor monitor(0.1, -1);
   int taken = 0;
   monitor.Prepare(1, [&](Frame &) { ++taken; }, [] {});
   Loop(monitor, 1.);
   CHECK(taken >= 4); // 10 if nobody else wants the processor
   CHECK(taken <= 11);
}

TEST(AShorterIntervalHoldsAtOnce)
{
   TaskMonitor monitor(100., -1);
   int taken = 0;
   monitor.Prepare(1, [&](Frame &) { ++taken; }, [] {});
   Loop(monitor, 0.5); // 30 ms and the double of it each time: the next one is due later than this loop ends
   const int before = taken;
   monitor.SetInterval(0.01);
   Loop(monitor, 0.5);
   CHECK(taken >= before + 5);
}

TEST(ALongerIntervalHoldsAfterNone)
{
   TaskMonitor monitor(0., -1);
   int taken = 0;
   monitor.Prepare(1, [&](Frame &) { ++taken; }, [] {});
   Loop(monitor, 0.05);
   const int before = taken;
   CHECK(before >= 2);
   monitor.SetInterval(1e3);
   Loop(monitor, 0.5);
   CHECK(taken <= before + 5);
}

TEST(IntervalsThatAreNoNumbersDoNoHarm)
{
   for (double interval :
        {-1., 1e300, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
      TaskMonitor monitor(interval, -1);
      int taken = 0;
      monitor.Prepare(1, [&](Frame &) { ++taken; }, [] {});
      monitor.SetInterval(interval);
      Loop(monitor, 5., [&] { return taken > 0; });
      CHECK_EQUAL(taken, 1);
   }
}

TEST(OneByteUntilItIsRead)
{
   const Pipe wake;
   TaskMonitor monitor(0., wake.fEnds[1]);
   monitor.Prepare(1, Nothing, [] {});
   Loop(monitor, 0.05);
   CHECK_EQUAL(wake.Drain(), 1);
   Acquired(monitor);
   monitor.Release();
   Loop(monitor, 0.05);
   CHECK_EQUAL(wake.Drain(), 1);
}

TEST(AFullPipeDoesNotHoldTheLoop)
{
   const Pipe wake;
   const char byte = 0;
   while (write(wake.fEnds[1], &byte, 1) == 1) {
   }
   TaskMonitor monitor(0., wake.fEnds[1]);
   monitor.Prepare(1, Nothing, [] {});
   Loop(monitor, 0.05);
   Acquired(monitor);
}

TEST(StopEndsTheLoopOnce)
{
   TaskMonitor monitor(0., -1);
   int stops = 0, taken = 0;
   monitor.Prepare(1, [&](Frame &) { ++taken; }, [&] { ++stops; });
   Loop(monitor, 0.02);
   CHECK(!monitor.Stopping());
   std::thread([&] { monitor.Stop(); }).join();
   CHECK(!monitor.Stopping()); // the loop does not know yet
   const int before = taken;
   Loop(monitor, 0.02);
   CHECK(monitor.Stopping());
   CHECK_EQUAL(stops, 1);
   CHECK_EQUAL(taken, before);
}

TEST(AFailedPictureIsNotShown)
{
   TaskMonitor monitor(0., -1);
   bool fail = false;
   monitor.Prepare(
      1,
      [&](Frame &frame) {
         frame.fValues.assign(1, fail ? -1. : 1.);
         if (fail)
            throw std::runtime_error("no memory");
      },
      [] {});
   Loop(monitor, 0.02);
   auto view = Acquired(monitor);
   monitor.Release();
   fail = true;
   CHECK_THROWS(Loop(monitor, 1.), std::runtime_error);
   CHECK(!monitor.Acquire(view));
}
