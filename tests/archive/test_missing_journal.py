"""A part of the journal that a sync service keeps elsewhere: without it nothing ends well."""

from pathlib import Path
from typing import Any

import pytest

from rowkeeper.archive.retrieve import Retrieved
from rowkeeper.cli.restore import complain_of_journal
from rowkeeper.core.drain import drain
from rowkeeper.core.errors import DiskError, FixityError, JournalDamagedError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal import manifest
from rowkeeper.core.journal.check import adopt, check, losses, strangers
from rowkeeper.core.journal.journal import Journal, journal_dir, sealed_segments
from rowkeeper.core.journal.kept_files import write_hashes
from rowkeeper.core.journal.manifest import read_manifest
from rowkeeper.core.journal.salvage import salvage
from rowkeeper.core.journal.segments import Finding
from rowkeeper.core.text import from_json
from tests.helpers.archives import context_at, tell
from tests.helpers.events import SESSION, numbered


def test_a_part_that_is_gone_never_ends_well(tmp_path: Path) -> None:
    context = context_at(tmp_path)
    folder = journal_dir(context.settings.data_dir)
    for number in range(3):
        tell(context, AssetEvent(event_type=EventType.DISCOVERED, session_id=numbered(number)))
    evicted = sorted(sealed_segments(folder).values())[1]
    evicted.rename(evicted.with_name(f".{evicted.name}.icloud"))
    came = Retrieved(restored=14)

    damage: list[Finding] = []
    drain(folder, context.target, damage)  # the warehouse has its events: nothing is unknown
    assert [item.lost for item in damage] == [False]
    complain_of_journal(context, came, damage)

    Path(str(context.target.path)).unlink()
    damage.clear()
    drain(folder, context.target, damage)
    with pytest.raises(FixityError, match=r"missing, with 1 events.*the sync service"):
        complain_of_journal(context, came, damage)
    with pytest.raises(JournalDamagedError, match="this sealed segment is missing"):
        drain(folder, context.target)
    complain_of_journal(context, came, [Finding(evicted, 1, "x", frozenset({"known"}))])


def evict(path: Path) -> None:
    """As iCloud does it."""
    path.rename(path.with_name(f".{path.name}.icloud"))


def come_back(path: Path) -> None:
    path.with_name(f".{path.name}.icloud").rename(path)


def test_a_list_that_is_kept_elsewhere_hides_no_loss(tmp_path: Path) -> None:
    context = context_at(tmp_path)
    folder = journal_dir(context.settings.data_dir)
    for number in range(3):
        tell(context, AssetEvent(event_type=EventType.DISCOVERED, session_id=numbered(number)))
    listed = folder / "manifest.jsonl"
    segment = sorted(sealed_segments(folder).values())[1]
    for path in (listed, segment):
        evict(path)
    Path(str(context.target.path)).unlink()
    damage: list[Finding] = []
    assert drain(folder, context.target, damage) == 2
    assert {item.path for item in damage if item.lost} == {listed, segment}
    assert {item.path for item in check(folder)} >= {listed, segment}
    assert strangers(folder) == []
    with pytest.raises(JournalDamagedError, match="a sync service keeps it elsewhere"):
        tell(context, AssetEvent(event_type=EventType.DISCOVERED, session_id=SESSION))
    with pytest.raises(DiskError, match=r"manifest\.jsonl elsewhere"):
        salvage(folder)
    assert not listed.exists()
    for path in (listed, segment):
        come_back(path)
    assert drain(folder, context.target) == 1
    assert check(folder) == []
    assert len(read_manifest(folder).entries) == 4


def test_a_kept_load_whose_file_is_kept_elsewhere_is_missed(tmp_path: Path) -> None:
    load = tmp_path / "loads" / new_id()
    load.mkdir(parents=True)
    (load / "people.csv").write_bytes(b"a")
    write_hashes(load)
    adopt(tmp_path)
    assert losses(tmp_path) == []
    for name in ("people.csv", "hashes.json"):
        evict(load / name)
        assert [item.path for item in losses(tmp_path) if item.lost] == [load / name]
        come_back(load / name)
    assert check(tmp_path) == []


@pytest.mark.parametrize("name", ["folder.id", "format.json"])
def test_what_says_what_a_folder_is_is_not_made_anew(name: str, tmp_path: Path) -> None:
    context = context_at(tmp_path)
    tell(context, AssetEvent(event_type=EventType.DISCOVERED, session_id=SESSION))
    folder = journal_dir(context.settings.data_dir)
    path = folder / name
    before = path.read_bytes()
    evict(path)
    with pytest.raises(DiskError, match="let it come back") as caught:
        drain(folder, context.target)
    assert caught.value.exit_code == 9
    assert not path.exists()
    come_back(path)
    drain(folder, context.target)
    assert path.read_bytes() == before


def test_each_line_of_the_list_is_read_once_in_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        with Journal(tmp_path) as journal:
            journal.append(AssetEvent(event_type=EventType.DISCOVERED, session_id="s"))
    read: list[str | bytes] = []

    def reading(line: str | bytes) -> Any:
        read.append(line)
        return from_json(line)

    monkeypatch.setattr(manifest, "from_json", reading)
    for _ in range(3):
        assert losses(tmp_path) == []
    assert len(read) == len(set(read)) == 5
