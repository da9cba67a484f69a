"""A bag is whole, valid and what was recorded, or it is not there."""

import hashlib
import unicodedata
from pathlib import Path

import bagit  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rowkeeper.archive.bag_files import begin, clean, finish, payload_name
from rowkeeper.core.errors import FixityError, UsageError

ODD_NAMES = [
    "people/1%0A2/a.mp4",
    "people/x%0dy%0D%0a%0A/a.mp4",
    "row_7_ends with space ",
    "two\nlines\u2028and\x85more.txt",
    unicodedata.normalize("NFD", "é/ü.txt"),
    "100%25.txt",
    "*star  two spaces.txt",
]


def fill(work: Path, names: list[str]) -> dict[str, str]:
    """A file of its own bytes at each name; path below the payload -> SHA-256."""
    hashes = {}
    for name in names:
        path = work / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode("utf-8", "replace"))
        hashes[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return hashes


def test_a_bag_of_odd_names_is_valid(tmp_path: Path) -> None:
    place = tmp_path / "bag"
    place.mkdir()
    work = begin(place)
    hashes = fill(work, [payload_name(name) for name in ODD_NAMES])
    assert len(hashes) == len(ODD_NAMES)
    finish(work, place, {"External-Identifier": "rowkeeper:1"}, hashes)
    assert not work.exists()
    bag = bagit.Bag(str(place))
    bag.validate()
    sealed = {path: entry["sha256"] for path, entry in bag.payload_entries().items()}
    assert sealed == {f"data/{path}": sha256 for path, sha256 in hashes.items()}
    sizes = [path.stat().st_size for path in (place / "data").rglob("*") if path.is_file()]
    assert bag.info["Payload-Oxum"] == f"{sum(sizes)}.{len(sizes)}"
    assert bag.info["External-Identifier"] == "rowkeeper:1"
    lines = (place / "manifest-sha256.txt").read_text("utf-8").splitlines()
    assert sorted(line.partition("  ")[::2] for line in lines) == sorted(
        (sha256, f"data/{path}") for path, sha256 in hashes.items()
    )


@settings(max_examples=30)
@given(st.text(min_size=1))
def test_a_name_of_any_making_is_one_line_of_a_manifest(name: str) -> None:
    line = f"0000  data/x/{payload_name(name)}"
    assert line.splitlines() == [line]
    assert line.strip() == line
    assert bagit._decode_filename(line) == line
    assert unicodedata.is_normalized("NFC", line)
    assert payload_name(payload_name(name)) == payload_name(name)


def test_what_is_there_stays_and_what_is_unfinished_goes_on(tmp_path: Path) -> None:
    place = tmp_path / "bag"
    work = begin(place)
    fill(work, ["archive/kept.txt", "archive/stale.txt", "tables/people.csv.7.part"])
    (work / "bagit.txt").write_text("half")
    (work / "stray").mkdir()
    assert begin(place) == work
    assert [path.name for path in work.iterdir()] == ["data"]
    hashes = fill(work, ["archive/kept.txt"])
    clean(work / "data", set(hashes))
    finish(work, place, {}, hashes)
    files = [path.name for path in (place / "data").rglob("*") if path.is_file()]
    assert files == ["kept.txt"]
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    for taken in (place, place / "bagit.txt"):
        with pytest.raises(UsageError, match="is not empty: give a new folder"):
            begin(taken)
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before
    assert not list(tmp_path.glob("*.unfinished"))


@pytest.mark.parametrize("when", ["before", "after"])
def test_changed_bytes_make_no_bag(
    when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "bag"
    work = begin(place)
    hashes = fill(work, ["a.txt", "b.txt"])
    save = bagit.Bag.save

    def changing(bag: bagit.Bag, **given: bool) -> None:
        if when == "before":
            (work / "data" / "b.txt").write_bytes(b"?")
        save(bag, **given)
        if when == "after":
            (work / "data" / "b.txt").write_bytes(b"B.txt")

    monkeypatch.setattr(bagit.Bag, "save", changing)
    words = {"before": "1 files changed .* data/b.txt", "after": "not valid .*export it again"}
    with pytest.raises(FixityError, match=words[when]):
        finish(work, place, {}, hashes)
    assert not place.exists()


def test_an_interrupted_one_is_no_bag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, here = tmp_path / "bag", Path.cwd()
    hashes = fill(begin(place), ["a.txt"])

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bagit, "_make_tag_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        finish(begin(place), place, {}, hashes)
    assert Path.cwd() == here
    assert not place.exists()
    monkeypatch.undo()
    finish(begin(place), place, {}, hashes)
    bagit.Bag(str(place)).validate()


def test_a_place_that_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="can't be written"):
        begin(tmp_path / "file" / "bag")
