"""The slots of a site: so many at a time over all processes, freed with their holder."""

import subprocess
import sys
import threading
import time
from pathlib import Path

from rowkeeper.core.net.pace import FilePace
from rowkeeper.core.net.throttle import Limit, Throttle

HOLDER = """
import sys, time
from pathlib import Path
from rowkeeper.core.net.pace import FilePace
from rowkeeper.core.net.throttle import Limit, Throttle
throttle = Throttle({"site": Limit(slots=3)}, FilePace(Path(sys.argv[1])))
with throttle.slot("site"), throttle.slot("site"):
    print("held", flush=True)
    time.sleep(60)
"""


class Crowd:
    """Threads that use slots, and how many had one at a time at most."""

    def __init__(self, throttle: Throttle) -> None:
        self.throttle, self.now, self.most = throttle, 0, 0
        self.lock = threading.Lock()

    def one(self) -> None:
        with self.throttle.slot("site"):
            with self.lock:
                self.now += 1
                self.most = max(self.most, self.now)
            time.sleep(0.05)
            with self.lock:
                self.now -= 1

    def run(self, threads: int) -> int:
        self.most = 0
        running = [threading.Thread(target=self.one) for _ in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join(20)
        return self.most


def test_slots_are_shared_with_other_processes_and_freed_when_those_are_killed(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "not" / "made"
    crowd = Crowd(Throttle({"site": Limit(slots=3)}, FilePace(folder)))
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            assert crowd.run(4) == 1
        finally:
            holder.kill()
    assert crowd.run(6) == 3


def test_two_throttles_of_one_process_share_the_slots_too(tmp_path: Path) -> None:
    limits = {"site": Limit(slots=2)}
    crowd = Crowd(Throttle(limits, FilePace(tmp_path)))
    with Throttle(limits, FilePace(tmp_path)).slot("site"):
        assert crowd.run(3) == 1


def test_a_slot_that_can_not_be_locked_is_not_lost(tmp_path: Path) -> None:
    def never(seconds: float) -> None:
        raise AssertionError("nobody else has the slot")

    throttle = Throttle({"site": Limit(slots=1)}, FilePace(tmp_path), sleep=never)
    blocked = tmp_path / "site.0.lock"
    blocked.mkdir()
    for _ in range(2):
        try:
            with throttle.slot("site"):
                raise AssertionError("a folder is no lock")
        except OSError:
            pass
    blocked.rmdir()
    with throttle.slot("site"):
        assert blocked.is_file()
