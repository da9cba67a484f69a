"""What a download costs beside the bare duties of one, in CPU seconds without the start."""

import sys
from pathlib import Path

from benchmarks.fetch import CASES, own_side, peer_side
from benchmarks.figure import Figure
from benchmarks.processes import running

ROUNDS = 5
"""They take turns, and the least of each counts."""


def fetched_by_threads(folder: Path) -> Figure:
    """200 files of 1 MB, to ``benchmarks/bare.py``, which hashes, syncs and tells of them alone."""
    folder.mkdir()
    case, ours, theirs = CASES[0], [], []
    with running("benchmarks.byte_server", "--largest", str(case.size)) as port:
        own_side(case, port, folder)  # warms up the server and our compiled files
        for _ in range(ROUNDS):
            theirs.append(float(peer_side("bare", sys.executable, case, port, folder).output))
            own, _ = own_side(case, port, folder)
            ours.append(float(own.output.split()[1]))
    title = "200 files of 1 MB fetched, to a bare loop that hashes, syncs, renames and tells"
    return Figure(title, min(ours), min(theirs), 1.5)
