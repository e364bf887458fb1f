# SPDX-License-Identifier: BSD-3-Clause
"""Kernel messages for tests of the journal, ordinary and odd, and what a naive page makes of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from rdf_live.jupyter.journal import Journal
from rdf_live.jupyter.journal.stream_text import StreamText, shown

TIME = 1_700_000_000.0


def message(kind: str, parent: str = "m1", session: str = "kernel", **content: Any) -> dict[str, Any]:
    """A message of the iopub channel."""
    header = {"msg_type": kind, "session": session}
    return {
        "header": header,
        "parent_header": {"msg_id": parent, "session": "page"},
        "metadata": {},
        "content": content,
    }


def stream(text: str, parent: str = "m1", name: str = "stdout") -> dict[str, Any]:
    return message("stream", parent, name=name, text=text)


def status(state: str, parent: str = "m1") -> dict[str, Any]:
    return message("status", parent, execution_state=state)


def begun(count: int = 1, parent: str = "m1") -> dict[str, Any]:
    return message("execute_input", parent, code="", execution_count=count)


def plot(frame: str, name: str | None = "plot", parent: str = "m1", kind: str = "display_data") -> dict[str, Any]:
    transient = {} if name is None else {"display_id": name}
    return message(kind, parent, data={"text/plain": frame}, metadata={}, transient=transient)


def requested(journal: Journal, *ids: str) -> None:
    """Ask for executions m1, m2 ... of cells c1, c2 ..."""
    for id in ids:
        journal.request(id, "c" + id[1:], "page", f"code {id}", TIME)


def run(journal: Journal, id: str, *messages: dict[str, Any], count: int = 1) -> None:
    """A whole execution, all at one time."""
    requested(journal, id)
    for one in (status("busy", id), begun(count, id), *messages, status("idle", id)):
        journal.message(one, TIME)


def outputs(journal: Journal, id: str = "m1") -> list[dict[str, Any]]:
    return journal.executions[id].to_json()["outputs"]


# Random messages. Few names, so that they meet.
PARENTS = st.sampled_from(["m1", "m2", "m3", "unknown"])
TEXTS = st.text(st.sampled_from("ab\n\r\b\u2588"), max_size=12)
NAMES = st.sampled_from(["d1", "d2", None])
ORDINARY = st.one_of(
    st.builds(stream, TEXTS, PARENTS, st.sampled_from(["stdout", "stderr"])),
    st.builds(status, st.sampled_from(["busy", "idle", "starting"]), PARENTS),
    st.builds(begun, st.integers(1, 9), PARENTS),
    st.builds(plot, TEXTS, NAMES, PARENTS, st.sampled_from(["display_data", "update_display_data", "execute_result"])),
    st.builds(lambda parent, wait: message("clear_output", parent, wait=wait), PARENTS, st.booleans()),
    st.builds(
        lambda parent: message("error", parent, ename="E", evalue="e", traceback=["one", "two"]),
        PARENTS,
    ),
)
KINDS = ("stream", "status", "execute_input", "display_data", "update_display_data", "execute_result", "error")
ODD_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from(["m1", "busy", "idle", "d1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=4,
)
ODD_CONTENT = st.dictionaries(
    st.sampled_from(
        ["name", "text", "data", "metadata", "transient", "execution_state", "execution_count", "wait", "traceback"]
    ),
    ODD_VALUES,
    max_size=5,
)
ODD = st.one_of(
    ODD_VALUES.filter(lambda value: isinstance(value, dict)),
    st.builds(
        lambda kind, parent, content: {"header": {"msg_type": kind}, "parent_header": parent, "content": content},
        st.sampled_from([*KINDS, "clear_output", "shutdown_reply"]) | ODD_VALUES,
        st.just({"msg_id": "m1"}) | ODD_VALUES,
        ODD_CONTENT | ODD_VALUES,
    ),
)


class NaivePage:
    """What a page shows that takes messages one by one and has no limits: the oracle."""

    def __init__(self) -> None:
        self.outputs: list[dict[str, Any]] = []
        self._texts: list[StreamText | None] = []
        self._clear = False

    def take(self, sent: dict[str, Any]) -> None:
        kind, content = sent["msg_type"], sent["content"]
        if kind == "clear_output":
            self._clear = content["wait"]
            if not self._clear:
                self.outputs, self._texts = [], []
            return
        if kind == "update_display_data":
            for output in self.outputs:
                if output.get("transient") == {"display_id": content["transient"]["display_id"]}:
                    output |= {"data": content["data"], "metadata": content["metadata"]}
            return
        if self._clear:
            self.outputs, self._texts, self._clear = [], [], False
        if kind == "stream":
            if not content["text"]:
                return
            if not (self.outputs and self.outputs[-1].get("name") == content["name"]):
                self.outputs.append({"output_type": "stream", "name": content["name"], "text": ""})
                self._texts.append(StreamText())
            self._texts[-1].write(content["text"])
            self.outputs[-1]["text"] = shown(str(self._texts[-1]))
            return
        output = {"output_type": kind, **{name: value for name, value in content.items() if name != "transient"}}
        if content.get("transient"):
            output["transient"] = content["transient"]
        if kind == "execute_result":
            output["execution_count"] = None
        self.outputs.append(output)
        self._texts.append(None)
