"""Past the disk against disk-then-upload: ``python -m benchmarks.stream``.

The same media from one server on loopback into one store that throws the bytes away, in turns: past
the disk; by rowkeeper's own downloads and uploads; by the same downloads and boto3's
``upload_file``. Runs are paired; the table has the medians of their ratios.
"""

import argparse
import json
import sys
import tempfile
import uuid
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from benchmarks.fetch import MB, Case, Pair, table_of
from benchmarks.processes import Cost, measure, running
from benchmarks.store import BUCKET, KEY, SECRET
from rowkeeper.core.settings import PROJECT_DIR

PEERS = {"own downloads, then uploads": "disk", "own downloads, then boto3": "boto3"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stream", description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--small", type=int, nargs=2, default=[200, MB], metavar=("COUNT", "SIZE"))
    parser.add_argument("--large", type=int, nargs=2, default=[4, 256 * MB])
    arguments = parser.parse_args()
    console = Console(width=130)
    for count, size in (arguments.small, arguments.large):
        case = Case(f"{count} x {size / MB:g} MB past the disk", count, size, 8)
        console.print(table_of(case.name, count * size / MB, compare(case, arguments.pairs)))


def compare(case: Case, rounds: int) -> dict[str, list[Pair]]:
    """The pairs of each peer; who goes first changes from one to the next."""
    pairs: dict[str, list[Pair]] = {name: [] for name in PEERS}
    options = ("--largest", str(case.size))
    with (
        running("benchmarks.byte_server", *options) as source,
        running("benchmarks.sink_server") as sink,
    ):
        go("stream", case, source, sink)  # warms up the servers and our compiled files
        for turn in range(rounds):
            for name, way in PEERS.items():
                first = go(way, case, source, sink) if turn % 2 else None
                own = go("stream", case, source, sink)
                peer = first or go(way, case, source, sink)
                pairs[name].append((own, peer, float(own.output)))
    return pairs


def go(way: str, case: Case, source: str, sink: str) -> Cost:
    """One run, all settings as they come but for the pace of the source.

    Its time is that without the start of the process, which is the same for all.
    """
    with tempfile.TemporaryDirectory(prefix="stream-") as name:
        folder = Path(name)
        settings = {
            "data_dir": str(folder / "data"),
            "download": {
                "workers": case.parallel,
                "concurrency": {"direct": case.parallel},
                "rates": {"direct": 0},
                "hosts": [f"127.0.0.1:{source}"],
                "pace_dir": str(folder / "pace"),
            },
            "network": {"private_addresses": ["127.0.0.1"]},
            "upload": {"workers": case.parallel},
            "store": {
                "url": f"s3://{BUCKET}/{uuid.uuid4()}",
                "endpoint_url": f"http://127.0.0.1:{sink}",
                "access_key_id": KEY,
                "secret_access_key": SECRET,
            },
        }
        requests = [("direct", url, "file") for url in case.urls(source)]
        plan = folder / "plan.json"
        plan.write_text(json.dumps({"settings": settings, "requests": requests}))
        command = [sys.executable, "-m", "benchmarks.stream_worker", str(plan), way]
        cost = measure(command, folder, {"PYTHONPATH": str(PROJECT_DIR)})
        return replace(cost, wall_s=float(cost.output))


if __name__ == "__main__":
    main()
