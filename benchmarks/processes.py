"""Commands measured: wall clock, CPU of the whole process tree, memory."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

NONE: Mapping[str, str] = {}
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Cost:
    """``wall_s`` and ``cpu_s`` (user and system) in seconds, ``rss_bytes`` at its peak."""

    wall_s: float
    cpu_s: float
    rss_bytes: int
    output: str


class FailedError(Exception):
    """A command ended with another code than 0."""


def measure(command: Sequence[str], folder: Path, variables: Mapping[str, str] = NONE) -> Cost:
    """Run ``command`` in ``folder`` to its end. Raises ``FailedError``."""
    with (folder / "stdout").open("w+b") as stdout, (folder / "stderr").open("w+b") as stderr:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )
        _, status, usage = os.wait4(process.pid, 0)  # with all that it waited for itself
        wall_s = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        stdout.seek(0)
        stderr.seek(0)
        if process.returncode:
            raise FailedError(f"{command[0]} {process.returncode}: {stderr.read()[-500:]!r}")
        output = stdout.read().decode()
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * RSS_UNIT, output)


@contextmanager
def running(module: str, *arguments: str) -> Iterator[str]:
    """A Python module of ours in a process of its own; gives the first line that it prints."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@contextmanager
def until_told() -> Iterator[None]:
    """The work of such a process, tidied up when :func:`running` ends it.

    Not by SIGINT: a job in the background is deaf to it, and so are its children.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        yield
