# SPDX-License-Identifier: BSD-3-Clause
"""What a kernel has said while no server was there: remembered by the process beside it, and asked for."""

from __future__ import annotations

import json
import pickle
import threading
import time
from multiprocessing.connection import Listener

import pytest

from rdf_live.jupyter.server import recorder
from rdf_live.jupyter.server.recorder import Said, ask, message_id

KEY = b"secret"


def message(name: str, padding: int = 0) -> list[bytes]:
    """A message of iopub, as it is sent."""
    header = json.dumps({"msg_id": name}).encode()
    return [b"topic", b"<IDS|MSG>", b"signature", header, b"{}", b"{}", b"x" * padding]


def said(*names: str) -> Said:
    made = Said()
    for name in names:
        made.add(message(name))
    return made


def names(answer: tuple[bool, list[list[bytes]]]) -> tuple[bool, list[str]]:
    return answer[0], [message_id(one) for one in answer[1]]


def test_id_of_a_message():
    assert message_id(message("m1")) == "m1"
    assert message_id([b"nonsense"]) == message_id([]) == message_id([b"<IDS|MSG>", b"s", b"no json"]) == ""


def test_what_was_said_since():
    made = said("m1", "m2", "m3")
    assert names(made.since("m1")) == (True, ["m2", "m3"])
    assert names(made.since("m3")) == (True, [])
    assert names(made.since("of before")) == (True, ["m1", "m2", "m3"])
    assert names(said().since("of before")) == (False, []), "it has never heard anything"
    assert names(said().since("")) == (True, [])


def test_it_waits_for_what_the_server_has_heard_already():
    made = said("m1", "m2")
    threading.Timer(0.1, made.add, [message("m3")]).start()
    assert names(made.since("m1", "m3")) == (True, ["m2", "m3"])


def test_but_not_for_long(monkeypatch):
    monkeypatch.setattr(recorder, "_PATIENCE_S", 0.1)
    began = time.monotonic()
    assert names(said("m1", "m2").since("m1", "never")) == (True, ["m2"])
    assert time.monotonic() - began < 10


def test_what_is_too_much_is_forgotten_and_that_is_told():
    made = Said(most_bytes=1000)
    for number in range(30):
        made.add(message(f"m{number}", padding=100))
    complete, after = names(made.since("m3"))
    assert not complete
    assert after[-1] == "m29"
    assert len(after) < 10
    assert names(made.since("m28")) == (True, ["m29"])


@pytest.fixture
def place(tmp_path):
    """Where a process answers."""
    listener = Listener(family="AF_UNIX", authkey=KEY)
    threading.Thread(target=recorder._answer, args=(listener, said("m1", "m2")), daemon=True).start()
    path = tmp_path / "k.said"
    path.write_text(json.dumps({"address": listener.address}))
    return path


def test_asked_of_the_process(place):
    assert names(ask(place, KEY, "m1", "")) == (True, ["m2"])


def test_whoever_does_not_know_the_key_is_refused(place):
    assert ask(place, b"another", "m1", "") is None
    assert names(ask(place, KEY, "m1", "")) == (True, ["m2"])


def test_asked_after_the_end(tmp_path):
    place = tmp_path / "k.said"
    place.write_bytes(pickle.dumps([message("m1"), message("m2")]))
    assert names(ask(place, KEY, "m1", "")) == (True, ["m2"])


def test_nobody_is_there(tmp_path, place):
    assert ask(tmp_path / "nothing", KEY, "m1", "") is None
    place.write_text('{"address": "/nowhere/at/all"}')
    assert ask(place, KEY, "m1", "") is None
    place.write_text("{")
    assert ask(place, KEY, "m1", "") is None
