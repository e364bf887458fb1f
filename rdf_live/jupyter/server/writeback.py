# SPDX-License-Identifier: BSD-3-Clause
"""Writes outputs into the notebook's file when no page is there that would save them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import nbformat
from jupyter_core.utils import ensure_async

from rdf_live.jupyter.journal import Execution
from rdf_live.jupyter.server.notebook_file import put_into

__all__ = ["Writer"]


class Writer:
    """Writes through what the server uses itself: its contents manager, or the shared document of a collaboration.

    Parameters
    ----------
    serverapp : ServerApp
        The server.
    """

    def __init__(self, serverapp: Any) -> None:
        self._serverapp = serverapp
        self._written: dict[str, dict[str, Any]] = {}
        #: What we asked of the contents manager and the server has not told of yet.
        self._asked: list[tuple[str, str]] = []

    def written(self, path: str) -> dict[str, Any] | None:
        """What pages from before must know: the version of the file that they may have, and the one it has now."""
        return self._written.get(path)

    def ours(self, action: str, path: str) -> bool:
        """The server tells of something done to a file; True if that was done by us."""
        if (action, path) in self._asked:
            self._asked.remove((action, path))
            return True
        return False

    def forget(self, path: str) -> None:
        """A page saved the notebook: whoever has an older version than that must hear of it from Jupyter.

        Or it was deleted, or the folder that it was in.
        """
        self._written = {one: known for one, known in self._written.items() if not f"{one}/".startswith(f"{path}/")}

    def rename(self, old: str, new: str) -> None:
        """The notebook has another path now."""
        if old in self._written:
            self._written[new] = self._written.pop(old)

    async def write(self, path: str, executions: list[Execution]) -> list[str]:
        """Put the outputs of these executions into their cells.

        Returns
        -------
        list of str
            Ids of the executions that are in the file now. Cells that were edited or deleted since are left alone.
        """
        document = await self._shared_document(path)
        if document is not None:
            put = _into_document(document, executions)
            if put:
                await self._save(document)
            return put
        self._asked = [asked for asked in self._asked if asked[1] != path]
        before = await self._ask("get", path, path, content=True, type="notebook")
        base = await self._version(path)
        notebook = before["content"]
        put = []
        for index, (cell, ids) in put_into(notebook["cells"], executions).items():
            notebook["cells"][index] = nbformat.from_dict(cell)  # type: ignore[no-untyped-call]
            put += ids
        if not put:
            return []
        if base["last_modified"] != _stamp(before):
            raise OSError(f"{path} was changed by somebody else meanwhile")
        model = {"type": "notebook", "format": "json", "content": notebook}
        # To save is also to read what was written.
        self._asked.append(("get", path))
        await self._ask("save", path, model, path)
        now = await self._version(path)
        known = self._written.get(path)
        # Somebody who has the file from before our first version has it from before this one.
        first = known["base"] if known is not None and known["now"] == base else base
        self._written[path] = {"base": first, "now": now}
        return put

    async def _ask(self, action: str, path: str, *args: Any, **kwargs: Any) -> Any:
        self._asked.append((action, path))
        try:
            return await ensure_async(getattr(self._serverapp.contents_manager, action)(*args, **kwargs))
        except BaseException:
            self._asked.remove((action, path))
            raise

    async def _version(self, path: str) -> dict[str, Any]:
        try:
            model = await self._ask("get", path, path, content=False, type="notebook", require_hash=True)
        except TypeError:
            # Only some contents managers know of hashes.
            model = await self._ask("get", path, path, content=False, type="notebook")
        return {"last_modified": _stamp(model), "hash": model.get("hash")}

    async def _save(self, document: Any) -> None:
        """Have a shared document written.

        A collaboration does so by itself, but not where the page that was there last had autosave switched off; and
        soon after that page it forgets the document.
        """
        for app in self._collaborations():
            for room in list(app.ywebsocket_server.rooms.values()):
                if getattr(room, "_document", None) is document and (saving := room._save_to_disc()) is not None:
                    await saving

    def _collaborations(self) -> Iterable[Any]:
        apps: Iterable[Any] = self._serverapp.extension_manager.extension_apps.get("jupyter_server_ydoc", ())
        return apps

    async def _shared_document(self, path: str) -> Any:
        """The document that jupyter-collaboration has open for that notebook, if it has."""
        for app in self._collaborations():
            asked = {"path": path, "content_type": "notebook", "file_format": "json", "copy": False}
            return await app.get_document(**asked)
        return None

    def shared(self) -> bool:
        """True if there may be shared documents, which others write to disk later."""
        return bool(self._collaborations())


def _stamp(model: dict[str, Any]) -> str:
    """When the file was changed last, as the REST interface says it."""
    return str(model["last_modified"].isoformat()).replace("+00:00", "Z")


def _into_document(document: Any, executions: list[Execution]) -> list[str]:
    put = []
    cells = [document.get_cell(index) for index in range(document.cell_number)]
    for index, (cell, ids) in put_into(cells, executions).items():
        document.set_cell(index, cell)
        put += ids
    return put
