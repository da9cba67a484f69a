"""The format of the legacy CSV: its generations, told by their headers, and its nothings."""

import re

PERSON = ("row_id", "name", "email", "type")
_FOUND = ("link", "extracted_links", "youtube_playlist", "google_drive", "processed")
_TRACKED = (
    *("youtube_status", "youtube_files", "youtube_media_id"),
    *("drive_status", "drive_files", "drive_media_id"),
    *("last_download_attempt", "download_errors", "permanent_failure"),
)

GENERATIONS: dict[int, tuple[str, ...]] = {
    5: (*PERSON, "link"),
    6: (*PERSON, "doc_link", "link"),
    7: (*PERSON[1:], "link", "youtube_playlist", "google_drive", "extracted_links"),
    8: (*PERSON, "link", "document_text", "processed", "extraction_date"),
    18: (*PERSON, *_FOUND, *_TRACKED),
    19: (*PERSON, *_FOUND, "document_text", *_TRACKED),
    21: (*PERSON, *_FOUND, "document_text", *_TRACKED, "file_uuids", "s3_paths"),
}
"""The header of each generation, by its number of columns."""

COLUMNS: tuple[str, ...] = (*GENERATIONS[21], "doc_link", "extraction_date")
"""Every column that any generation has."""

NOTHING = frozenset({"", "-", "'-", "nan", "nat", "<na>", "none", "null", "n/a", "[]", "{}"})
"""What the old system wrote where there was nothing, in lower case."""
ERROR = re.compile(r"#(?:[^\s\d#]\S*[!?]|n/[ad]|nv|н/д|getting_data)", re.IGNORECASE)
"""What a spreadsheet shows where a formula came to nothing: ``#REF!``, ``#N/A``, ``#WERT!``."""


def is_nothing(cell: str | None) -> bool:
    """Does ``cell`` say nothing?"""
    text = cell.strip() if cell else ""
    return text.casefold() in NOTHING or bool(ERROR.fullmatch(text))
