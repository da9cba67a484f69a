"""The format of the legacy CSV: its generations, told by their headers, and its nothings."""

_PERSON = ("row_id", "name", "email", "type")
_FOUND = ("link", "extracted_links", "youtube_playlist", "google_drive", "processed")
_TRACKED = (
    *("youtube_status", "youtube_files", "youtube_media_id"),
    *("drive_status", "drive_files", "drive_media_id"),
    *("last_download_attempt", "download_errors", "permanent_failure"),
)

GENERATIONS: dict[int, tuple[str, ...]] = {
    5: (*_PERSON, "link"),
    6: (*_PERSON, "doc_link", "link"),
    7: (*_PERSON[1:], "link", "youtube_playlist", "google_drive", "extracted_links"),
    8: (*_PERSON, "link", "document_text", "processed", "extraction_date"),
    18: (*_PERSON, *_FOUND, *_TRACKED),
    19: (*_PERSON, *_FOUND, "document_text", *_TRACKED),
    21: (*_PERSON, *_FOUND, "document_text", *_TRACKED, "file_uuids", "s3_paths"),
}
"""The header of each generation, by its number of columns."""

COLUMNS: tuple[str, ...] = (*GENERATIONS[21], "doc_link", "extraction_date")
"""Every column that any generation has."""

NOTHING = frozenset({"", "-", "'-", "nan", "<na>", "none", "null", "n/a", "[]", "{}"})
"""What the old system wrote where there was nothing, in lower case."""


def is_nothing(cell: str | None) -> bool:
    """Does ``cell`` say nothing?"""
    return not cell or cell.strip().casefold() in NOTHING
