"""A store that is asked again: around any store, and no sooner than that one asks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rowkeeper.core.errors import NeedsPersonError, RetryLaterError, TransferError
from rowkeeper.core.pool import Stop, StoppedError
from rowkeeper.core.setting_sections import Upload
from tests.helpers.stores import put, request_of
from uploaders.base import Store
from uploaders.faults import UnreachableError
from uploaders.local.store import LocalStore
from uploaders.retrying import retrying

BODY = b"0123456789"


class Flaky(LocalStore):
    """Fails with ``troubles``, the last first, a read after the bytes that it gives first."""

    troubles: list[TransferError]
    reads: list[tuple[int, int | None]]

    def _fail(self) -> None:
        if self.troubles:
            raise self.troubles.pop()

    def probe(self) -> None:
        self._fail()
        super().probe()

    def put(self, *args: object, **more: object):  # type: ignore[no-untyped-def]
        self._fail()
        return super().put(*args, **more)  # type: ignore[arg-type]

    def describe(self, key: str):  # type: ignore[no-untyped-def]
        self._fail()
        return super().describe(key)

    def read(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        self.reads.append((start, length))
        if self.troubles:
            yield from super().read(key, start, 3)
            self._fail()
        yield from super().read(key, start, length)


@pytest.fixture
def bare(tmp_path: Path) -> Flaky:
    store = Flaky(tmp_path / "archive")
    store.troubles, store.reads = [], []
    put(store, tmp_path, "k", BODY)
    return store


def tried(store: Store, waits: list[float] | None = None, attempts: int = 3) -> Store:
    waits = [] if waits is None else waits
    return retrying(store, Upload(attempts=attempts, backoff_s=0.01), waits.append)


def passing(count: int) -> list[TransferError]:
    return [UnreachableError("no line") for _ in range(count)]


@pytest.mark.parametrize(
    "ask",
    [
        lambda store, _: store.probe(),
        lambda store, folder: store.put(request_of(folder, BODY), "other"),
        lambda store, _: store.describe("k"),
        lambda store, _: list(store.read("k")),
    ],
)
def test_each_call_is_tried_again(
    bare: Flaky, tmp_path: Path, ask: Callable[[Store, Path], object]
) -> None:
    waits: list[float] = []
    bare.troubles = passing(2)
    ask(tried(bare, waits), tmp_path)
    assert len(waits) == 2
    bare.troubles = passing(3)
    with pytest.raises(UnreachableError):
        ask(tried(bare), tmp_path)


def test_a_read_goes_on_where_it_broke_off(bare: Flaky) -> None:
    bare.troubles = passing(2)
    assert b"".join(tried(bare).read("k")) == BODY
    assert bare.reads == [(0, None), (3, None), (6, None)]
    bare.troubles, bare.reads = passing(1), []
    assert b"".join(tried(bare).read("k", 1, 5)) == BODY[1:6]
    assert bare.reads == [(1, 5), (4, 2)]


def test_bytes_that_are_not_to_be_trusted_are_not_gone_on_with(bare: Flaky) -> None:
    bare.troubles = [RetryLaterError("corrupt_object", "other bytes")]
    with pytest.raises(RetryLaterError, match="other bytes"):
        list(tried(bare).read("k"))
    assert len(bare.reads) == 1


def test_what_does_not_pass_is_asked_once(bare: Flaky, tmp_path: Path) -> None:
    waits: list[float] = []
    bare.troubles = [NeedsPersonError("no", "no")]
    with pytest.raises(NeedsPersonError):
        tried(bare, waits).put(request_of(tmp_path, BODY), "new")
    bare.troubles = [RetryLaterError("later", "later", 3600.0)]
    with pytest.raises(RetryLaterError):
        tried(bare, waits).describe("k")
    assert waits == []
    bare.troubles = [RetryLaterError("soon", "soon", 7.0)]
    tried(bare, waits).describe("k")
    assert waits == [7.0]


def test_a_wait_ends_when_the_run_does(bare: Flaky) -> None:
    stop = Stop()
    stop.set()
    bare.troubles = passing(2)
    with pytest.raises(StoppedError):
        retrying(bare, Upload(backoff_s=60), stop.sleep).describe("k")


def test_one_wrapper_is_enough(bare: Flaky) -> None:
    twice = retrying(retrying(bare, Upload()), Upload(attempts=2, backoff_s=0))
    assert twice.bare is bare
    bare.troubles = passing(2)
    with pytest.raises(UnreachableError):
        twice.describe("k")
    assert bare.troubles == []
