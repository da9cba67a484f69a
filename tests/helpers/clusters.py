"""A scheduler and workers of Dask as processes of their own, with certificates of our own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from tests.fakes.s3 import free_port

TLS = "DASK_DISTRIBUTED__COMM__TLS__"
ROLES = ("SCHEDULER", "WORKER", "CLIENT")


@dataclass
class Machines:
    """A scheduler's address, and its workers by process id."""

    address: str
    workers: dict[int, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def add_worker(self, threads: int) -> int:
        """One more worker; its process id."""
        options = ("--nthreads", str(threads), "--no-nanny", "--no-dashboard")
        process = _dask("worker", self.address, *options)
        self.workers[process.pid] = process
        return process.pid


def _dask(*arguments: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "dask", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def machines(folder: Path, workers: int, threads: int = 2) -> Iterator[Machines]:
    """A scheduler and so many workers, which may not be ready yet; the client finds its
    certificates as they do."""
    from dask import config

    port = free_port()
    with ExitStack() as last, pytest.MonkeyPatch.context() as patch:
        last.callback(config.refresh)
        for name, value in _certificates(folder).items():
            patch.setenv(f"{TLS}{name}", value)
        config.refresh()
        options = ("--protocol", "tls", "--no-dashboard")
        scheduler = _dask("scheduler", "--host", "127.0.0.1", "--port", str(port), *options)
        found = Machines(f"tls://127.0.0.1:{port}")
        try:
            for _ in range(workers):
                found.add_worker(threads)
            yield found
        finally:
            for process in (*found.workers.values(), scheduler):
                process.kill()
                process.wait()


def _certificates(folder: Path) -> dict[str, str]:
    """One certificate for all, and the settings that name it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    node = str(folder / "node.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(node)
    parts = [f"{role}__{part}" for role in ROLES for part in ("CERT", "KEY")]
    return {"CA_FILE": str(folder / "ca.pem"), **dict.fromkeys(parts, node)}
