"""A link that has a key of its own is asked with that, whoever else was refused without it."""

import pytest

from demo.site import SHEET_PAGE, Demo
from rowkeeper.cli import run_command
from rowkeeper.core.ids import asset_id
from rowkeeper.core.warehouse import Target
from tests.fakes.internet import FakeInternet
from tests.fakes.site import DriveFile
from tests.helpers.sources import page
from tests.helpers.warehouses import in_order

FILE, GONE, WORD = "0B7keyed_file_0123456789", "0B7other_file_0123456789", "0-resource_Key"
STATES = """
select person_row_id, download_status, error_code from {schema}.assets
where media_id = '{media_id}' order by person_row_id"""


def in_order_of_work(media_id: str) -> list[str]:
    return sorted("123456", key=lambda row: asset_id(row, "drive", media_id, "file"))


def link(media_id: str, key: str = "") -> list[str]:
    url = f"https://drive.google.com/file/d/{media_id}/view"
    return [f"{url}?resourcekey={key}" if key else url]


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_the_refusal_of_one_link_is_not_that_of_another(
    engine: Target, demo: Demo, internet: FakeInternet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_PATHS", "")
    demo.site.files.append(DriveFile(FILE, "a.txt", b"words", "text/plain", resource_key=WORD))
    plain, same, wrong, again, right, last = in_order_of_work(FILE)
    demo.site.pages[SHEET_PAGE] = page(
        {
            plain: link(FILE),
            same: link(FILE),
            wrong: link(FILE, "0-outdated_key"),
            again: link(FILE, "0-outdated_key"),
            right: link(FILE, WORD),
            last: link(FILE),
        }
    )
    assert run_command(["run"]) == 0
    rows = in_order(engine, STATES.replace("{media_id}", FILE))
    assert {row[0] for row in rows if row[1] == "uploaded"} == {plain, same, right, last}
    assert {row[2] for row in rows if row[1] != "uploaded"} == {"not_found"}
    assert internet.fetched("drive.google.com/uc") == 2
    assert run_command(["retry"]) == 0  # what somebody has by now is theirs, too
    rows = in_order(engine, STATES.replace("{media_id}", FILE))
    assert [row[1:] for row in rows] == [("uploaded", None)] * 6


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_refusal_is_asked_for_once_a_key(
    engine: Target, demo: Demo, internet: FakeInternet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_PATHS", "")
    keys = ("", "", "0-one_key_1234", "0-one_key_1234", "0-two_key_1234", "")
    demo.site.files.append(DriveFile(GONE, error="removed"))
    rows = in_order_of_work(GONE)
    demo.site.pages[SHEET_PAGE] = page(
        {row: link(GONE, key) for row, key in zip(rows, keys, strict=True)}
    )
    assert run_command(["run"]) == 0
    states = in_order(engine, STATES.replace("{media_id}", GONE))
    assert [row[1:] for row in states] == [("failed", "removed")] * 6
    assert internet.fetched("drive.google.com/uc") == 2
