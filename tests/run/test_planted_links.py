"""Links at every name that a run makes, learned by watching one: none is followed."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from demo.site import Demo
from rowkeeper.cli import run_command
from rowkeeper.core.warehouse import Target
from tests.fakes.internet import FakeInternet

EXPORTS = {
    "restored": ["restore", "--to"],
    "bag": ["export", "bag", "--to"],
    "legacy.csv": ["export", "csv", "--generation", "21", "--output"],
}
"""What writes elsewhere, by the name of its place."""
MAKES = os.O_CREAT | os.O_TRUNC | os.O_APPEND
_seen: set[str] | None = None


def _hook(event: str, args: tuple[object, ...]) -> None:
    if _seen is None:
        return
    if event == "open" and isinstance(args[0], str | os.PathLike):
        mode, flags = args[1], args[2]
        writes = isinstance(mode, str) and set(mode) & set("wax+")
        if writes or (isinstance(flags, int) and flags & MAKES):
            _seen.add(str(args[0]))
    elif event in {"os.rename", "os.link", "os.mkdir"}:
        _seen.update(str(item) for item in args[:2] if isinstance(item, str | os.PathLike))


@contextmanager
def watched() -> Iterator[set[str]]:
    """The names that this process makes, folders too. A hook can't be taken back: it is idle."""
    global _seen
    if not getattr(sys, "_rowkeeper_watched", False):
        sys.addaudithook(_hook)
        sys._rowkeeper_watched = True  # type: ignore[attr-defined]
    followed: set[str] = set()
    _seen = followed
    try:
        yield followed
    finally:
        _seen = None


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_none_of_the_links_at_the_names_of_a_run_is_followed(
    engine: Target,
    demo: Demo,
    internet: FakeInternet,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = tmp_path / "data"
    places = {tmp_path / name for name in ("data", "pace", "state", "metrics", "out")}
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_DUAL_WRITE", "1")
    monkeypatch.setenv("ROWKEEPER_MONITORING_METRICS_FILE", f"{tmp_path}/metrics/rowkeeper.prom")
    (tmp_path / "metrics").mkdir()
    exports = [[*words, f"{tmp_path}/out/{name}"] for name, words in EXPORTS.items()]
    with watched() as names:
        for command in (["run"], *exports):
            assert run_command(command) == 0, (command, capsys.readouterr().err)
    kept = {str(path) for folder in places for path in folder.rglob("*")}
    for folder in places:
        folder.rename(tmp_path / f"learned-{folder.name}")
    made = {Path(name) for name in names | kept if name.startswith(f"{tmp_path}/")}
    inside = {path for path in made if places & set(path.parents)}
    assert {path.relative_to(tmp_path).parts[0] for path in inside} == {p.name for p in places}
    tools = {place / "dlt", place / "dbt"}
    drawn = place / "journal" / "loads"  # each in a folder of a new name, where nobody can plant
    files = {
        path
        for path in inside
        if path.parent != place
        and not {*tools, drawn} & {path, *path.parents}
        and not any(path in other.parents for other in inside)
    }
    assert len(files) > 50

    outside = tmp_path / "outside"
    outside.mkdir()
    place.mkdir()
    for number, path in enumerate(sorted(files)):
        path.parent.mkdir(parents=True, exist_ok=True)
        (outside / f"{number}").write_bytes(b"a stranger's %d" % number)
        path.symlink_to(outside / (f"{number}" if number % 3 else f"nothing-{number}"))
    before = {path.name: path.read_bytes() for path in outside.iterdir()}
    capsys.readouterr()
    monkeypatch.setenv("ROWKEEPER_DISK_NEW_FOLDER", "1")
    code = run_command(["run"])
    said = "".join(capsys.readouterr())
    assert {path.name: path.read_bytes() for path in outside.iterdir()} == before
    assert code == 13, said  # the stranger's legacy CSV lacks people, and is left as it is
    assert "Traceback" not in said
    for command in exports:
        assert run_command(command) != 1, capsys.readouterr().err
        assert {path.name: path.read_bytes() for path in outside.iterdir()} == before
    stored = [path for path in (place / "archive").rglob("*") if path.is_file()]
    assert stored
    (place / "published" / "search.sqlite").unlink(missing_ok=True)
    shutil.rmtree(place / "site")
    (tmp_path / "elsewhere").mkdir()
    (place / "published").rename(tmp_path / "elsewhere" / "published")
    (tmp_path / "elsewhere" / "site").mkdir()
    for name, command in (("site", ["site"]), ("published", ["search", "words"])):
        (place / name).symlink_to(tmp_path / "elsewhere" / name)
        there = sorted((place / name).iterdir())
        assert run_command(command) == 9, capsys.readouterr().err
        assert sorted((place / name).iterdir()) == there
        (place / name).unlink()
    for path in sorted(tools | {path for path in inside if path.parent == place}):
        monkeypatch.setenv("ROWKEEPER_DATA_DIR", str(tmp_path / f"linked-{path.name}"))
        (tmp_path / f"linked-{path.name}").mkdir()
        (tmp_path / f"linked-{path.name}" / path.name).symlink_to(outside)
        assert run_command(["run"]) == 9
        assert "is a link, which is not followed" in " ".join("".join(capsys.readouterr()).split())
    assert {path.name: path.read_bytes() for path in outside.iterdir()} == before
