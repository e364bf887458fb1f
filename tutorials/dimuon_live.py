# SPDX-License-Identifier: BSD-3-Clause
"""The dimuon mass spectrum, live: book, start, look while it fills, take the result.

Run it with ``python tutorials/dimuon_live.py``; it writes ``dimuon_live.png``.
"""

import ROOT

import rdf_live
from rdf_live.demo.dimuon import log_edges
from rdf_live.demo.generate import event_file
from rdf_live.view import picture, terminal


def main() -> None:
    # One worker process per core. On a cluster: rdf_live.connect("tcp://host:8786"), and all else stays as it is.
    client = rdf_live.connect("local")

    # Generated events in NanoAOD's layout; your own files go here. The one thing new in the next line is `executor`.
    df = ROOT.RDataFrame("Events", [str(event_file(1_000_000))] * 4, executor=client)
    pairs = (
        df.Filter("nMuon == 2 && Muon_charge[0] != Muon_charge[1]", "opposite charge")
        .Filter("All(Muon_pt > 3 && abs(Muon_eta) < 2.4)", "acceptance")
        .Define("mass", "InvariantMass(Muon_pt, Muon_eta, Muon_phi, ROOT::RVecF(2, 0.10566f))")
    )
    title = "Muon pairs of opposite charge;m_{#mu#mu} [GeV];pairs / bin"
    spectrum = pairs.Histo1D(("spectrum", title, 400, log_edges(0.3, 200, 400)), "mass")
    z = pairs.Histo1D(("Z", "Z;m_{#mu#mu} [GeV];pairs / 0.5 GeV", 80, 70, 110), "mass")
    count = pairs.Count()

    # Returns at once. From here on there is always a snapshot: all results at the same entries.
    run = rdf_live.start([spectrum, z, count], every=0.5)
    snapshot = run.snapshot()
    print(f"first look at {100 * snapshot.fraction:.1f} % of the data: {snapshot[count]:,} pairs, Z at", end=" ")
    print(f"{snapshot[z].GetMean():.2f} GeV")

    # The same in the terminal until the end; Ctrl-C stops the run and keeps what is there, as run.stop() does.
    terminal.watch(run)

    final = run.result()
    picture.save(final, "dimuon_live.png", [spectrum, z], title="Dimuons", rows=(1, 1))
    # The results themselves hold their values now, as if ROOT had run them.
    print(f"{count.GetValue():,} pairs; Z at {z.GetMean():.3f} +- {z.GetMeanError():.3f} GeV; see dimuon_live.png")
    client.shutdown()


# Worker processes import this file, and must not run it.
if __name__ == "__main__":
    main()
