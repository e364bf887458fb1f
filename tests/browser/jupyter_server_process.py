# SPDX-License-Identifier: BSD-3-Clause
"""A real Jupyter server for tests, which knows nothing of the user's settings and asks nobody for news."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

#: Where `make labextension` puts it.
EXTENSION = Path(sys.prefix) / "share/jupyter/labextensions/rdf-live"
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    # Its dialogs would cover what is tested.
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    "@jupyterlab/completer-extension:manager": {"autoCompletion": False},
}


class JupyterServer:
    """JupyterLab and Notebook 7 on a free port; the notebooks lie in `folder`.

    Parameters
    ----------
    folder : Path
        An empty folder for notebooks, configuration and everything else that the server writes.
    extension : bool
        False starts it as on a machine where rdf_live is not installed.
    beside : Path, optional
        Where ``pip install --target`` has put other extensions of Jupyter, which this server has too.
    """

    def __init__(self, folder: Path, *, extension: bool = True, beside: Path | None = None) -> None:
        self.notebooks = folder / "notebooks"
        self.log = folder / "server.log"
        self.token = secrets.token_hex(16)
        config = folder / "config" / "labconfig"
        for made in (self.notebooks, config):
            made.mkdir(parents=True)
        (config / "default_setting_overrides.json").write_text(json.dumps(SETTINGS))
        if not extension:
            (config / "page_config.json").write_text(json.dumps({"disabledExtensions": {"rdf-live": True}}))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        own = {name: str(folder / name.lower()) for name in ("HOME", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
        own |= {name: str(folder / name.lower()) for name in ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")}
        own |= {"JUPYTER_CONFIG_DIR": str(config.parent), "IPYTHONDIR": str(folder / "ipython")}
        # The kernel must be the environment that is tested, whatever kernels this machine has.
        own |= {"JUPYTER_PREFER_ENV_PATH": "1", "JUPYTER_TOKEN": self.token}
        # A copy, which is looked for first: a build that goes on meanwhile would take files away.
        shutil.copytree(EXTENSION, folder / "share" / "labextensions" / "rdf-live")
        own |= {"JUPYTER_PATH": str(folder / "share")}
        if beside is not None:
            own |= {"PYTHONPATH": str(beside), "JUPYTER_PATH": f"{folder / 'share'}:{beside / 'share/jupyter'}"}
        inherited = {name: value for name, value in os.environ.items() if name != "JUPYTER_CONFIG_PATH"}
        if beside is not None:
            own |= {"JUPYTER_CONFIG_PATH": str(beside / "etc/jupyter")}
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={self.port}"]
        command += ["--ServerApp.port_retries=0", f"--ServerApp.root_dir={self.notebooks}", "--LabApp.news_url=None"]
        command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
        self._how: dict[str, Any] = {"args": command, "env": inherited | own, "cwd": folder}
        self._start()

    def _start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(**self._how, stdout=log, stderr=log)
        self._wait_until_it_answers()

    def again(self, how: signal.Signals, away_s: float = 0.0) -> None:
        """End the server by a signal and start it anew, at the same address."""
        self._process.send_signal(how)
        self._process.wait(30)
        time.sleep(away_s)
        self._start()

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                self.ask("GET", "api/status")
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.close()
                    raise RuntimeError(f"the Jupyter server does not start:\n{self.log.read_text()}") from None
                time.sleep(0.1)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the server's REST interface."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/{path}", data, method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=20) as reply:
            text = reply.read()
        return json.loads(text) if text else None

    def end_kernels(self) -> None:
        """End every kernel, so that nothing of a test goes on in the next one."""
        for session in self.ask("GET", "api/sessions"):
            self.ask("DELETE", f"api/sessions/{session['id']}")

    def close(self) -> None:
        """End the server and its kernels."""
        if self._process.poll() is None:
            self.end_kernels()
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
