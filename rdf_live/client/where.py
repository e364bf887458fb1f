# SPDX-License-Identifier: BSD-3-Clause
"""Where code runs that the user has asked for: which notebook or script, cell, kernel, machine.

IPython and ipykernel are no dependencies: they are there when this process is a kernel.
"""

from __future__ import annotations

import getpass
import os
import re
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Where", "connection_file", "here", "parent", "same_notebook", "shell", "state_folder"]


@dataclass(frozen=True)
class Where:
    """A place that a run was started from.

    Attributes
    ----------
    notebook : str or None
        Full path of the notebook, or of the script; None in a terminal, or where the front end does not tell.
    cell : str or None
        Id of the cell that is executed now.
    kernel : str or None
        Id of the kernel.
    execution : str or None
        Message id of the request that is executed now.
    host, user : str
        Machine, and account on it.
    """

    notebook: str | None
    cell: str | None
    kernel: str | None
    execution: str | None
    host: str
    user: str


def here() -> Where:
    """Where this is. It never raises: what cannot be found out is None."""
    request = parent()
    return Where(
        notebook=_notebook(),
        cell=_text(request, "metadata", "cellId"),
        kernel=_kernel_id(connection_file()),
        execution=_text(request, "header", "msg_id"),
        host=socket.gethostname(),
        user=_user(),
    )


def same_notebook(one: str | None, other: str | None) -> bool:
    """Whether both are the same file, as seen from this machine."""
    return bool(one and other) and (one == other or os.path.realpath(str(one)) == os.path.realpath(str(other)))


def state_folder() -> Path:
    """Where this package keeps what is to outlive a process."""
    # Relative paths are no business of ours, says the standard of XDG.
    base = os.environ.get("XDG_STATE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path("~/.local/state").expanduser()) / "rdf_live"


def shell() -> Any:
    """IPython's shell of this process, or None."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def parent() -> dict[str, Any]:
    """The execute request that the kernel works on now; empty where there is none."""
    try:
        found = shell().kernel.get_parent()
    except Exception:  # no kernel, or one of another make
        return {}
    return found if isinstance(found, dict) else {}


def connection_file() -> Path | None:
    """The file that says how to talk to this kernel, or None."""
    application = sys.modules.get("ipykernel.kernelapp")
    try:
        return Path(application.IPKernelApp.instance().abs_connection_file)  # type: ignore[union-attr]
    except Exception:  # no kernel, or one of another make
        return None


def _kernel_id(path: Path | None) -> str | None:
    """Jupyter names the file after the kernel: ``kernel-<id>.json``."""
    return None if path is None else re.sub(r"^kernel-", "", path.stem)


def _notebook() -> str | None:
    space = getattr(shell(), "user_ns", {})
    # VS Code tells in a variable. Jupyter's server tells when it starts a kernel, with the name that the file had then.
    told = space.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
    if getattr(shell(), "kernel", None) is None:
        # A script that a notebook has started inherits the notebook's environment.
        told = getattr(sys.modules.get("__main__"), "__file__", None)
    if not isinstance(told, str) or not told or told.endswith("/"):
        return None
    # Relative only where the server was not told the name of the file: then it is relative to the server's folder, and
    # the kernel works in the folder of the notebook.
    return told if os.path.isabs(told) else os.path.join(os.getcwd(), os.path.basename(told))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a list of accounts
        return str(os.getuid())


def _text(message: dict[str, Any], part: str, key: str) -> str | None:
    found = (message.get(part) or {}).get(key)
    return found if isinstance(found, str) else None
