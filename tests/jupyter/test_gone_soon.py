# SPDX-License-Identifier: BSD-3-Clause
"""A page that goes while it still connects is not taken for one that is there."""

from __future__ import annotations

from notebook_server import KernelPage, until


def test_gone_before_it_has_come(notebook):
    made = notebook("print('done')")
    for _ in range(3):
        KernelPage(made).vanish()
    page = KernelPage(made)
    page.execute("c0")
    page.close()
    until(lambda: made.text(0) == "done\n")
