"""The CSVs that restore and a bag write are opened in spreadsheets, so no cell of theirs runs."""

import csv
import io

import pytest

from rowkeeper.archive.bag import _csv
from rowkeeper.archive.pieces import Piece
from rowkeeper.archive.retrieve import HEADER, _index
from rowkeeper.core.csv.guard import unguard

FORMULAS = ["=1", "a\n=1", "\t=1", "＝1", "x;=1", ' "@SUM(1)', "-1+1", "\r+1"]


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_of_a_bags_tables_is_a_formula(cell: str) -> None:
    (_, (written,)) = csv.reader(io.StringIO(_csv(["name"], [[cell]]).decode(), newline=""))
    assert written != cell
    assert unguard(written) == cell


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_of_the_index_is_a_formula(cell: str) -> None:
    values = dict.fromkeys(Piece.__dataclass_fields__, "x") | {"name": cell, "original_url": cell}
    data = _index([("x", Piece(**values))])  # type: ignore[arg-type]
    (row,) = csv.DictReader(io.StringIO(data.decode(), newline=""))
    for name in ("name", "original_url"):
        assert row[name] != cell
        assert unguard(row[name]) == cell
    assert list(row) == list(HEADER)
