"""Who has which kind archived, and why another is not there."""

from typing import Any

from rowkeeper.catalogue.kinds import with_kinds
from rowkeeper.cli.status import by_kind


def alike(row_id: str, kind: str, mime: str | None = None, **facts: Any) -> dict[str, Any]:
    archived = {"download_status": "uploaded", "is_archived": True, "error_code": None, "assets": 1}
    return {"row_id": row_id, "asset_kind": kind, "mime_type": mime, **archived, **facts}


GONE: dict[str, Any] = {"download_status": "failed", "is_archived": False, "error_code": "private"}
ASSETS = [
    alike("1", "file", "video/mp4"),  # in Drive
    alike("1", "video", "audio/wav"),
    alike("1", "document_html", assets=2),
    alike("1", "transcript", download_status="pending", is_archived=False),
    alike("2", "video", **GONE),
    alike("2", "video", **{**GONE, "error_code": "not_found"}),
    alike("3", "video", "video/mp4", download_status="downloaded", is_archived=False),
    alike("3", "document"),
]
EXPECTED = {
    "1": ("document 2, video 2", "transcript (not fetched yet)"),
    "2": ("", "video (not_found, private)"),
    "3": ("document 1", "video (fetched, not archived)"),
    "4": ("", "video (no known link)"),
}


def test_what_is_archived_is_told_by_kind_and_what_is_not_with_why() -> None:
    people = with_kinds([{"row_id": row_id} for row_id in EXPECTED], ASSETS)
    by_row = {one["row_id"]: one for one in map(by_kind, people)}
    assert {row_id: (one["archived"], one["lacks"]) for row_id, one in by_row.items()} == EXPECTED
    assert people[0]["archived_kinds"] == {"document": 2, "video": 2}
    assert people[3]["lacks"] == {"video": "no known link"}
