# SPDX-License-Identifier: BSD-3-Clause
"""A page that goes while it still connects is not taken for one that is there."""

from __future__ import annotations

import psutil
from notebook_server import KernelPage, Notebook, until


def connections(notebook: Notebook) -> int:
    """How many connections the server has to where the kernel takes requests."""
    server = psutil.Process(notebook.server.process.pid)
    port = notebook.shell_port()
    return sum(bool(one.raddr) and one.raddr.port == port for one in server.net_connections("tcp"))


def test_gone_before_it_has_come(notebook):
    made = notebook("print('done')")
    for _ in range(3):
        KernelPage(made).vanish()
    page = KernelPage(made)
    page.execute("c0")
    page.close()
    until(lambda: made.text(0) == "done\n")
    # The server keeps the channels of the last page, for when it comes back.
    until(lambda: connections(made) <= 1, "the channels of the others are closed")
