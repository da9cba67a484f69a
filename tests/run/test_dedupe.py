"""One medium wanted by several people is one transfer, one file and one object."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from demo.site import SHEET_PAGE, Demo
from rowkeeper.cli import run_command
from rowkeeper.core.warehouse import Row, Target, Warehouse
from rowkeeper.run import dedupe, transfer
from tests.fakes.internet import FakeInternet
from tests.helpers.sources import page
from tests.helpers.warehouses import in_order

ASSETS = """
select person_row_id, media_id, asset_type, local_file_path, cloud_storage_url, upload_status,
    error_code, download_attempts
from {schema}.assets order by person_row_id, media_id, asset_type"""
DOCUMENTS = "select person_row_id, text from {schema}.documents order by person_row_id, text"


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many queries each batch of requests that may be shared asks, by itself.

    The watch over long waits, which asks from a thread of its own, does not count.
    """
    found: list[int] = []
    share, query = dedupe.share_downloads, Warehouse.query

    def counting(self: Warehouse, *given: Any) -> list[Row]:
        found[-1] += threading.current_thread() is threading.main_thread()
        return query(self, *given)

    def sharing(*given: Any) -> set[str]:
        found.append(0)
        with monkeypatch.context() as patched:
            patched.setattr(Warehouse, "query", counting)
            return share(*given)

    with monkeypatch.context() as patched:
        patched.setattr(transfer, "share_downloads", sharing)
        yield found


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_what_two_people_have_is_moved_once(
    engine: Target,
    demo: Demo,
    internet: FakeInternet,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_PATHS", "")
    file, document = demo.site.files[0].id, demo.site.documents[0].id
    folder = demo.site.folders[0]
    shared = [
        f"https://drive.google.com/file/d/{file}/view",
        f"https://docs.google.com/document/d/{document}/edit",
        f"https://drive.google.com/drive/folders/{folder.id}",
    ]
    gone = "https://drive.google.com/file/d/1GoneGoneGoneGoneGoneGoneGone/view"
    people = {"1": [*shared, gone], "2": [*shared, gone]}
    demo.site.pages[SHEET_PAGE] = page(people)
    assert run_command(["run"]) == 0
    assert internet.fetched(f"/document/d/{document}/export") == 2  # text and HTML
    assert internet.fetched("drive.google.com/embeddedfolderview") == 1
    files = {file, "gone", *(entry.id for entry in folder.entries if entry.kind == "file")}
    documents = {document, *(entry.id for entry in folder.entries if entry.kind == "document")}
    assert internet.fetched("drive.google.com/uc") == len(files)

    found = in_order(engine, ASSETS)
    first = [row[1:] for row in found if row[0] == "1"]
    assert first == [row[1:] for row in found if row[0] == "2"]
    assert len(first) == 1 + len(files) + 2 * len(documents)
    assert {row[5] for row in first} == {"not_found", None}
    texts = in_order(engine, DOCUMENTS)
    assert [row[1] for row in texts if row[0] == "1"] == [row[1] for row in texts if row[0] == "2"]
    objects = {row[3] for row in first if row[4] == "uploaded"}
    kept = [path for path in (tmp_path / "data" / "archive").rglob("*") if path.is_file()]
    assert len(kept) == len(objects) == len({path.read_bytes() for path in kept})

    asked = len(internet.requests)
    demo.site.pages[SHEET_PAGE] = page({**people, "3": shared})
    with counted(monkeypatch) as queries:
        assert run_command(["run"]) == 0
    assert max(queries) <= 7  # of a batch, however many of it are shared
    assert len(internet.requests) == asked + 1  # the sheet alone
    later = in_order(engine, ASSETS)
    assert [row[1:] for row in later if row[0] == "3"] == [row for row in first if row[5] is None]

    path = next(row[2] for row in first if row[:2] == (document, "google_doc"))
    (tmp_path / "data" / path).write_bytes(b"changed")
    demo.site.pages[SHEET_PAGE] = page({**people, "3": shared, "4": shared[1:2]})
    assert run_command(["run"]) == 0
    ((own,),) = in_order(
        engine,
        "select local_file_path from {schema}.assets "
        "where person_row_id = '4' and asset_type = 'google_doc'",
    )
    assert own != path  # a file that is not whole is not shared
