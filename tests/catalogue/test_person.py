"""Who is meant by a row id, a name or an address, and who may have been."""

import io
from typing import Any

import pytest

from rowkeeper.catalogue.person import PersonFacts, _row_id
from rowkeeper.cli.person import show
from rowkeeper.cli.terminal import Terminal
from rowkeeper.core.errors import NothingError, UsageError

PEOPLE = [
    ("42", "José Zażółć", "Jose <jose@example.org>", "jose@example.org"),
    ("7", "Ann  Smith", "ann@example.org", "ann@example.org"),
    ("8", "Ann Smith", None, None),
    ("9", "7 Samurai", "\x1b[31mred", None),
    ("9b", "42nd Street", None, None),
]


@pytest.mark.parametrize("who", ["42", " josé  zażółć", "JOSE@example.org"])
def test_a_person_is_named_by_row_id_name_or_address(who: str) -> None:
    assert _row_id(PEOPLE, who) == "42"


def test_a_row_id_goes_before_a_name() -> None:
    assert _row_id([*PEOPLE, ("10", "9", None, None)], "9") == "9"


def test_several_people_are_told_by_their_row_ids() -> None:
    with pytest.raises(UsageError, match="several people: give a row id, 7, 8"):
        _row_id(PEOPLE, "ann smith")


@pytest.mark.parametrize(
    ("who", "offered"),
    [("Jose Zazolc", "42 'José Zażółć'"), ("samurai", "9 '7 Samurai'"), ("smth", "7 'Ann Smith'")],
)
def test_near_matches_are_offered(who: str, offered: str) -> None:
    with pytest.raises(NothingError, match=offered):
        _row_id(PEOPLE, who)


def test_nobody_near_is_said_too() -> None:
    with pytest.raises(NothingError, match="see rowkeeper status --people"):
        _row_id(PEOPLE, "\x1b[2J")


def version(number: int, **said: Any) -> dict[str, Any]:
    known = {"name": "Ann", "email": "a@x.example", "personality_type": None, "source_link": None}
    when = {"version": number, "valid_from": f"2026-11-0{number}", "first_seen_in": "sheet, row 2"}
    return {**known, **when, **said}


def test_a_person_is_shown_with_history_and_each_asset_with_its_place_and_next_step() -> None:
    texts = ("type_modality", "status", "notes", "source_link", "typing_document_link")
    person = dict.fromkeys(texts) | version(2, personality_type="MF") | {"row_id": "7"}
    person |= {"last_seen_in": "sheet, row 2", "in_sheet": True, "left_sheet_at": None}
    person |= {"archived": 1, "expected": 2, "is_complete": False}
    asset: dict[str, Any] = dict.fromkeys(
        ("error_code", "error_message", "attempts", "next_step", "next_try_at")
    )
    asset |= {"asset_id": "a-1", "asset_type": "drive_file", "filename": "Talk.mp4"}
    asset |= {"original_url": "https://drive.example/1", "download_status": "uploaded"}
    asset |= {"is_wanted": True, "file_size_bytes": 2_000_000, "sha256": "f" * 64}
    asset |= {"local_file_path": "files/Talk.mp4", "cloud_storage_url": "s3://bucket/Talk.mp4"}
    gone = {**asset, "asset_id": "a-2", "filename": None, "download_status": "failed"}
    gone |= {"file_size_bytes": None, "sha256": None, "local_file_path": None}
    gone |= {"cloud_storage_url": None, "error_message": "It is private.", "error_code": "private"}
    gone |= {"attempts": 2, "next_step": "mend what it names, then run rowkeeper retry"}
    link = {"original_url": "https://x.example", "error_message": "no medium", "next_step": "other"}
    history = [version(1, personality_type="FF"), version(2, personality_type="MF")]
    said = io.StringIO()
    show(Terminal(file=said, width=200), PersonFacts(person, history, [asset, gone], [link]))
    lines = said.getvalue().splitlines()
    assert lines[0] == "7 Ann"
    assert {
        "  archived: 1 of 2 expected",
        "  2026-11-02: personality type 'FF' became 'MF' (sheet, row 2)",
        "drive_file: Talk.mp4: uploaded",
        "  size: 2.0 MB",
        f"  SHA-256: {'f' * 64}",
        "  file: files/Talk.mp4",
        "  archived: s3://bucket/Talk.mp4",
        "drive_file: https://drive.example/1: failed",
        "  failed: It is private. (private, 2 tries)",
        "  next: mend what it names, then run rowkeeper retry",
        "Not fetched: https://x.example",
        "  no medium: other",
    } <= set(lines)
