// SPDX-License-Identifier: BSD-3-Clause
/// \file shift.hxx
/// Where on the stack event loops run fastest.
#ifndef RDF_LIVE_SHIFT
#define RDF_LIVE_SHIFT

#include <algorithm>
#include <array>
#include <cstddef>

namespace rdf_live {

/// Tries three places on the stack, one per event loop, and keeps the best.
///
/// A processor takes a load for dependent on a recent store whose address has the same lowest twelve bits, and waits for it.
/// What all results of a graph have in common (its columns) is loaded for each, and the stack is written for each: where
/// one lies on the other by chance, which with 200 simple histograms is so in one place of seven, the loop takes 40 % more.
class StackShift {
   static constexpr std::array<std::size_t, 3> kBytes{16, 1376, 2736}; ///< thirds of 4096, and aligned
   std::array<double, kBytes.size()> fTook{};
   std::size_t fTried = 0;
   std::size_t fNow = 0;

public:
   std::size_t Bytes() const { return kBytes[fNow]; }

   /// \param took time per entry of the loop that was at Bytes(), in any unit
   void Learn(double took)
   {
      if (fTried == fTook.size())
         return;
      fTook[fTried++] = took;
      fNow = fTried < fTook.size() ? fTried : std::min_element(fTook.begin(), fTook.end()) - fTook.begin();
   }

   /// Calls a function with the stack pointer lower by Bytes().
   template <typename F>
   void Call(F function) const
   {
      const auto space = static_cast<volatile char *>(__builtin_alloca(Bytes()));
      space[0] = 0; // or a compiler would leave it out
      function();
      space[0] = 0; // or it would give it back before the call, which would be the last thing done here
   }
};

} // namespace rdf_live

#endif
