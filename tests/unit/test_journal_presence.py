# SPDX-License-Identifier: BSD-3-Clause
"""When nobody may come back to a notebook with a version of his own."""

from __future__ import annotations

import pytest

from rdf_live.jupyter.server.presence import VANISHED_S, Page, Presence


@pytest.fixture
def presence():
    return Presence(1000.0)


def test_pages_of_an_earlier_server_may_come_back(presence):
    assert not presence.nobody("a", 1009.0)
    assert presence.nobody("a", 1010.0)


@pytest.mark.parametrize(("clean", "leaving", "grace"), [(True, False, 2), (False, False, 10), (False, True, 2)])
def test_grace(presence, clean, leaving, grace):
    page = Page("s", "a")
    presence.come(page)
    assert not presence.nobody("a", 2000.0)
    if leaving:
        presence.leave("s")
    presence.go(page, clean=clean, time=2000.0)
    assert not presence.nobody("a", 2000.0 + grace - 0.1)
    assert presence.nobody("a", 2000.0 + grace)
    assert presence.nobody("b", 2000.0)


def test_one_of_two_websockets(presence):
    kernel, follow = Page("s", "a"), Page("s", "a")
    presence.come(kernel)
    presence.come(follow)
    kernel.held.add("m1")
    assert follow.held == {"m1"}
    presence.go(kernel, clean=False, time=2000.0)
    presence.go(follow, clean=True, time=2001.0)
    # The one that vanished may come back.
    assert not presence.nobody("a", 2009.0)
    assert presence.nobody("a", 2010.0)


def test_the_one_that_follows_is_gone_and_the_other_hangs(presence):
    """A page has vanished without a word. A console never follows: as long as it is connected, it is there."""
    kernel, follower = Page("s", "a"), Page("s", "a", follows=True)
    presence.come(kernel)
    presence.come(follower)
    presence.go(follower, clean=False, time=2000.0)
    assert not presence.nobody("a", 2000.0)
    assert presence.nobody("a", 2000.0 + VANISHED_S)
    presence.come(Page("console", "a"))
    assert not presence.nobody("a", 2000.0 + VANISHED_S)


def test_rename(presence):
    page = Page("s", "a")
    presence.come(page)
    presence.rename("a", "b")
    assert presence.of("b") == [page]
    presence.go(page, clean=True, time=2000.0)
    presence.rename("b", "c")
    assert not presence.nobody("c", 2001.0)


def test_when_the_last_page_went(presence):
    page, other = Page("s", "a"), Page("t", "a")
    assert presence.left("a", "new") is None
    presence.come(page)
    presence.come(other)
    presence.go(page, clean=True, time=2000.0)
    assert presence.sessions("a") == ["t"]
    assert presence.left("a", "new") is None
    presence.go(other, clean=True, time=2001.0)
    assert presence.left("a", "new") == 2001.0
    new = Page("new", "a")
    presence.come(new)
    assert presence.left("a", "new") == 2001.0


def test_somebody_reads_the_notebook(presence):
    """A page that opens reads the file before it connects."""
    presence.read("a", 2000.0)
    assert presence.reads("a") == 1
    assert not presence.nobody("a", 2009.0)
    assert presence.nobody("a", 2010.0)


def test_who_shows_something_else(presence):
    """A console has a connection to the kernel, and never follows the notebook."""
    presence.come(Page("page", "a"))
    presence.come(Page("console", "a"))
    presence.come(Page("page", "a", follows=True))
    presence.come(Page("page", "a"))
    assert presence.outside("a") == ["console"]
    assert presence.outside("b") == []
    presence.rename("a", "b")
    assert presence.outside("b") == ["console"]
