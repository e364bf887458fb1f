# SPDX-License-Identifier: BSD-3-Clause
"""The dimuon analysis of the demo: mass spectrum, resonances, muon momenta, on every layout of muons it knows."""

from __future__ import annotations

import array
from collections.abc import Iterable
from typing import Any

from rdf_live.view.look import Look

__all__ = ["LAYOUTS", "LOOKS", "PEAKS", "ROWS", "book", "layout_of", "log_edges"]

_MUON_GEV = 0.1056584

#: Columns that a layout needs, the filter that leaves two muons, and the two muons as C++ vectors.
LAYOUTS: dict[str, tuple[tuple[str, ...], str | None, dict[str, str]]] = {
    "NanoAOD": (
        ("nMuon", "Muon_pt", "Muon_eta", "Muon_phi", "Muon_charge"),
        "nMuon >= 2",
        {
            "pt": "ROOT::RVecD{Muon_pt[0], Muon_pt[1]}",
            "eta": "ROOT::RVecD{Muon_eta[0], Muon_eta[1]}",
            "phi": "ROOT::RVecD{Muon_phi[0], Muon_phi[1]}",
            "charge": "int(Muon_charge[0] * Muon_charge[1])",
        },
    ),
    "flat": (
        ("pt1", "eta1", "phi1", "Q1", "pt2", "eta2", "phi2", "Q2"),
        None,
        {
            "pt": "ROOT::RVecD{double(pt1), double(pt2)}",
            "eta": "ROOT::RVecD{double(eta1), double(eta2)}",
            "phi": "ROOT::RVecD{double(phi1), double(phi2)}",
            "charge": "int(Q1 * Q2)",
        },
    ),
}

#: GeV, and their names in ROOT's LaTeX.
PEAKS = (
    (0.548, "#eta"),
    (0.78, "#rho, #omega"),
    (1.019, "#phi"),
    (3.097, "J/#psi"),
    (3.686, "#psi'"),
    (9.46, "#Upsilon"),
    (91.19, "Z"),
)
LOOKS = {
    "mass": Look(logx=True, logy=True, marks=PEAKS),
    "J/psi": Look(logy=False),
    "Upsilon": Look(logy=False),
    "Z": Look(logy=False),
    "muon pt": Look(logy=True),
}
#: The spectrum over the whole width, the others below it.
ROWS = (1, 4)


def layout_of(columns: Iterable[str]) -> str | None:
    """Which of `LAYOUTS` a dataset with these columns has, or None."""
    there = set(columns)
    return next((name for name, (needed, _, _) in LAYOUTS.items() if there.issuperset(needed)), None)


def log_edges(low: float, high: float, number: int) -> array.array[float]:
    """Edges of so many bins that are equally wide in the logarithm."""
    step = (high / low) ** (1 / number)
    return array.array("d", [low * step**i for i in range(number)] + [high])


def book(df: Any, layout: str) -> list[Any]:
    """Book the analysis. Nothing runs.

    Parameters
    ----------
    df : ROOT.RDataFrame
        Local or distributed.
    layout : str
        From `layout_of`.

    Returns
    -------
    list of results
        Histograms that are called as the keys of `LOOKS`, and the number of pairs.
    """
    _, cut, muons = LAYOUTS[layout]
    if cut is not None:
        df = df.Filter(cut, "two muons")
    for name, expression in muons.items():
        df = df.Define(f"dimuon_{name}", expression)
    pairs = (
        df.Filter("dimuon_charge < 0", "opposite charge")
        .Filter("All(dimuon_pt > 3 && abs(dimuon_eta) < 2.4)", "acceptance")
        .Define("muon_mass", f"ROOT::RVecD(2, {_MUON_GEV})")
        .Define("dimuon_mass", "ROOT::VecOps::InvariantMass(dimuon_pt, dimuon_eta, dimuon_phi, muon_mass)")
    )
    mass = "m_{#mu#mu} [GeV]"
    edges = log_edges(0.3, 200, 400)
    return [
        pairs.Histo1D(("mass", f"Muon pairs of opposite charge;{mass};pairs / bin", 400, edges), "dimuon_mass"),
        pairs.Histo1D(("J/psi", f"J/#psi and #psi';{mass};pairs / 10 MeV", 120, 2.8, 4.0), "dimuon_mass"),
        pairs.Histo1D(("Upsilon", f"#Upsilon(1S, 2S, 3S);{mass};pairs / 25 MeV", 120, 8.5, 11.5), "dimuon_mass"),
        pairs.Histo1D(("Z", f"Z;{mass};pairs / 0.5 GeV", 80, 70, 110), "dimuon_mass"),
        pairs.Histo1D(("muon pt", "Muons;p_{T} [GeV];muons / GeV", 100, 0, 100), "dimuon_pt"),
        pairs.Count(),
    ]
