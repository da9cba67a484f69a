"""Queues that take turns on bounded threads."""

import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from rowkeeper.core.pool import Stop, run_bounded


def test_queues_are_read_as_room_comes_free() -> None:
    finished, read, most = 0, 0, 0

    def items() -> Iterator[int]:
        nonlocal read, most
        for number in range(40):
            read += 1
            most = max(most, read - finished)
            yield number

    def work(_: int) -> None:
        nonlocal finished
        with lock:
            finished += 1

    lock = threading.Lock()
    run_bounded(work, {"a": items()}, 2, Stop(), "test")
    assert finished == 40
    assert most <= 2 * 2


def test_a_slow_queue_keeps_no_thread_from_the_others() -> None:
    release, running, most = threading.Event(), Counter[str](), Counter[str]()
    lock, seen = threading.Lock(), []

    def work(item: str) -> None:
        with lock:
            running[item[0]] += 1
            most[item[0]] = max(most[item[0]], running[item[0]])
        if item[0] == "s":
            release.wait(60)
        with lock:
            running[item[0]] -= 1
            seen.append(item)
            if sum(name[0] == "q" for name in seen) == 20:
                release.set()

    queues = {"slow": [f"s{n}" for n in range(5)], "quick": [f"q{n}" for n in range(20)]}
    began = time.monotonic()
    run_bounded(work, queues, 4, Stop(), "test", limits={"slow": 2})
    assert time.monotonic() - began < 50
    assert sorted(seen) == sorted(queues["slow"] + queues["quick"])
    assert most["s"] == 2


def test_an_item_that_was_stopped_is_no_fault_and_the_fault_that_stopped_it_is_raised() -> None:
    stop, waits = Stop(), threading.Event()

    def work(item: str) -> None:
        if item == "faulty":
            waits.wait(10)
            stop.set()
            raise ValueError(item)
        waits.set()
        stop.sleep(10)
        raise AssertionError("it was to be stopped")

    with pytest.raises(ValueError, match="faulty"):
        run_bounded(work, {"a": ["stopped"], "b": ["faulty"]}, 2, stop, "test")
    run_bounded(lambda _: stop.check(), {"a": [1, 2]}, 1, stop, "test")


def test_the_first_fault_ends_all_queues() -> None:
    done: list[int] = []

    def work(item: int) -> None:
        if item == 3:
            raise ValueError("three")
        done.append(item)

    stop = Stop()
    with pytest.raises(ValueError, match="three"):
        run_bounded(work, {"a": range(1000), "b": range(1000, 2000)}, 2, stop, "test")
    assert len(done) < 100
