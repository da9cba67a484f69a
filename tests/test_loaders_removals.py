"""A sheet that lost its people is not loaded; a change of a few is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.pipeline import ingest, preview
from loaders.removals import Allowed, Held, check_load, people_of
from loaders.sheet import load_sheet
from rowkeeper.cli import run_command
from rowkeeper.errors import InputError
from rowkeeper.settings import load_settings
from rowkeeper.warehouse import Target, connect


def write(path: Path, people: range) -> Path:
    rows = "".join(f"{number},Person {number}\n" for number in people)
    path.write_text(f"#,Name\n{rows},\n", "utf-8")
    return path


def test_a_load_that_removes_too_many_stops(engine: Target, tmp_path: Path) -> None:
    path = write(tmp_path / "sheet.csv", range(1, 11))
    settings = load_settings({"sheet.source": str(path)})
    ingest(settings, engine)
    write(path, range(3, 12))
    assert preview(settings, engine).sheet_changed
    ingest(settings, engine)  # two of ten are one in five
    write(path, range(3, 9))
    for load in (preview, ingest):
        with pytest.raises(InputError, match=r"lacks 3 of 9 people: 9 \(Person 9\), 10"):
            load(settings, engine)
    with connect(engine) as warehouse:
        assert warehouse.query("select count(*) from raw.sheet_snapshots") == [(2,)]
    ingest(load_settings({"sheet.source": str(path), "sheet.max_removed": 1.0}), engine)
    with connect(engine) as warehouse:
        assert warehouse.query("select count(*) from raw.sheet_snapshots") == [(3,)]


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_the_command_says_how_to_allow_it(
    engine: Target, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "sheet.csv", range(1, 11))
    run = ["run", "--dry-run", "--sheet", str(path)]
    ingest(load_settings({"sheet.source": str(path)}), engine)
    write(path, range(1, 3))
    assert run_command(run) == 3
    assert "run once with --max-removed 1" in capsys.readouterr().err
    assert run_command([*run, "--max-removed", "1"]) == 0


@given(st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40)), st.floats(0, 1))
def test_the_share_is_what_is_held_to(before: set[int], now: set[int], share: float) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        rows = "".join(f"{number},Person {number}\n" for number in sorted(now))
        path = Path(folder) / "sheet.csv"
        path.write_text(f"#,Name\n{rows}", "utf-8")
        snapshot = load_sheet(str(path))
    known = people_of((str(number), f"Person {number}", None) for number in sorted(before))
    allowed = not before or len(before - now) / len(before) <= share
    try:
        check_load(snapshot, Held(people=known), Allowed(max_removed=share))
    except InputError:
        assert not allowed
    else:
        assert allowed


def test_a_share_in_hundredths_means_what_it_says(tmp_path: Path) -> None:
    snapshot = load_sheet(str(write(tmp_path / "sheet.csv", range(30, 101))))
    before = Held(people=people_of((str(n), f"Person {n}", None) for n in range(1, 101)))
    check_load(snapshot, before, Allowed(max_removed=0.29))
    with pytest.raises(InputError, match="lacks 29 of 100 people"):
        check_load(snapshot, before, Allowed(max_removed=0.28))
