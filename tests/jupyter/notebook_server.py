# SPDX-License-Identifier: BSD-3-Clause
"""A real Jupyter server, and what a page does with it: without a browser."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import websocket

#: Seconds that only a test that fails waits for.
PATIENCE_S = 60
V1 = "v1.kernel.websocket.jupyter.org"


def until(condition: Callable[[], Any], what: str = "", timeout: float = PATIENCE_S) -> Any:
    """Wait until `condition()` is true, and give its value."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {timeout} s: {what or condition}"
        time.sleep(0.05)
    return value


class NotebookServer:
    """A server with our extension (or without), which can be stopped, killed and started again in the same folder."""

    def __init__(self, folder: Path, *options: str, extension: bool = True) -> None:
        self.folder = folder
        self.notebooks = folder / "notebooks"
        self.notebooks.mkdir(parents=True)
        self.log = folder / "server.log"
        self.token = secrets.token_hex(16)
        self._options = options
        self._extension = extension
        self.start()

    @property
    def journals(self) -> Path:
        """Where the journals lie."""
        (place,) = (self.folder / "jupyter_data_dir" / "rdf_live" / "journal").iterdir()
        return place

    def start(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        names = ("HOME", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR")
        own = {name: str(self.folder / name.lower()) for name in names}
        own |= {"JUPYTER_PREFER_ENV_PATH": "1", "JUPYTER_TOKEN": self.token}
        inherited = {name: value for name, value in os.environ.items() if name != "JUPYTER_CONFIG_PATH"}
        extensions = {"rdf_live.jupyter": self._extension, "jupyterlab": False, "notebook": False, "jupyter_lsp": False}
        command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={self.port}"]
        command += ["--ServerApp.port_retries=0", f"--ServerApp.root_dir={self.notebooks}"]
        command += [f"--ServerApp.jpserver_extensions={extensions}", *self._options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=inherited | own, cwd=self.folder, stdout=log, stderr=log)
        until(self._answers, "the server answers")

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with contextlib.suppress(OSError):
            self.ask("GET", "api/status")
            return True
        return False

    def ask(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Any:
        """Ask the server's REST interface."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/{path}", data, method=method)
        request.add_header("Authorization", f"token {self.token if token is None else token}")
        with urllib.request.urlopen(request, timeout=20) as reply:
            text = reply.read()
        return json.loads(text) if text else None

    def journal(self, path: str) -> dict[str, dict[str, Any]]:
        """The executions of a notebook, by cell."""
        try:
            snapshot = self.ask("GET", f"rdf-live/api/journal?path={path}")
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return {}
        return {one["cell"]: one for one in snapshot["executions"]}

    def states(self, path: str) -> dict[str, str]:
        """The state of each cell's execution."""
        return {cell: one["state"] for cell, one in self.journal(path).items()}

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """End the server; seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(PATIENCE_S)
        return time.monotonic() - began

    def close(self) -> None:
        if self.process.poll() is None:
            for session in self.ask("GET", "api/sessions"):
                with contextlib.suppress(OSError):
                    self.ask("DELETE", f"api/sessions/{session['id']}")
            self.stop()


class Notebook:
    """A notebook on disk, with a kernel. Its cells have the ids c0, c1 and so on."""

    def __init__(self, server: NotebookServer, name: str, sources: list[str], kernel: str = "python3") -> None:
        self.server = server
        self.path = f"{name}.ipynb"
        cells = [nbformat.v4.new_code_cell(source, id=f"c{index}") for index, source in enumerate(sources)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), self.file)
        session = {"path": self.path, "name": name, "type": "notebook", "kernel": {"name": kernel}}
        made = server.ask("POST", "api/sessions", session)
        self.session, self.kernel = made["id"], made["kernel"]["id"]
        self.sockets: list[websocket.WebSocket] = []

    def close(self) -> None:
        """Close what the test left open, and end the kernel."""
        for left in self.sockets:
            left.shutdown()
        if self.server.process.poll() is None:
            with contextlib.suppress(OSError):
                self.server.ask("DELETE", f"api/sessions/{self.session}")

    @property
    def file(self) -> Path:
        return self.server.notebooks / self.path

    def cells(self) -> list[Any]:
        """The cells as they are on disk."""
        # The server does not put a file in place of another: for a moment it may be cut off.
        text = until(lambda: (read := self.file.read_text()).endswith("}\n") and read, "the file is whole")
        notebook = nbformat.reads(text, 4)
        nbformat.validate(notebook)
        return list(notebook.cells)

    def text(self, index: int) -> str:
        """What the streams of a cell are on disk."""
        return "".join(out.text for out in self.cells()[index].outputs if out.output_type == "stream")

    def journal(self) -> dict[str, dict[str, Any]]:
        return self.server.journal(self.path)

    def state(self, cell: str) -> str | None:
        return self.server.states(self.path).get(cell)

    def save(self, change: Callable[[Any], None] = lambda notebook: None) -> None:
        """Save as a page does, after `change(notebook)`."""
        notebook = nbformat.read(self.file, 4)
        change(notebook)
        self.server.ask("PUT", f"api/contents/{self.path}", {"type": "notebook", "format": "json", "content": notebook})

    def shell_port(self) -> int:
        """The port where the kernel takes requests."""
        (connection,) = (self.server.folder / "jupyter_runtime_dir").glob(f"kernel-{self.kernel}.json")
        return int(json.loads(connection.read_text())["shell_port"])

    def kernel_pid(self, page: KernelPage) -> int:
        """Process id of the kernel."""
        return int(page.wait(page.execute("pid", "import os; print(os.getpid())")))


class KernelPage:
    """What a page has of a kernel: the websocket that carries all channels."""

    def __init__(self, notebook: Notebook, *, protocol: str | None = V1, session: str | None = None) -> None:
        self.notebook = notebook
        self.session = session or str(uuid.uuid4())
        self.sources = {f"c{index}": cell.source for index, cell in enumerate(notebook.cells())}
        server = notebook.server
        self._v1 = protocol == V1
        self.socket = websocket.create_connection(
            f"ws://127.0.0.1:{server.port}/api/kernels/{notebook.kernel}/channels?session_id={self.session}",
            header=[f"Authorization: token {server.token}"],
            subprotocols=[protocol] if protocol else [],
            timeout=PATIENCE_S,
        )
        notebook.sockets.append(self.socket)
        #: What it answers when the kernel asks.
        self.answers: str | None = None
        self._ended: set[str] = set()
        self._text: dict[str, str] = {}

    def execute(self, cell: str, code: str | None = None) -> str:
        """Run a cell; gives the id of the request."""
        id = str(uuid.uuid4())
        header = {
            "msg_id": id,
            "session": self.session,
            "msg_type": "execute_request",
            "username": "",
            "version": "5.3",
        }
        code = self.sources[cell] if code is None else code
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": True, "stop_on_error": True}
        parts = [header, {}, {"cellId": cell, "deletedCells": []}, content]
        self._send("shell", parts)
        return id

    def _send(self, channel: str, parts: list[Any]) -> None:
        if self._v1:
            self.socket.send_binary(_packed(channel, parts))
        else:
            names = ("header", "parent_header", "metadata", "content")
            self.socket.send(json.dumps({**dict(zip(names, parts, strict=True)), "channel": channel, "buffers": []}))

    def reply(self, value: str) -> None:
        """Answer what the kernel asks."""
        header = {"msg_id": str(uuid.uuid4()), "session": self.session, "msg_type": "input_reply", "version": "5.3"}
        self._send("stdin", [header | {"username": ""}, {}, {}, {"value": value}])

    def receive(self) -> None:
        """Take one message, if one comes soon."""
        self.socket.settimeout(1)
        try:
            received = self.socket.recv()
        except websocket.WebSocketTimeoutException:
            return
        if isinstance(received, bytes):
            channel, (header, parent, _, content) = _unpacked(received)
        else:
            message = json.loads(received)
            channel, header = message["channel"], message["header"]
            parent, content = message["parent_header"], message["content"]
        id = parent.get("msg_id", "")
        if header["msg_type"] == "input_request" and self.answers is not None:
            self.reply(self.answers)
        if channel == "iopub" and header["msg_type"] == "status" and content["execution_state"] == "idle":
            self._ended.add(id)
        if header["msg_type"] == "stream":
            self._text[id] = self._text.get(id, "") + content["text"]

    def text(self, id: str) -> str:
        """What an execution has printed so far."""
        return self._text.get(id, "")

    def wait(self, id: str) -> str:
        """Wait for the end of an execution; what it printed."""
        deadline = time.monotonic() + PATIENCE_S
        while id not in self._ended:
            assert time.monotonic() < deadline, f"not within {PATIENCE_S} s: the end of {id}, {self.notebook.journal()}"
            self.receive()
        return self.text(id)

    def run(self, cell: str) -> str:
        return self.wait(self.execute(cell))

    def close(self) -> None:
        """As a browser closes a tab."""
        self.socket.close(status=1001, timeout=5)

    def vanish(self) -> None:
        """As a machine that loses its network."""
        self.socket.sock.shutdown(socket.SHUT_RDWR)
        self.socket.sock.close()


class Follower:
    """What a page has of the journal."""

    def __init__(self, notebook: Notebook, session: str | None = None) -> None:
        server = notebook.server
        self.session = session or str(uuid.uuid4())
        self.socket = websocket.create_connection(
            f"ws://127.0.0.1:{server.port}/rdf-live/api/journal/follow?path={notebook.path}&session={self.session}",
            header=[f"Authorization: token {server.token}"],
            timeout=PATIENCE_S,
        )
        notebook.sockets.append(self.socket)
        self.heard: list[dict[str, Any]] = []

    def until(self, condition: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """Take messages until one fulfils the condition."""
        while True:
            self.heard.append(json.loads(self.socket.recv()))
            if condition(self.heard[-1]):
                return self.heard[-1]

    def say(self, what: dict[str, Any]) -> None:
        self.socket.send(json.dumps(what))

    def close(self) -> None:
        self.socket.close(status=1001, timeout=5)


def _packed(channel: str, parts: list[Any]) -> bytes:
    """A message in the form that JupyterLab uses: offsets of the parts, then the parts."""
    sent = [channel.encode(), *(json.dumps(part).encode() for part in parts)]
    offset = 8 * (len(sent) + 2)
    offsets = [offset]
    for part in sent:
        offset += len(part)
        offsets.append(offset)
    return b"".join(number.to_bytes(8, "little") for number in [len(offsets), *offsets]) + b"".join(sent)


def _unpacked(received: bytes) -> tuple[str, list[Any]]:
    count = int.from_bytes(received[:8], "little")
    offsets = [int.from_bytes(received[8 * (i + 1) : 8 * (i + 2)], "little") for i in range(count)]
    parts = [received[begin:end] for begin, end in itertools.pairwise(offsets)]
    return parts[0].decode(), [json.loads(part) for part in parts[1:5]]
