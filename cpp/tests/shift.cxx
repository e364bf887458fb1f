// SPDX-License-Identifier: BSD-3-Clause
/// Which place on the stack event loops get.
#include "check.hxx"

#include <rdf_live/shift.hxx>

#include <cstdint>
#include <vector>

using rdf_live::StackShift;

namespace {

/// Places of as many loops as there are times, and of the one after them.
std::vector<std::size_t> Places(const std::vector<double> &took)
{
   StackShift shift;
   std::vector<std::size_t> places{shift.Bytes()};
   for (const double one : took) {
      shift.Learn(one);
      places.push_back(shift.Bytes());
   }
   return places;
}

// Not part of who calls it, as an event loop is not.
[[gnu::noinline]] std::uintptr_t Here()
{
   asm volatile("" ::: "memory"); // not before the stack is lower
   return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

[[gnu::noinline]] std::uintptr_t StackOf(const StackShift &shift)
{
   std::uintptr_t place = 0;
   shift.Call([&place] { place = Here(); });
   return place;
}

} // namespace

TEST(ThreeAreTriedAndTheBestIsKept)
{
   const auto places = Places({50., 72., 51., 99.});
   CHECK(places[0] != places[1] && places[1] != places[2] && places[0] != places[2]);
   CHECK(places[3] == places[0] && places[4] == places[0]);
   CHECK(Places({72., 50., 51.}).back() == places[1]);
   CHECK(Places({72., 51., 50.}).back() == places[2]);
}

TEST(TheFunctionIsCalledFurtherDown)
{
   StackShift shift;
   const auto first = StackOf(shift), bytes = shift.Bytes();
   shift.Learn(2.);
   const auto lower = first - StackOf(shift), expected = shift.Bytes() - bytes;
   CHECK(lower > expected - 100 && lower < expected + 100); // a sanitizer puts something around it
}
