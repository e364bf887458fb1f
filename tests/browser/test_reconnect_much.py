# SPDX-License-Identifier: BSD-3-Clause
"""Cells that write much while the page is closed: the page that comes back shows them, and goes on to work."""

from __future__ import annotations

from pathlib import Path

from conftest import OpenLive
from notebook_page import screenshot, until

BAR = "from tqdm import tqdm\nfor i in tqdm(range(40)): time.sleep(0.1)"
LINES = "for i in range(200_000): print('line', i)"
LARGE = "for i in range(50): print(f'{i:02d}' + ('x' * 999 + '\\n') * 1000)"


def test_much_is_written_meanwhile(live: OpenLive, pictures: Path) -> None:
    nb = live(cells=(BAR, LINES, LARGE))
    nb.show_all()
    nb.run(0)
    for index in (1, 2, 3):
        nb.start(index)
    nb.close()
    path = "rdf-live/api/journal?path=" + nb.path.name
    until(lambda: {one["state"] for one in nb.server.ask("GET", path)["executions"]} == {"ok"}, 120, "their end")
    nb.open()
    nb.show_all()
    until(lambda: [nb.prompt(i) for i in range(4)] == [f"[{i}]:" for i in range(1, 5)], 60, "the prompts")
    assert nb.text(1).startswith("100%|")
    assert nb.text(1).count("%|") == 1
    for index, last in ((2, "line 199999\n"), (3, "x" * 999 + "\n\n")):
        text = until(
            lambda index=index, last=last: (t := nb.text(index)).endswith(last) and t, 60, "the end of the text"
        )
        assert "of output left out ..." in text
        assert len(text) < 2_100_000
    assert nb.text(2).startswith("line 0\n")
    assert nb.text(3).startswith("00xxx")
    screenshot(nb.page, pictures, "reconnect_much")
    assert "kernel" in nb.run(0)
