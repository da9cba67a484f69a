"""What a download costs beside its bare duties, in CPU seconds without the start of the process."""

import sys
from pathlib import Path

from benchmarks.fetch import CASES, MB, Case, own_side, peer_side
from benchmarks.figure import Figure
from benchmarks.processes import running

ROUNDS = 5
"""They take turns, and the least of each counts."""


def fetched(folder: Path, case: Case = CASES[0], rounds: int = ROUNDS) -> Figure:
    """Our whole path, to ``benchmarks/bare.py``, which hashes, syncs, renames and tells alone."""
    folder.mkdir()
    ours, theirs = [], []
    with running("benchmarks.byte_server", "--largest", str(case.size)) as port:
        own_side(case, port, folder)  # warms up the server and our compiled files
        for _ in range(rounds):
            theirs.append(float(peer_side("bare", sys.executable, case, port, folder).output))
            own, _ = own_side(case, port, folder)
            ours.append(float(own.output.split()[1]))
    title = (
        f"{case.count} files of {case.size / MB:g} MB, to a bare loop with hash, syncs and event"
    )
    return Figure(title, min(ours), min(theirs), 1.5)
