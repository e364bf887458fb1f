# SPDX-License-Identifier: BSD-3-Clause
"""A few million dimuon events, generated once and kept in the user's cache folder.

The layout is NanoAOD's (``Events``, ``nMuon``, ``Muon_pt`` ...), so that the analysis of these events is an analysis of
real ones. Every event is a function of its entry number: the same file on every machine.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path

from rdf_live._root import root

__all__ = ["CLUSTER", "ENTRIES", "TREE", "cache_folder", "event_file", "is_there", "write"]

TREE = "Events"
ENTRIES = 3_000_000
#: Entries per cluster, which is the smallest range a task can get.
CLUSTER = 50_000

# Fractions and widths are believable, not measured. Momenta in GeV.
_CODE = """
#include <cmath>
#include <cstdint>
#include "Math/Boost.h"
#include "Math/Vector4D.h"
#include "ROOT/RVec.hxx"

namespace rdf_live_demo {

/// splitmix64: a good generator that can be seeded with an entry number.
class Random {
   std::uint64_t fState;

public:
   explicit Random(std::uint64_t entry) : fState(entry * 0xd1342543de82ef95ULL + 0x2545f4914f6cdd1dULL) {}
   double Uniform()
   {
      std::uint64_t z = (fState += 0x9e3779b97f4a7c15ULL);
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
      return (((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
   }
   double Gauss() { return std::sqrt(-2 * std::log(Uniform())) * std::cos(2 * M_PI * Uniform()); }
};

struct Resonance {
   double fMass, fWidth, fFraction;
};

/// eta, rho, omega, phi, J/psi, psi(2S), Upsilon(1S, 2S, 3S), Z
inline const Resonance kResonances[] = {
   {0.54786, 1.3e-6, 0.0035}, {0.77526, 0.1491, 0.022},  {0.78266, 0.00868, 0.010}, {1.01946, 0.00425, 0.020},
   {3.09690, 9.3e-5, 0.110},  {3.68610, 2.9e-4, 0.0075}, {9.4603, 5.4e-5, 0.030},   {10.0233, 3.2e-5, 0.0095},
   {10.3552, 2.0e-5, 0.0055}, {91.1876, 2.4952, 0.050}};

constexpr double kMuon = 0.1056584;
constexpr double kLightest = 2 * kMuon + 1e-4, kHeaviest = 300;

/// Mass of the pair; `resonant` tells whether it is a resonance or the falling continuum.
inline double Mass(Random &random, bool &resonant)
{
   double u = random.Uniform();
   for (const auto &r : kResonances) {
      resonant = u < r.fFraction;
      if (resonant) {
         double mass = 0;
         do
            mass = r.fMass + 0.5 * r.fWidth * std::tan(M_PI * (random.Uniform() - 0.5));
         while (mass < kLightest || mass > kHeaviest);
         return mass;
      }
      u -= r.fFraction;
   }
   const double a = 0.6, low = std::pow(kLightest, -a), high = std::pow(kHeaviest, -a);
   return std::pow(low + random.Uniform() * (high - low), -1 / a);
}

struct Muons {
   ROOT::RVecF fPt, fEta, fPhi;
   ROOT::RVecI fCharge;
};

/// The pair decays isotropically; momenta are then smeared by 1 to 2 %, more at large eta.
inline Muons Event(std::uint64_t entry)
{
   Random random(entry);
   bool resonant = false;
   const double mass = Mass(random, resonant);
   const double softest = std::max(0., 7. - 0.3 * mass); // what a trigger on two muons leaves
   const double pt = softest - (4 + 0.06 * mass) * std::log(random.Uniform());
   double rapidity = 0;
   do
      rapidity = 1.3 * random.Gauss();
   while (std::abs(rapidity) > 3);
   const double azimuth = 2 * M_PI * random.Uniform();
   const double mt = std::sqrt(mass * mass + pt * pt);
   const ROOT::Math::PxPyPzEVector pair(pt * std::cos(azimuth), pt * std::sin(azimuth), mt * std::sinh(rapidity),
                                        mt * std::cosh(rapidity));
   const double p = std::sqrt(0.25 * mass * mass - kMuon * kMuon);
   const double cosine = 2 * random.Uniform() - 1, sine = std::sqrt(1 - cosine * cosine);
   const double turn = 2 * M_PI * random.Uniform();
   const ROOT::Math::PxPyPzEVector inPair(p * sine * std::cos(turn), p * sine * std::sin(turn), p * cosine, mass / 2);
   const auto first = ROOT::Math::Boost(pair.BoostToCM()).Inverse()(inPair);

   Muons muons{{0, 0}, {0, 0}, {0, 0}, {0, 0}};
   const int charge = random.Uniform() < 0.5 ? 1 : -1;
   const bool same = !resonant && random.Uniform() < 0.2; // muons from two different decays
   for (int i = 0; i < 2; ++i) {
      const auto muon = i == 0 ? first : pair - first;
      const double resolution = 0.009 + 0.003 * muon.Eta() * muon.Eta();
      muons.fPt[i] = muon.Pt() * std::max(0.5, 1 + resolution * random.Gauss());
      muons.fEta[i] = muon.Eta();
      muons.fPhi[i] = muon.Phi();
      muons.fCharge[i] = i == 0 || same ? charge : -charge;
   }
   if (muons.fPt[0] < muons.fPt[1])
      for (auto *values : {&muons.fPt, &muons.fEta, &muons.fPhi})
         std::swap((*values)[0], (*values)[1]);
   return muons;
}

} // namespace rdf_live_demo
"""


def cache_folder() -> Path:
    """Where the events are kept: ``$XDG_CACHE_HOME/rdf_live``, or ``~/.cache/rdf_live``."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The specification says that a relative path there is to be ignored.
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "rdf_live"


def _path(entries: int) -> Path:
    digest = hashlib.sha256(f"{_CODE} {CLUSTER}".encode()).hexdigest()[:8]
    return cache_folder() / f"dimuon_{entries}_{digest}.root"


def is_there(entries: int = ENTRIES) -> bool:
    """Whether `event_file` will find it."""
    return _path(entries).is_file()


def event_file(entries: int = ENTRIES) -> Path:
    """The file of generated events, made now if it is not there yet (takes seconds).

    Parameters
    ----------
    entries : int
        Number of events.

    Returns
    -------
    Path
        A ROOT file with the tree `TREE`. Its name carries a digest of the generator: another one makes another file.
    """
    path = _path(entries)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, entries)
    return path


def write(path: Path, entries: int) -> None:
    """Generate events into a file. It appears when it is complete, even if several processes do this at once."""
    ROOT = root()
    if not hasattr(ROOT, "rdf_live_demo") and not ROOT.gInterpreter.Declare(_CODE):
        raise RuntimeError("the interpreter did not accept the generator of demo events; the lines above say why")
    options = ROOT.RDF.RSnapshotOptions()
    options.fAutoFlush = CLUSTER
    options.fCompressionAlgorithm = ROOT.RCompressionSetting.EAlgorithm.kLZ4
    options.fCompressionLevel = 1
    unfinished = path.with_name(f".{path.stem}-{uuid.uuid4().hex[:8]}.root")
    try:
        frame = ROOT.RDataFrame(entries).Define("event", "rdf_live_demo::Event(rdfentry_)").Define("nMuon", "2u")
        columns = ["nMuon"]
        for name in ("pt", "eta", "phi", "charge"):
            columns.append(f"Muon_{name}")
            frame = frame.Define(columns[-1], f"event.f{name.capitalize()}")
        frame.Snapshot(TREE, str(unfinished), columns, options)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
