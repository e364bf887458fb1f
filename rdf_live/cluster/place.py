# SPDX-License-Identifier: BSD-3-Clause
"""Where a folder really is, who may take its place, and who may read it in AFS, where mode bits mean nothing."""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rdf_live.cluster.condor import tools
from rdf_live.errors import BadInput, ClusterTrouble

if TYPE_CHECKING:
    from rdf_live.cluster.home import Home

__all__ = ["Place", "closing", "exposed", "place", "readers", "see_private"]

#: File systems of one machine only. Others (NFS, AFS, Lustre, GPFS, ...) are taken for shared ones.
_LOCAL = {"btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "ramfs", "rootfs", "tmpfs", "xfs", "zfs"}
_AFS = {"afs", "auristorfs", "openafs"}


@dataclass(frozen=True)
class Place:
    """Where a folder really is.

    Attributes
    ----------
    path : Path
        Without links.
    kind : str
        Of the file system, as the kernel calls it; "afs" whatever it calls that.
    """

    path: Path
    kind: str

    @property
    def afs(self) -> bool:
        """Whether access follows AFS's own lists and not the mode bits."""
        return self.kind == "afs"

    @property
    def local(self) -> bool:
        """Whether other machines cannot have it."""
        return self.kind in _LOCAL


def place(path: Path, mounts: str | None = None) -> Place:
    """Find out.

    Parameters
    ----------
    path : Path
        It need not exist.
    mounts : str, optional
        Content of ``/proc/self/mountinfo``.
    """
    real = Path(os.path.realpath(path))
    if mounts is None:
        try:
            mounts = Path("/proc/self/mountinfo").read_text()
        except OSError:
            mounts = ""
    best, kind = -1, "unknown"
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        # The kernel writes a space as \040.
        point = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), left.split(" ")[4])
        # Of two mounts at the same place the later one is seen.
        if real.is_relative_to(point) and len(point) >= best:
            best, kind = len(point), right.split(" ")[0]
    if kind in _AFS or real.is_relative_to("/afs"):
        kind = "afs"
    return Place(real, kind)


def exposed(path: Path) -> Path | None:
    """The first folder, from `path` upward, in which others can replace what is ours; None where there is none.

    It ends with the first that is not ours: what is above is the business of who keeps the machine.
    """
    real = Path(os.path.realpath(path))
    if place(real).afs:
        return None
    found: Path | None = None
    for folder in (real, *real.parents):
        status = folder.stat()
        mine = status.st_uid == os.getuid()
        if mine and not status.st_mode & 0o011:
            # Nobody else gets through to what is below.
            found = None
        # In a sticky one, as /tmp, each can replace their own only. Whom others trust with theirs is not for us to say.
        elif found is None and status.st_mode & (0o022 if mine else 0o002) and not status.st_mode & stat.S_ISVTX:
            found = folder
        if not mine:
            break
    return found


def readers(listed: str) -> list[str]:
    """Everybody that ``fs listacl`` says may read, beside administrators.

    Groups of the whole world only: a person or group that is named there was put there on purpose.
    """
    rights, _, _ = listed.partition("Negative rights:")
    found = re.findall(r"^\s+(system:anyuser|system:authuser\S*)\s+(\S+)", rights, re.MULTILINE)
    return [name for name, letters in found if "r" in letters]


def closing(*folders: Path) -> str:
    """The command that takes folders away from the whole world."""
    names = shlex.join(map(str, folders))
    return f"fs setacl -dir {names} -acl system:anyuser none system:authuser none"


def see_private(home: Home) -> None:
    """See that the access lists of AFS let nobody else read the keys of a cluster, which are not there yet.

    Raises
    ------
    BadInput
        They let in the whole world.
    """
    if not place(home.path).afs:
        return
    # Each folder has a list of its own: that of the one above it when it was made.
    command = closing(home.path.parent, home.path, home.tls)
    said = f"the folder {home.path} in AFS, where mode bits mean nothing"
    try:
        found = _all_readers(home.path, home.tls)
    except ClusterTrouble as error:
        print(f"Your keys are in {said}; who may read it is not known ({error}). Type: {command}")
        return
    if found:
        raise BadInput(
            f"got {said}; {', '.join(found)} may read it, and so the keys of the cluster. Type: {command}; "
            "or set the profile key directory to a folder that is not in AFS"
        )


def _all_readers(*folders: Path) -> Iterable[str]:
    listed = (tools.run_now("fs", "listacl", str(folder), timeout_s=20) for folder in folders)
    return dict.fromkeys(name for text in listed for name in readers(text))
