"""What systems and office programs keep among the legacy CSVs is left out, and told."""

import errno
from pathlib import Path

import pytest

from loaders.legacy_files import EPOCH, find_files, left_out, moment_of, unread_tables
from loaders.pipeline import preview
from loaders.summary import summary_text
from rowkeeper.core.errors import InputError
from tests.fakes.disk import FaultyDisk
from tests.helpers.archives import context_at
from tests.helpers.sources import claiming_csv


def test_only_what_a_person_wrote_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    claiming_csv(folder / "output.csv")
    for name in ("._output.csv", "~$output.csv", ".~lock.output.csv#", ".DS_Store", "Thumbs.db"):
        (folder / name).write_bytes(b"\0\5\26\7\0not a table")
    assert find_files([folder]) == [folder / "output.csv"]
    assert find_files([str(folder / "*.csv")]) == [folder / "output.csv"]
    assert len(left_out([folder, folder / "output.csv"])) == 5
    context = context_at(tmp_path, legacy_csv__paths=str(folder))
    said = summary_text(preview(context.settings, context.target))
    assert "Legacy CSVs: 1 read, 1 new." in said
    assert "Left out of the legacy CSVs, for no person keeps them: " in said
    assert "and 2 more." in said


def test_files_that_may_be_tables_by_another_name_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    claiming_csv(folder / "output.csv")
    tables = ["output.csv.bak", "output.csv.1", "output.csv~", "output.csv_old", "people.xlsx"]
    for name in (*tables, "notes.csvs", "video.mp4"):
        (folder / name).write_bytes(b"row_id")
    assert unread_tables([folder]) == sorted(folder / name for name in tables)
    assert unread_tables([folder, folder / "output.csv.1"]) == sorted(
        folder / name for name in tables if name != "output.csv.1"
    )
    context = context_at(tmp_path, legacy_csv__paths=str(folder))
    said = summary_text(preview(context.settings, context.target))
    assert "Not read, for of a folder only .csv and .tsv are: output.csv.1, output.csv.bak" in said
    assert "If one is a legacy CSV, name it in legacy_csv.paths" in said


def test_a_folder_that_can_not_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claiming_csv(tmp_path / "output.csv")
    closed = tmp_path / "2024"
    closed.mkdir()
    disk = FaultyDisk(closed).install(monkeypatch)
    disk.fails = {"scandir": errno.EACCES}
    with pytest.raises(InputError, match=r"The folder .*2024 can't be read .*legacy_csv.paths"):
        find_files([tmp_path])


ASIDE = [
    ".stversions/output~20260102-030405.csv",
    ".Trash-1000/files/output.csv",
    ".dropbox.cache/2026-01-02/output.csv",
    ".sync/Archive/output.csv",
    "@eaDir/output.csv",
    "#recycle/output.csv",
    "$RECYCLE.BIN/output.csv",
    ".#output.csv",
    "~output.csv",
    ".~output.csv",
    "output (Ann's conflicted copy 2026-01-02).csv",
    "output.sync-conflict-20260102-030405-ABCDEFG.csv",
    "output (Anns in Konflikt stehende Kopie 2026-01-02).csv",
    "output (Copie en conflit de Ann 2026-01-02).csv",
    "output (copia en conflicto de Ann).csv",
    "output (copia in conflitto di Ann 2026-01-02).csv",
    "output (Cópia em conflito de Ann 2026-01-02).csv",
    "output (conflicterende kopie van Ann).csv",
    "output (Anns konfliktkopia).csv",
    "output (Конфликтующая копия 2026-01-02).csv",
    "output (Ann の競合コピー 2026-01-02).csv",
    "output (冲突副本).csv",
    "output (Case Conflict 1).csv",
    "output (SFConflict ann@example.org 2026-01-02-03-04-05).csv",
    "output_conflict-20260102-030405.csv",
    "output_DESKTOP_Jan-02-030405-2026_Conflict.csv",
    "output.Conflict.csv",
    "output [conflicted].csv",
    "output (# Edit conflict 2026-01-02 abc #).csv",
]


def test_a_file_of_people_is_a_source_whatever_they_call_it(tmp_path: Path) -> None:
    names = ["conflict of interest.csv", "conflicts.csv", "output (1).csv", "no_conflicts.csv"]
    for name in names:
        (tmp_path / name).write_text("row_id\n")
    assert {path.name for path in find_files([tmp_path])} == set(names)


@pytest.mark.parametrize("year", [-30_000, 0, 10_000, 60_000, 10**12])
def test_a_time_that_no_calendar_has_is_the_oldest(year: int) -> None:
    assert moment_of((year - 1970) * 31_556_952.0) == EPOCH == moment_of(0)


@pytest.mark.parametrize("name", ASIDE)
def test_deleted_and_older_versions_are_no_sources(name: str, tmp_path: Path) -> None:
    folder = tmp_path / ".hidden" / "old"  # what is above it the user has named
    for path in ("output.csv", "2024/output.csv", name, f"2024/{name}"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("row_id\n")
    (folder / ".git").mkdir()
    wanted = [folder / "2024" / "output.csv", folder / "output.csv"]
    assert find_files([folder]) == wanted
    for pattern in ("**/*.csv", "**/*[a-z].csv"):
        assert set(find_files([folder, str(folder / pattern)])) <= set(wanted)
    assert find_files([folder / name]) == [folder / name]
    first = name.partition("/")[0]
    assert left_out([folder]) == sorted([folder / first, folder / "2024" / first])


def test_a_csv_that_is_kept_elsewhere_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "output.csv").write_text("row_id\n")
    (tmp_path / ".photo.jpg.icloud").touch()
    assert find_files([tmp_path]) == [tmp_path / "output.csv"]
    (tmp_path / ".older.csv.icloud").touch()
    for given in (tmp_path, tmp_path / "older.csv", tmp_path / "*.csv", tmp_path / "**" / "o*.csv"):
        with pytest.raises(InputError, match=r"keeps the legacy CSV .*older\.csv elsewhere"):
            find_files([str(given)])
    assert find_files([tmp_path / "output.csv"]) == [tmp_path / "output.csv"]
