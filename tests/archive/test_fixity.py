"""What became of bytes: every single bit counts, and a name for what is found."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowkeeper.archive.fixity import FILE, OBJECT, Copy, CopyPlace, FixityCheck, owners_of
from rowkeeper.archive.verify import Choice
from rowkeeper.cli.progress import PlainDisplay
from rowkeeper.cli.terminal import console
from rowkeeper.core.errors import UsageError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.fixity import Content, Damage, content_of, damage
from rowkeeper.core.setting_sections import Upload
from rowkeeper.core.settings import Settings
from rowkeeper.core.warehouse import Target
from rowkeeper.workspace.context import Context
from uploaders.local.store import LocalStore

PLANTED = 1000


@given(body=st.binary(min_size=1, max_size=300), data=st.data())
def test_each_change_is_seen_and_named(body: bytes, data: st.DataObject) -> None:
    recorded = content_of([body])
    assert damage(recorded, recorded, {}) is None
    split = data.draw(st.integers(0, len(body)))
    assert content_of([body[:split], b"", body[split:]]) == recorded

    def damage_of(other: bytes, owners: dict[str, str] | None = None) -> Damage | None:
        judged = damage(content_of([other]), recorded, owners or {})
        return judged[0] if judged else None

    bit = data.draw(st.integers(0, 8 * len(body) - 1))
    changed = bytearray(body)
    changed[bit // 8] ^= 1 << bit % 8
    assert damage_of(bytes(changed)) is Damage.CHANGED
    assert damage_of(body[: data.draw(st.integers(0, len(body) - 1))]) is Damage.TRUNCATED
    assert damage_of(body + b"\0") is Damage.CHANGED
    other = data.draw(st.binary(max_size=300).filter(lambda drawn: drawn != body))
    assert damage_of(other, {content_of([other]).sha256: "a video"}) is Damage.SWAPPED


def test_each_of_a_thousand_planted_bits_is_reported(tmp_path: Path) -> None:
    """Files and objects of many sizes, one bit changed in each but for every tenth."""
    draw = random.Random(6)
    store = LocalStore(tmp_path / "archive")
    places, planted = [], set()
    for number in range(PLANTED * 10 // 9 + 1):
        kind = draw.choice((FILE, OBJECT))
        size = draw.choice((1, 2, 100, 4096, 70_000)) if number else 3 << 20
        body = bytearray(draw.randbytes(size))
        content = content_of([bytes(body)])
        if number % 10:
            bit = draw.randrange(8 * size)
            body[bit // 8] ^= 1 << bit % 8
            planted.add((kind, f"{number}.bin"))
        root = tmp_path if kind == FILE else store.folder
        root.mkdir(exist_ok=True)
        (root / f"{number}.bin").write_bytes(body)
        facts = (str(number), "1", "drive", str(number), "file")
        copy = Copy(*facts, content, attempt=1, number=1, checked_at=None)
        places.append(CopyPlace(kind, f"{number}.bin", (copy,)))
    assert len(planted) == PLANTED

    events: list[AssetEvent] = []
    context = Context(Settings(data_dir=tmp_path), Target(name="dev", type="duckdb"))
    check = FixityCheck(context, store, "s", events.append, PlainDisplay(console()))
    report = check.run(places)
    assert {(loss.place, loss.path) for loss in report.losses} == planted
    assert {loss.error_code for loss in report.losses} == {"file_changed", "object_changed"}
    lost = {event.asset_id for event in events if event.event_type.endswith("_lost")}
    assert len(events) == len(places)
    assert lost == {path.removesuffix(".bin") for _, path in planted}
    assert report.unread == {}


def test_a_place_that_several_assets_have_is_read_once_and_told_of_each(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"ours")
    contents = (content_of([b"ours"]), content_of([b"theirs"]))
    copies = [
        Copy(str(number), "1", "drive", "m", "file", content, 1, 4, None)
        for number, content in enumerate(contents)
    ]
    place = CopyPlace(FILE, "f", tuple(copies))
    events: list[AssetEvent] = []
    context = Context(Settings(data_dir=tmp_path), Target(name="dev", type="duckdb"))
    store = LocalStore(tmp_path / "archive")
    shown = PlainDisplay(console())
    report = FixityCheck(context, store, "s", events.append, shown, owners_of([place])).run([place])
    assert [event.event_type for event in events] == [
        EventType.FILE_VERIFIED,
        EventType.FILE_LOST,
    ]
    assert [event.error_code for event in events] == [None, "file_swapped"]
    assert [event.details for event in events] == [{"check": 4}, {"check": 4}]
    assert report.size_bytes == len(b"ours")


def test_what_is_read_is_chosen() -> None:
    now = datetime.now(UTC)

    def copy(row_id: str, hours: float | None) -> Copy:
        at = None if hours is None else now - timedelta(hours=hours)
        return Copy(f"of {row_id}", row_id, "drive", "m", "file", Content("", 0), 1, 1, at)

    shared = CopyPlace(FILE, "shared", (copy("1", 1), copy("2", 30)))
    places = [
        shared,
        CopyPlace(OBJECT, "shared", (copy("1", 1), copy("2", 1))),
        *(CopyPlace(FILE, str(number), (copy("3", None),)) for number in range(8)),
    ]
    assert Choice().of(places) == places
    assert Choice(people="2", only="files").of(places) == [shared]
    assert Choice(only="objects").of(places) == [places[1]]
    assert Choice(older_than=1).of(places) == [shared, *places[2:]]
    assert Choice(older_than=2).of(places) == places[2:]
    ahead = CopyPlace(FILE, "ahead", (copy("1", -24 * 365),))  # told by a clock that was ahead
    assert Choice(older_than=30).of([ahead]) == [ahead]
    assert len(Choice(sample="3").of(places)) == 3
    assert len(Choice(sample="30%").of(places)) == 3
    assert len(Choice(sample="0.1%").of(places)) == 1
    assert set(Choice(sample="99").of(places)) == set(places)
    for bad in ("x", "-1", "101%", "1.5", ""):
        with pytest.raises(UsageError, match="write 500 or 10%"):
            Choice(sample=bad).of(places)


@pytest.mark.parametrize("kind", [FILE, OBJECT])
def test_what_can_t_be_read_now_is_neither_lost_nor_whole(tmp_path: Path, kind: str) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "loop").symlink_to("loop")
    (tmp_path / "loop").symlink_to("loop")
    copy = Copy("a", "1", "drive", "m", "file", Content("0" * 64, 4), 1, 1, None)
    events: list[AssetEvent] = []
    settings = Settings(data_dir=tmp_path, upload=Upload(attempts=2, backoff_s=0))
    context = Context(settings, Target(name="dev", type="duckdb"))
    store = LocalStore(tmp_path / "archive")
    check = FixityCheck(context, store, "s", events.append, PlainDisplay(console()))
    report = check.run([CopyPlace(kind, "loop", (copy,))])
    assert events == []
    assert list(report.unread) == [f"{kind} loop"]
    assert report.losses == []
