# SPDX-License-Identifier: BSD-3-Clause
"""A neural network inside a Define, on every event of a dataset, live.

The network learns to tell the mass of a muon pair from momenta and angles, which is a formula: so everybody sees
whether it has learned. It is trained here with numpy, and becomes a C++ header that the workers compile.

Run it with ``python tutorials/ml_in_define.py``; it writes ``ml_in_define.png``.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
import ROOT

import rdf_live
from rdf_live.demo.generate import event_file
from rdf_live.view import picture, terminal
from rdf_live.view.look import Look

#: What the network sees of a pair, and what it is to say.
INPUTS = (
    "log(Muon_pt[0])",
    "log(Muon_pt[1])",
    "abs(Muon_eta[0] - Muon_eta[1])",
    "abs(ROOT::VecOps::DeltaPhi(Muon_phi[0], Muon_phi[1]))",
)
MASS = "InvariantMass(Muon_pt, Muon_eta, Muon_phi, ROOT::RVecF(2, 0.10566f))"


def select(df):
    """The pairs of opposite charge, and the columns of the network's training."""
    pairs = df.Filter("nMuon == 2 && Muon_charge[0] != Muon_charge[1] && All(Muon_pt > 3 && abs(Muon_eta) < 2.4)")
    for i, expression in enumerate(INPUTS):
        pairs = pairs.Define(f"input{i}", f"float({expression})")
    return pairs.Define("mass", f"float({MASS})")


def train(x, y, hidden=16, steps=1500, batch=512):
    """Layers (weights, biases) of a network with two hidden layers; plain numpy, about two seconds."""
    rng = np.random.default_rng(1)
    sizes = [x.shape[1], hidden, hidden, 1]
    layers = [[rng.normal(0, a**-0.5, (b, a)), np.zeros(b)] for a, b in pairwise(sizes)]
    moments = [[np.zeros_like(p) for p in layer] + [np.zeros_like(p) for p in layer] for layer in layers]
    for step in range(1, steps + 1):
        chosen = rng.integers(len(x), size=batch)
        values = [x[chosen]]
        for i, (weights, biases) in enumerate(layers):
            z = values[-1] @ weights.T + biases
            values.append(z if i == len(layers) - 1 else np.tanh(z))
        slope = 2 * (values[-1] - y[chosen, None]) / batch
        for i in reversed(range(len(layers))):
            gradients = slope.T @ values[i], slope.sum(axis=0)
            slope = (slope @ layers[i][0]) * (1 - values[i] ** 2)
            for k, gradient in enumerate(gradients):  # the steps of Adam
                moments[i][k] += 0.1 * (gradient - moments[i][k])
                moments[i][k + 2] += 0.001 * (gradient**2 - moments[i][k + 2])
                mean, square = moments[i][k] / (1 - 0.9**step), moments[i][k + 2] / (1 - 0.999**step)
                layers[i][k] -= 0.01 * (1 - step / steps) * mean / (np.sqrt(square) + 1e-8)
    return layers


def header(layers, mean, width):
    """The network as C++. With a GPU, this is where a library would be called: once per event or, better, per batch."""

    def numbers(values):
        return ", ".join(f"{value:.8g}f" for value in np.ravel(values))

    code = ["#pragma once", "#include <cmath>", "namespace ml_in_define {"]
    code += [
        """
template <int Out, int In>
void Dense(const float (&weights)[Out][In], const float (&biases)[Out], const float (&in)[In], float (&out)[Out])
{
   for (int i = 0; i < Out; ++i) {
      out[i] = biases[i];
      for (int j = 0; j < In; ++j)
         out[i] += weights[i][j] * in[j];
   }
}
"""
    ]
    for i, (weights, biases) in enumerate(layers):
        rows = ",\n   ".join("{" + numbers(row) + "}" for row in weights)
        code.append(f"inline const float kWeights{i}[{len(weights)}][{len(weights[0])}] = {{\n   {rows}}};")
        code.append(f"inline const float kBiases{i}[{len(biases)}] = {{{numbers(biases)}}};")
    arguments = ", ".join(f"float x{i}" for i in range(len(mean)))
    scaled = ", ".join(f"(x{i} - {m:.8g}f) / {w:.8g}f" for i, (m, w) in enumerate(zip(mean, width, strict=True)))
    code.append(f"inline float Mass({arguments})\n{{\n   const float layer0[] = {{{scaled}}};")
    for i, (weights, _) in enumerate(layers):
        code.append(f"   float layer{i + 1}[{len(weights)}];")
        code.append(f"   Dense(kWeights{i}, kBiases{i}, layer{i}, layer{i + 1});")
        if i < len(layers) - 1:
            code.append(f"   for (auto &value : layer{i + 1})\n      value = std::tanh(value);")
    code.append(f"   return std::exp(layer{len(layers)}[0]);\n}}\n}} // namespace ml_in_define\n")
    return "\n".join(code)


def main() -> None:
    # Generated events in NanoAOD's layout; your own files go here.
    file = str(event_file(1_000_000))

    # A few events are enough to learn from: local ROOT reads them into numpy arrays.
    names = [f"input{i}" for i in range(len(INPUTS))]
    sample = select(ROOT.RDataFrame("Events", file).Range(40_000)).AsNumpy([*names, "mass"])
    x = np.stack([sample[name] for name in names], axis=1).astype(float)
    mean, width = x.mean(axis=0), x.std(axis=0)
    layers = train((x - mean) / width, np.log(sample["mass"].astype(float)))
    path = Path("ml_in_define.hxx").absolute()
    path.write_text(header(layers, mean, width))

    # One worker process per core; on a cluster: rdf_live.connect("naf"), and all else stays as it is. Where the code
    # needs a GPU: connect(..., gpus=1), and below start(..., gpus=1), so that each range gets one.
    client = rdf_live.connect("local")
    ROOT.RDF.Distributed.DistributeHeaders([str(path)])  # compiled here, and on each worker

    pairs = select(ROOT.RDataFrame("Events", file, executor=client))
    pairs = pairs.Define("learned", f"ml_in_define::Mass({', '.join(names)})").Define("ratio", "learned / mass")
    true = pairs.Histo1D(("true", "By the formula;m_{#mu#mu} [GeV];pairs / GeV", 80, 60, 140), "mass")
    learned = pairs.Histo1D(("learned", "By the network;m_{#mu#mu} [GeV];pairs / GeV", 80, 60, 140), "learned")
    ratio = pairs.Histo1D(("ratio", "Network / formula;ratio;pairs", 100, 0.5, 1.5), "ratio")

    run = rdf_live.start([true, learned, ratio], every=0.5)
    terminal.watch(run)
    final = run.result()
    linear = {"true": Look(logy=False), "learned": Look(logy=False)}
    how = {"title": "A network in a Define", "looks": linear, "rows": (2, 1)}
    picture.save(final, "ml_in_define.png", [true, learned, ratio], **how)
    print(f"{ratio.GetEntries():,.0f} pairs; network / formula is {ratio.GetMean():.3f} +- {ratio.GetStdDev():.3f}")
    client.shutdown()


# Worker processes import this file, and must not run it.
if __name__ == "__main__":
    main()
