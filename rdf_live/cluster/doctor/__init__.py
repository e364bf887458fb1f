# SPDX-License-Identifier: BSD-3-Clause
"""``rdf-live doctor``: whether everything is there that a run on a batch system needs, and what to do where it is not.

``examine`` goes through the checks of this machine (``software``, ``batch``, ``folder``, ``machine``), then ``job``
sends ``probe`` to a node; ``meet`` and ``wire`` are the connections between the two;
``verdict``, ``node`` and ``network`` say what came back.
"""
