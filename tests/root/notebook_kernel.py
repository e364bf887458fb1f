# SPDX-License-Identifier: BSD-3-Clause
"""A real kernel, talked to as a notebook page does."""

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

import jsonschema
from jupyter_client.manager import KernelManager

import rdf_live

MIME = "application/vnd.rdf-live.v1+json"
SCHEMA = json.loads((Path(rdf_live.__file__).parent / "view" / "panel.v1.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
_PATIENCE_S = 120.0


def check(frame: dict[str, Any]) -> dict[str, Any]:
    """A frame, if it is one."""
    VALIDATOR.validate(frame)
    return frame


class Kernel:
    """Keeps every message on iopub, in order."""

    def __init__(self, folder: Path) -> None:
        environment = os.environ | {
            "JUPYTER_PREFER_ENV_PATH": "1",
            "JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter"),
            "IPYTHONDIR": str(folder / "ipython"),
        }
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(env=environment, cwd=str(folder))
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=_PATIENCE_S)
        self.messages: list[dict[str, Any]] = []

    def close(self) -> None:
        """The process ends; nothing of it stays."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()

    def interrupt(self) -> None:
        """As the button of the page does."""
        self._manager.interrupt_kernel()

    def start(self, code: str) -> str:
        """Execute a cell; does not wait. Its id."""
        self.messages.clear()
        return str(self._client.execute(code))

    def run(self, code: str) -> list[dict[str, Any]]:
        """Execute a cell and wait for its end; its messages, and those that came meanwhile."""
        cell = self.start(code)
        self.until(lambda: self.is_done(cell))
        self.no_error()
        return self.messages

    def value(self, code: str) -> str:
        """What a cell shows as its result."""
        results = [m["content"]["data"]["text/plain"] for m in self.run(code) if m["msg_type"] == "execute_result"]
        return str(results[-1])

    def until(self, condition: Callable[[], Any]) -> Any:
        """Collect messages until something is true of them."""
        end = time.monotonic() + _PATIENCE_S
        while not (found := condition()):
            assert time.monotonic() < end, [(m["msg_type"], m["content"].get("text")) for m in self.messages[-20:]]
            try:
                self.messages.append(self._client.get_iopub_msg(timeout=0.2))
            except queue.Empty:
                continue
        return found

    def no_error(self) -> None:
        """No cell raised."""
        errors = ["\n".join(m["content"]["traceback"]) for m in self.messages if m["msg_type"] == "error"]
        assert not errors, errors[0]

    def is_done(self, cell: str) -> bool:
        """Whether a cell has ended."""
        return any(
            m["msg_type"] == "status"
            and m["content"]["execution_state"] == "idle"
            and m["parent_header"].get("msg_id") == cell
            for m in self.messages
        )

    def bundles(self, kind: str = "") -> list[dict[str, Any]]:
        """Bundles of panels that have come, in order."""
        return [
            m["content"]["data"]
            for m in self.messages
            if m["msg_type"] in ("display_data", "update_display_data")
            and MIME in m["content"]["data"]
            and m["msg_type"].startswith(kind)
        ]

    def frames(self) -> list[dict[str, Any]]:
        """Frames that have come, in order; each of them is valid."""
        return [check(bundle[MIME]) for bundle in self.bundles()]

    def last_frame(self) -> dict[str, Any]:
        """Wait for the end of the panel."""
        self.until(lambda: self.frames() and self.frames()[-1]["final"])
        return self.frames()[-1]

    def subshell(self) -> str:
        """A new one."""
        self._client.control_channel.send(self._client.session.msg("create_subshell_request"))
        return str(self._client.get_control_msg(timeout=_PATIENCE_S)["content"]["subshell_id"])


class Comm:
    """The page's end of a comm."""

    def __init__(self, kernel: Kernel, frame: dict[str, Any], subshell: str | None = None) -> None:
        self.kernel = kernel
        self.id = uuid.uuid4().hex
        self._subshell = subshell
        data = {"panel": frame["panel"], "run": frame["run"]["id"]}
        self._send("comm_open", target_name="rdf_live.panel", data=data)

    def send(self, **data: Any) -> None:
        """A message."""
        self._send("comm_msg", data=data)

    def close(self) -> None:
        """The page is gone."""
        self._send("comm_close", data={})

    def answer(self) -> dict[str, Any]:
        """The last one, waited for."""

        def found() -> list[dict[str, Any]]:
            return [
                m["content"]["data"]
                for m in self.kernel.messages
                if m["msg_type"] == "comm_msg" and m["content"]["comm_id"] == self.id
            ]

        return dict(self.kernel.until(found)[-1])

    def _send(self, kind: str, **content: Any) -> None:
        client = self.kernel._client
        message = client.session.msg(kind, {"comm_id": self.id, **content})
        if self._subshell is not None:
            message["header"]["subshell_id"] = self._subshell
        client.shell_channel.send(message)
