# SPDX-License-Identifier: BSD-3-Clause
"""Check the contents of both kinds of wheel and use each: ``check_wheels.py FOLDER_PURE FOLDER_COMPILED``."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
#: Where pip unpacks what Jupyter looks for, below the prefix of the environment.
EXTENSION = "share/jupyter/labextensions/rdf-live/"
#: Enables the part of it that runs in the server.
SERVER = "etc/jupyter/jupyter_server_config.d/rdf_live.json"
#: The kernel that outlives the server, and what starts it.
KERNEL, PROVISIONER = "share/jupyter/kernels/rdf-live-lasting/", "rdf-live-lasting"
LIBRARY = ("librdf_live.so", "librdf_live_rdict.pcm", "librdf_live.rootmap", "rdf_live.json")
# Run with -S: site would put the checkout, installed as editable, before the wheel.
USE = """
import sys
sys.path[1:1] = sys.argv[1:3]
import rdf_live
from rdf_live._root import cpp, root
assert rdf_live.__file__.startswith(sys.argv[1]), f"got {rdf_live.__file__}, expected it in {sys.argv[1]}"
from rdf_live.worker.frames import Monitor, final_frame
frame = root().RDataFrame(100).Define("x", "0.1 * rdfentry_")
histogram, mean = frame.Histo1D(("h", "", 10, 0, 10), "x", "x"), frame.Mean("x")
graph = cpp().TaskGraph.Create()
graph.Add(histogram, "TH1D")
graph.Add(mean, "Mean")
graph.SetNode(root().RDF.AsRNode(frame))
monitor = Monitor(0.5, -1, True)
graph.Run(monitor.shared)
graph.Finish(monitor.shared)
found = memoryview(final_frame(graph).values).cast("d")
local = histogram.GetValue()
bins = [local.GetBinContent(i) for i in range(12)]
assert len(found) == graph.Length() and found[-1] == 100 and found[-2] == mean.GetValue() * 100, list(found)
assert any(found[i : i + 12].tolist() == bins for i in range(len(found) - 12)), (list(found), bins)
loaded = "librdf_live" in root().gSystem.GetLibraries()
assert loaded == (sys.argv[3] == "compiled"), f"got library loaded: {loaded} from the {sys.argv[3]} wheel"
"""


def check_extension(archive: zipfile.ZipFile) -> None:
    """Check that the wheel carries the notebook extension as Jupyter loads it, and none of its sources."""
    name = Path(str(archive.filename)).name
    shipped = {path.split(".data/data/")[1]: path for path in archive.namelist() if ".data/data/" in path}
    strange = [path for path in shipped if not path.startswith((EXTENSION, KERNEL)) and path != SERVER]
    sources = [p for p in archive.namelist() if "node_modules" in p or p.endswith((".ts", ".tsbuildinfo"))]
    if strange or sources:
        sys.exit(f"got {[*strange, *sources][:5]} in {name}, expected only the built extension beside the package")
    for wanted in ("package.json", "install.json"):
        if EXTENSION + wanted not in shipped:
            sys.exit(f"got no {EXTENSION}{wanted} in {name}, expected the notebook extension")
    package = json.loads(archive.read(shipped[EXTENSION + "package.json"]))
    entry = EXTENSION + package["jupyterlab"]["_build"]["load"]
    if entry not in shipped:
        sys.exit(f"got no {entry} in {name}, expected the file that the extension's package.json names")
    version = name.split("-")[1]
    if package["version"] != version:
        sys.exit(f"got the extension in version {package['version']}, expected {version}: labextension/package.json")
    json.loads(archive.read(shipped[EXTENSION + "install.json"]))
    enabled = json.loads(archive.read(shipped[SERVER]))["ServerApp"]["jpserver_extensions"] if SERVER in shipped else {}
    if enabled != {"rdf_live.jupyter": True}:
        sys.exit(f"got {enabled} in {SERVER} of {name}, expected rdf_live.jupyter enabled")
    spec = KERNEL + "kernel.json"
    metadata = json.loads(archive.read(shipped[spec]))["metadata"] if spec in shipped else {}
    (entry_points,) = (path for path in archive.namelist() if path.endswith(".dist-info/entry_points.txt"))
    named = metadata.get("kernel_provisioner", {}).get("provisioner_name")
    if named != PROVISIONER or f"{PROVISIONER} = " not in archive.read(entry_points).decode():
        sys.exit(f"got the provisioner {named} in {spec} of {name}, expected {PROVISIONER}, and its entry point")


def check_requirements(archive: zipfile.ZipFile) -> None:
    """Check that ROOT is an extra: in a conda environment pip would put its own over that of conda-forge."""
    (metadata,) = (path for path in archive.namelist() if path.endswith(".dist-info/METADATA"))
    lines = [line for line in archive.read(metadata).decode().splitlines() if line.startswith("Requires-Dist: ")]
    root = [line for line in lines if line.split()[1].lower().split(">")[0].split("=")[0] == "root"]
    if not root or not all("extra ==" in line for line in root):
        sys.exit(f"got {root} in {archive.filename}, expected ROOT as an extra and nowhere else")


def check(kind: str, folder: str, tag: str) -> None:
    """Check the only wheel in `folder`; `tag` starts the part of its name after the version."""
    (wheel,) = Path(folder).glob("*.whl")
    if not wheel.stem.split("-", 2)[2].startswith(tag):
        sys.exit(f"got {wheel.name}, expected the tag {tag}")
    headers = [header.name for header in (REPOSITORY / "cpp/include/rdf_live").glob("*.hxx")]
    library = {f"rdf_live/lib/{name}" for name in LIBRARY}
    wanted = {"rdf_live/__init__.py", "rdf_live/py.typed", "rdf_live/view/panel.v1.schema.json"}
    wanted |= {str(path.relative_to(REPOSITORY)) for path in REPOSITORY.glob("rdf_live/cluster/profiles/*.yaml")}
    wanted |= {f"rdf_live/cpp/include/rdf_live/{header}" for header in headers}
    wanted |= library if kind == "compiled" else set()
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as site:
        missing = sorted(wanted - set(archive.namelist()))
        if missing or not headers:
            sys.exit(f"got {wheel.name} without {missing}, expected these and some headers")
        extra = [name for name in archive.namelist() if "/lib/" in name or name.endswith((".so", ".pcm"))]
        if kind == "pure" and extra:
            sys.exit(f"got {extra} in {wheel.name}, expected no compiled files in a pure wheel")
        check_extension(archive)
        check_requirements(archive)
        archive.extractall(site)
        # As in site-packages, where ROOT's wheel lies beside ours and the run path of the library finds it.
        platlib = Path(sysconfig.get_path("platlib"))
        for name in ("ROOT", "root.libs"):
            if (platlib / name).is_dir():
                (Path(site) / name).symlink_to(platlib / name)
        use = [sys.executable, "-S", "-W", "ignore", "-c", USE, site, str(platlib), kind]
        subprocess.run(use, check=True, cwd=site)
    print(f"{wheel.name}: {len(headers)} headers, the notebook extension, {kind}, works")


if __name__ == "__main__":
    check("pure", sys.argv[1], "py3-none-any")
    check("compiled", sys.argv[2], "py3-none-linux")
