"""What it costs to archive files in S3: a whole process, and what each file adds to it."""

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.fetch import MB
from benchmarks.figure import Figure
from benchmarks.store import BARE, BOTO3, Load, own_side, peer_side, serving

FILES, TIMES = 200, 3
SIDES = ("ours", BOTO3, BARE)


def sent(folder: Path, files: int = FILES, times: int = TIMES) -> Iterator[Figure]:
    """CPU seconds of whole processes that send as many files of 1 MB, the start counted."""
    folder.mkdir()
    one, many = Load(folder / "one", 1, MB), Load(folder / "many", files, MB)
    with serving("sink", None) as url:
        costs: dict[tuple[str, int], float] = {}
        for load, hashes in ((one, one.make()), (many, many.make())):
            for _ in range(times):
                for side in SIDES:
                    cost = _cpu(side, load, hashes, url)
                    costs[side, load.count] = min(cost, costs.get((side, load.count), cost))
    title = f"{files} files of 1 MB to a store"
    ours, boto3, bare = (costs[side, files] for side in SIDES)
    yield Figure(f"{title}, to boto3's upload_file", ours, boto3, 0.5)
    yield Figure(f"{title}, to a bare loop of signed requests", ours, bare, 1.5)
    ours, boto3, bare = (costs[side, files] - costs[side, 1] for side in SIDES)
    yield Figure("each further file, to boto3's upload_file", ours, boto3, 0.5)
    yield Figure("each further file, to a bare loop of signed requests", ours, bare, 1.5)


def _cpu(side: str, load: Load, hashes: dict[str, str], url: str) -> float:
    if side == "ours":
        return own_side(load, hashes, url)[0].cpu_s
    return peer_side(side, sys.executable, load, hashes, url).cpu_s
