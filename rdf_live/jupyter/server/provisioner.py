# SPDX-License-Identifier: BSD-3-Clause
"""Starts kernels that outlive the Jupyter server; to start one that lives already means to take it up again.

A kernelspec names it in its metadata: ``"kernel_provisioner": {"provisioner_name": "rdf-live-lasting"}``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from rdf_live.jupyter.server.lasting_record import Record

__all__ = ["LastingProvisioner"]

_NOT_KEPT = "rdf_live: the kernel %s ends with this server, as it cannot be written down where it is: %s"


class LastingProvisioner(LocalProvisioner):
    """As for every other kernel, but its process does not end with the server's."""

    parent: Any
    process: Any
    pid: Any
    _found: Record | None = None
    _recorder: Any = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Find out whether the kernel lives already."""
        record = Record.read(self.kernel_id)
        if record is None or not record.here or record.has_keeper or not record.alive:
            return await super().pre_launch(**kwargs)
        self._found = record
        for only_to_launch in ("extra_arguments", "transport_encryption"):
            kwargs.pop(only_to_launch, None)
        self.parent.load_connection_info(record.connection)
        self.connection_info = self.parent.get_connection_info()
        return await KernelProvisionerBase.pre_launch(self, cmd=[], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Launch it, or take it up."""
        found, self._found = self._found, None
        if found is not None and found.alive:
            found.kept().write()
            self.process = _Found(found)
            self.pid = found.pid
            self.pgid = os.getpgid(found.pid)
            return self.connection_info
        # A server that was started from a kernel has it.
        kwargs.get("env", {}).pop("JPY_PARENT_PID", None)
        # Whoever reads what the server prints waits until nobody can print there any more.
        apart = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        connection = await super().launch_kernel(cmd, **{**kwargs, **apart, "independent": True})
        written = json.loads(Path(self.parent.connection_file).read_text())
        try:
            record = Record.of(self.kernel_id, self.parent.kernel_name, self.pid, written)
            Record.remove(self.kernel_id)
            record.write()
            self._record(record)
        except OSError as error:
            self.log.warning(_NOT_KEPT, self.kernel_id, error)
        return connection

    def _record(self, record: Record) -> None:
        """Start the process that remembers what this one says."""
        place = record.said
        arguments = [str(self.parent.connection_file), str(record.pid), str(place)]
        self._recorder = subprocess.Popen(
            [sys.executable, "-m", "rdf_live.jupyter.server.recorder", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Not in the folder of the notebook, whose modules it would import.
            cwd=place.parent,
            start_new_session=True,
        )

    async def cleanup(self, restart: bool = False) -> None:
        """The kernel was shut down."""
        await super().cleanup(restart=restart)
        if not restart:
            Record.remove(self.kernel_id)


class _Found:
    """A process that another one has started, as if it was a child of this one."""

    stdin = stdout = stderr = None

    def __init__(self, record: Record) -> None:
        self._record = record
        self.pid = record.pid

    def poll(self) -> int | None:
        """None while it lives. Only a parent learns how it ended."""
        return None if self._record.alive else 0

    def wait(self) -> int:
        """It has ended already."""
        return 0

    def send_signal(self, number: int) -> None:
        """As that of a child."""
        if self._record.alive:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """As that of a child."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """As that of a child."""
        self.send_signal(signal.SIGKILL)
