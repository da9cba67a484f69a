"""What ``reconcile`` says without a warehouse: whose file it names, what a sheet proves."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from loaders.sheet import Snapshot, load_sheet
from rowkeeper.core.text import sha256, to_json
from rowkeeper.migration.export.warehouse import LoadedFile
from rowkeeper.migration.reconcile.history import history_faults
from rowkeeper.migration.reconcile.marts import mart_faults
from rowkeeper.migration.reconcile.proof import (
    BY_FILE,
    CHANGED,
    MISLOADED,
    OTHERWISE,
    sheet_proof,
    unknown_columns,
)
from rowkeeper.migration.reconcile.published import Published, RawRow
from rowkeeper.migration.reconcile.rows import SourceRow

RAW: dict[str, Any] = {
    **{"row_key": "ab:2", "source": "legacy_csv", "file_id": "ab", "file": "old.csv", "line": 2},
    **{"observed_at": None, "name": "Ann", "email": "a@x", "type": "FF", "status": None},
    **{"notes": None, "disposition": "used", "row_id": "1", "repeated": None},
}
ROW = RawRow(**RAW)
PERSON: dict[str, Any] = {"row_id": "1", "name": "Ann", "email": "a@x", "personality_type": "FF"}
COUNTED = ("expected", "held", "archived", "claimed", "failed", "missing", "unsupported_links")
COVERAGE: dict[str, Any] = {
    **PERSON,
    **dict.fromkeys((*COUNTED, "incomplete_lists", "provisional", "known_earlier"), 0),
    "is_complete": False,
}
PEOPLE = {**PERSON, "typing_document_link": None, "status": None, "notes": None}
ASSET: dict[str, Any] = {
    **{"asset_id": "x", "provider": "direct", "media_id": "m", "asset_kind": "file"},
    **{"row_id": "1", "row_ids": "1", "name": "Ann", "email": "a@x", "personality_type": "FF"},
    **{"asset_type": "file", "asset_count": 1, "download_status": "failed"},
}
VERSION = {**PERSON, "version": 2, "source_link": None, "valid_from": None}


def published(*, has_row: bool, **changed: Any) -> Published:
    empty: dict[str, Any] = {
        "people": {},
        "assets": {},
        "coverage": {},
        "unsupported": {},
        "cells": {},
        "links": {},
        "content": [],
        "media": [],
        "history": [],
        "unverified": [],
        **{"mentions": {}, "identified": set(), "rows": {ROW.row_key: ROW} if has_row else {}},
    }
    return Published(**(empty | changed))


@pytest.mark.parametrize(
    ("changed", "table"),
    [
        ({"coverage": {"1": COVERAGE}}, "coverage"),
        ({"people": {"1": {**PEOPLE, "source_row_key": "gone"}}}, "people"),
        ({"content": [ASSET]}, "person_content"),
        ({"media": [ASSET]}, "media"),
        ({"history": [VERSION]}, "people_history"),
    ],
)
def test_a_difference_about_somebody_names_a_file_of_theirs(
    changed: dict[str, Any], table: str
) -> None:
    for has_row in (True, False):
        tables = published(has_row=has_row, **changed)
        faults = [*mart_faults(tables), *history_faults(tables)]
        places = {(item.file, item.line) for item in faults}
        if has_row:
            assert places == {("old.csv", 2)}
        else:
            assert (table, 0) in places
            assert all(file for file, _ in places)


def test_titles_that_stand_twice_are_columns_of_their_own() -> None:
    header, layout = ["row_id", "Memo", "Memo", ""], ["row_id", "", "", ""]
    texts: dict[str, Any] = {
        field.name: "" for field in fields(LoadedFile) if field.type in (str, "str")
    }
    texts |= {"generation": 1, "row_count": 2, "header": to_json(header), "layout": to_json(layout)}
    file = LoadedFile(**texts)
    assert file.columns({}) == ("row_id", "?memo", "?memo (2)", "")
    names: dict[str, Any] = dict.fromkeys(SourceRow.__dataclass_fields__)
    cells = (["1", "a", "b", ""], ["2", "", "c", "d"])
    rows = [SourceRow(**names | {"cells": to_json(row)}) for row in cells]
    assert unknown_columns(file, rows) == {
        "Memo (column 2)": 1,
        "Memo (column 3)": 2,
        "(column 4)": 1,
    }


TITLES = "row_id,name,email,type"
SHEET = f"{TITLES}\n1,Ann Ash,ann@x.org,FF\n2,Bob,b@x.org,MM\n"


def proved(snapshot: Snapshot, *changes: tuple[str, str], **said: Any) -> str:
    """The proof of a sheet in which the loader took one text for another, and hashed that."""
    rows = []
    for row in snapshot.rows:
        cells = row.cells_json
        for true, taken in changes:
            cells = cells.replace(true, taken)
        names: dict[str, Any] = dict.fromkeys(SourceRow.__dataclass_fields__)
        rows.append(SourceRow(**names | {"line": row.number, "cells": cells}))
    hashes = [[row.line, sha256(row.cells)] for row in rows]
    record = {
        "source": snapshot.source,
        "source_sha256": snapshot.source_sha256,
        "notice": " ".join(snapshot.notices) or None,
        "content_sha256": sha256(to_json(hashes)),
    }
    return sheet_proof(record | said, rows)


def test_a_fault_of_the_loader_is_seen_in_a_file_that_has_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(SHEET)
    snapshot = load_sheet(str(path))
    assert proved(snapshot) == BY_FILE
    assert proved(snapshot, ("Bob", "Rob")) == MISLOADED
    assert proved(snapshot, ("Bob", "Rob"), source_sha256=None) == CHANGED  # of an earlier version
    assert proved(snapshot, ("Bob", "Rob"), notice="It was a guess.") == OTHERWISE
    path.write_text(SHEET.replace("Bob", "Rob"))
    assert proved(snapshot) == CHANGED


def test_a_saved_page_has_its_hash_too(tmp_path: Path) -> None:
    rows = "".join(
        f"<tr><td>{'</td><td>'.join(line.split(','))}</td></tr>" for line in SHEET.splitlines()
    )
    path = tmp_path / "people.html"
    path.write_text(f"<html><body><table class='waffle'>{rows}</table></body></html>")
    snapshot = load_sheet(str(path))
    assert proved(snapshot) == BY_FILE
    assert proved(snapshot, ("Bob", "Rob")) == MISLOADED


@pytest.mark.parametrize(
    "data",
    [
        SHEET.encode("utf-16"),
        SHEET.replace(",", ";").encode("utf-8-sig"),
        b'"sep=;"\n' + SHEET.replace(",", ";").encode(),
        b"SEP=;\r\n" + SHEET.replace(",", ";").encode(),
        b"Our people\n\n" + SHEET.replace(",", "\t").encode(),
        SHEET.replace("Ann Ash", '"Ann, the ""first"""').replace(",Bob", ',  "B\nob"').encode(),
        SHEET.replace("\n", "\r").encode(),
        SHEET.replace("Bob", "Zo\u00eb").encode("cp1252"),
    ],
)
def test_both_readers_find_the_same_in_files_as_programs_write_them(
    tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(data)
    assert proved(load_sheet(str(path))) == BY_FILE
