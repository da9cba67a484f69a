"""The way back on generated histories: no mapped cell is lost and no row id stands twice."""

import csv
import io
import random
from collections import Counter
from pathlib import Path

import pytest

from loaders.pipeline import ingest
from rowkeeper.cli import run_command
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.files import kept_files
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from tests.helpers.legacy_people import REMARKS, Cells, person, written

IDENTITY = ("row_id", "name", "email", "type")


def snapshot(people: list[Cells], chance: random.Random) -> list[Cells]:
    """Some of the people, some never processed in this file, some with their name glued."""
    rows = []
    for cells in people:
        row = dict(cells)
        if chance.random() < 0.4:
            row = {name: cell if name in IDENTITY else "" for name, cell in row.items()}
        if chance.random() < 0.3:
            row["name"] = row["name"].replace(" ", "")
        if chance.random() < 0.9:
            rows.append(row)
    return rows


def history(folder: Path, seed: int, people: list[Cells]) -> None:
    """Files of all generations, in any order of time, and decoys of the newest kind: two that are
    alike, one with more people than there are, and one that has a real person among them."""
    chance = random.Random(seed)
    widths = [*GENERATIONS, 21, 21, 18]
    chance.shuffle(widths)
    for number, width in enumerate(widths):
        rows = snapshot(people, chance)
        (folder / f"{number}_{width}.csv").write_bytes(written(width, rows))
    whole = [row | {REMARKS: "" if n % 2 else f"so {n}"} for n, row in enumerate(people)]
    (folder / "whole.csv").write_bytes(written(21, chance.sample(whole, len(whole)), REMARKS))
    remarked = [row | {REMARKS: f"so {n}", "Shelf": "b"} for n, row in enumerate(people)]
    (folder / "remarks.csv").write_bytes(written(5, remarked, REMARKS, "Shelf"))
    sizes = {"decoy1": range(1, 3), "decoy2": range(1, 4), "decoy3": range(901, 941)}
    for name, numbers in sizes.items():
        decoy = [
            {"row_id": str(n), "name": f"Test {n}", "email": f"t{n}@test", "processed": "yes"}
            for n in numbers
        ]
        (folder / f"{name}.csv").write_bytes(written(21, decoy))
    mixed = [{"row_id": str(n), "name": f"Probe {n}", "email": f"p{n}@x"} for n in range(951, 991)]
    (folder / "decoy4.csv").write_bytes(written(21, [people[0], *mixed]))


def table(path: Path) -> dict[str, Cells]:
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    twice = {row_id: n for row_id, n in Counter(row["row_id"] for row in rows).items() if n > 1}
    assert not twice
    return {row["row_id"]: row for row in rows}


@pytest.mark.parametrize(("engine", "seed"), [("duckdb", 1), ("postgres", 2)], indirect=["engine"])
def test_a_rollback_beside_decoys_keeps_every_cell(
    engine: Target,
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    chance = random.Random(seed)
    people = [person(number, chance) for number in range(1, 13)]
    history(folder, seed, people)
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_PATHS", str(folder))
    context = Context(load_settings({}), engine)
    ingest(context.settings, engine)
    warned = {warning.test: warning for warning in build(context)}
    assert warned["warn_test_data"].rows == 3
    assert "decoy1.csv: 2 people" in " ".join(warned["warn_test_data"].examples)

    path = tmp_path / "back" / "output.csv"
    assert run_command(["migrate", "rollback", str(path)]) == 0
    said = capsys.readouterr().out
    assert "from whole.csv" in said
    assert "12 filled cells of shelf, a column that it has not" in said
    by_id = table(path)
    assert [by_id[cells["row_id"]][REMARKS] for cells in people] == [f"so {n}" for n in range(12)]
    for cells in people:
        row = by_id[cells["row_id"]]
        lacking = {name for name, cell in cells.items() if name in row and cell and not row[name]}
        assert lacking == set()
        assert {row[name] for name in ("file_uuids", "s3_paths")} == {
            cells[name] for name in ("file_uuids", "s3_paths")
        }
    assert run_command(["migrate", "rollback", "--base", "decoy1.csv", str(path)]) == 2
    assert "No row of decoy1.csv is of anybody" in capsys.readouterr().err

    back = path.read_bytes()
    others = written(21, [*people, person(77, chance) | {"Owed": "5"}], "Owed")
    path.write_bytes(others)
    assert run_command(["migrate", "rollback", str(path)]) == 13
    assert "1 rows would go (rows 77, of output.csv)" in capsys.readouterr().err
    assert path.read_bytes() == others
    assert run_command(["migrate", "rollback", "--accept-losses", str(path)]) == 0
    assert "1 rows would go (rows 77, of output.csv)" in capsys.readouterr().out
    assert path.read_bytes() == back
    for other in (["--generation", "5"], ["--base", "remarks.csv"]):
        assert run_command(["migrate", "rollback", *other, str(path)]) == 13
        assert "12 filled cells of file_uuids would become empty" in capsys.readouterr().err
    path.write_bytes(b"no titles\n1,Ann\n")
    assert run_command(["migrate", "rollback", str(path)]) == 13
    assert "2 lines, among which no titles are known, would go" in capsys.readouterr().err
    path.write_bytes(back)
    assert others in [kept.read_bytes() for kept in kept_files(path)]
