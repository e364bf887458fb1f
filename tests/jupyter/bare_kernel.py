# SPDX-License-Identifier: BSD-3-Clause
"""A kernel without a Jupyter server, as VS Code or a plain front end has it."""

from __future__ import annotations

import json
import os
import queue
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

PATIENCE_S = 60.0


def until(condition: Callable[[], Any], what: str) -> Any:
    """Poll until the condition is true; gives what it gave."""
    end = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {PATIENCE_S:.0f} s for {what}"
        time.sleep(0.02)
    return value


class Kernel:
    """A kernel of the notebook at `path`, and a page that is connected to it."""

    def __init__(self, folder: Path, path: Path | None) -> None:
        self._folder = folder
        environment = os.environ | {
            "JUPYTER_PREFER_ENV_PATH": "1",
            "JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter"),
            "IPYTHONDIR": str(folder / "ipython"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "XDG_STATE_HOME": str(folder / "state"),
        }
        environment.pop("JPY_SESSION_NAME", None)
        if path is not None:
            environment["JPY_SESSION_NAME"] = str(path)
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(env=environment, cwd=str(folder))
        self._open()

    def _open(self) -> None:
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=PATIENCE_S)

    @property
    def pid(self) -> int:
        """Of its process."""
        return int(self._manager.provisioner.process.pid)

    @property
    def file(self) -> Path:
        """Its connection file."""
        return Path(self._manager.connection_file)

    def leave(self) -> None:
        """The page is closed."""
        self._client.stop_channels()

    def restart(self) -> None:
        """As the button of the page does."""
        self._manager.restart_kernel()
        self._client.stop_channels()
        self._open()

    def shut_down(self) -> None:
        """As the server does when the user asks for it."""
        self._manager.shutdown_kernel()

    def close(self) -> None:
        """The process ends; nothing of it stays."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()

    def start(self, code: str, cell: str | None = None) -> str:
        """Execute a cell as JupyterLab does; does not wait. Its message id."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = self._client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def run(self, code: str, cell: str | None = None) -> list[dict[str, Any]]:
        """Execute a cell and wait for its end: type and content of its messages."""
        id = self.start(code, cell)
        found = []
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                message = self._client.get_iopub_msg(timeout=0.2)
            except queue.Empty:
                continue
            if message["parent_header"].get("msg_id") == id:
                found.append({"type": message["msg_type"], **message["content"]})
                if message["content"].get("execution_state") == "idle":
                    return found
        raise AssertionError(f"the cell did not end: {found[-10:]}")

    def text(self, code: str, cell: str | None = None) -> str:
        """What a cell prints."""
        messages = self.run(code, cell)
        assert not [m for m in messages if m["type"] == "error"], messages
        return "".join(m["text"] for m in messages if m["type"] == "stream")

    def value(self, code: str) -> Any:
        """A value that JSON can hold. It is no output of a cell."""
        file = self._folder / f"{uuid.uuid4().hex}.json"
        assert not self.text(f"import json; print(json.dumps({code}), file=open({str(file)!r}, 'w'))", "value")
        return json.loads(file.read_text())


def alive(pid: int) -> bool:
    """Whether there is such a process, which has not ended yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
