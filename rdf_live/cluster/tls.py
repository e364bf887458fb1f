# SPDX-License-Identifier: BSD-3-Clause
"""Certificates of one cluster: whoever holds its key may connect, nobody else."""

from __future__ import annotations

import os
from pathlib import Path

from distributed.security import Security

from rdf_live import errors

__all__ = ["FILES", "make", "security"]

CERTIFICATE, KEY = "certificate.pem", "key.pem"
#: What a worker needs, in the order of ``--tls-ca-file``, ``--tls-cert``, ``--tls-key``.
FILES = (CERTIFICATE, CERTIFICATE, KEY)


def make(folder: Path) -> None:
    """Write a new key and the certificate that belongs to it.

    The certificate signs itself: it is the only authority that the cluster believes, and the identity of each of its
    members. Dask asks both sides of a connection for it.

    Parameters
    ----------
    folder : Path
        A private one; the files are readable by their owner only from the first byte on.

    Raises
    ------
    ClusterTrouble
        The library that makes keys is not installed.
    """
    try:
        made = Security.temporary()
    except ImportError as error:
        raise errors.ClusterTrouble(
            "got no package cryptography, expected it to secure the connections of the cluster. "
            "Install it: pip install 'rdf-live[htcondor]', or conda install cryptography."
        ) from error
    for name, text in ((KEY, made.tls_client_key), (CERTIFICATE, made.tls_ca_file)):
        (folder / name).unlink(missing_ok=True)
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)


def security(folder: Path) -> Security:
    """What Dask needs to know of the files in `folder`."""
    ca, certificate, key = (str(folder / name) for name in FILES)
    return Security(
        require_encryption=True,
        tls_ca_file=ca,
        tls_scheduler_cert=certificate,
        tls_scheduler_key=key,
        tls_worker_cert=certificate,
        tls_worker_key=key,
        tls_client_cert=certificate,
        tls_client_key=key,
    )
