"""What legacy rows claim: in their own words, about a medium only where nothing is in doubt."""

import json
from typing import Any

import pytest

from loaders.legacy_cells import split_names
from loaders.legacy_claims import claims_of, moment
from loaders.links import legacy_row_links
from rowkeeper.core.ids import asset_id

VIDEO, OTHER = "dQw4w9WgXcQ", "abc_-456789"
FILE = "1AbCdEfGhIjKlMnOpQrStUvWxYz012345"
YOUTUBE_LINK = f"https://youtu.be/{VIDEO}"
DRIVE_LINK = f"https://drive.google.com/file/d/{FILE}/view"


def claims(**values: str) -> list[dict[str, Any]]:
    row = {"row_id": " 7 ", **values}
    links = legacy_row_links(row.items(), "k", row["row_id"])
    rows = claims_of(row, "k", row["row_id"].strip(), links)
    assert len({claim["claim_key"] for claim in rows}) == len(rows)
    return rows


def brief(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(claim[name] for name in names) for claim in rows]


def test_a_status_is_about_each_medium_of_its_side() -> None:
    rows = claims(
        link=YOUTUBE_LINK,
        google_drive=DRIVE_LINK,
        youtube_status="completed",
        drive_status="failed",
        download_errors="No files found",
        last_download_attempt="2025-06-14T21:58:01.978527",
    )
    assert brief(rows, "claim", "words", "media_id", "asset_kind", "verdict") == [
        ("status", "completed", VIDEO, "video", None),
        ("status", "completed", VIDEO, "transcript", None),
        ("status", "failed: No files found", FILE, "file", "retry"),
    ]
    assert rows[2]["asset_id"] == asset_id("7", "drive", FILE, "file")
    assert rows[0]["claimed_at"].isoformat() == "2025-06-14T21:58:01.978527+00:00"


@pytest.mark.parametrize("folder", ["C:\\dl\\", "/home/a/youtube_downloads/", "youtube_downloads/"])
def test_a_file_is_known_by_its_name_in_whatever_folder_it_lay(folder: str) -> None:
    rows = claims(youtube_files=f"{folder}{VIDEO}.mp4", drive_files=f"{folder}Talk.mp4")
    assert brief(rows, "words", "file_name", "media_id") == [
        (f"{folder}{VIDEO}.mp4", f"{VIDEO}.mp4", VIDEO),
        (f"{folder}Talk.mp4", "Talk.mp4", None),
    ]


def test_a_mapping_as_python_writes_it_is_one() -> None:
    rows = claims(
        link=YOUTUBE_LINK,
        file_uuids=str({f"YouTube: {VIDEO}": "u1", "Drive file x": None}),
        s3_paths=str({"u1": "files/it's.mp4"}),
    )
    assert brief(rows, "object_uuid", "object_key", "media_id", "standing") == [
        ("u1", "files/it's.mp4", VIDEO, "claimed")
    ]


def test_characters_that_no_encoding_has_are_replaced() -> None:
    (claim,) = claims(file_uuids='{"a\\u0000": "\\ud83d"}')
    assert (claim["words"], claim["object_uuid"]) == ("a\ufffd", "\ufffd")


def test_a_time_with_a_zone_is_taken_in_it() -> None:
    (claim, *_) = claims(
        link=YOUTUBE_LINK,
        youtube_status="completed",
        last_download_attempt="2025-06-14T23:58:01+02:00",
    )
    assert claim["claimed_at"].isoformat() == "2025-06-14T21:58:01+00:00"


@pytest.mark.parametrize("status", ["", "nan", "-", "'-", "None", "<NA>"])
def test_nothing_claims_nothing(status: str) -> None:
    assert claims(link=YOUTUBE_LINK, youtube_status=status, youtube_files=status) == []


def test_failed_without_any_link_is_a_failure_of_nothing() -> None:
    (claim,) = claims(youtube_status="failed", download_errors="No files were downloaded")
    assert (claim["standing"], claim["asset_id"]) == ("nothing", None)


@pytest.mark.parametrize(
    ("cell", "sides"), [("youtube", 2), ("drive", 1), ("youtube,drive", 3), ("Drive, YouTube", 3)]
)
def test_permanent_failures(cell: str, sides: int) -> None:
    rows = claims(link=YOUTUBE_LINK, google_drive=DRIVE_LINK, permanent_failure=cell)
    assert brief(rows, "claim", "verdict") == [("permanent_failure", "permanent")] * sides


def test_files_are_of_the_medium_in_their_name() -> None:
    names = f"{VIDEO}.mp4,{VIDEO}_transcript.vtt,watch_video.mp4,talk.mp4"
    rows = claims(youtube_files=names)
    assert brief(rows, "file_name", "media_id", "asset_kind") == [
        (f"{VIDEO}.mp4", VIDEO, "video"),
        (f"{VIDEO}_transcript.vtt", VIDEO, "transcript"),
        ("watch_video.mp4", None, None),
        ("talk.mp4", None, None),
    ]


@pytest.mark.parametrize(
    ("files", "media_id", "known"),
    [
        ("Recording 2023.m4a", FILE, True),
        ("Recording 2023.m4a", "", True),
        ("Recording 2023.m4a", "1SomeOtherDriveIdThatIsNotLinked", False),
        ("1.Please read me.docx;2.Answers.docx", FILE, False),
        (f"{FILE}.docx;another.txt", "", True),
    ],
)
def test_a_drive_file_is_known_where_the_row_leaves_no_doubt(
    files: str, media_id: str, known: bool
) -> None:
    first = claims(google_drive=DRIVE_LINK, drive_files=files, drive_media_id=media_id)[0]
    assert (first["media_id"] == FILE) is known


def test_of_several_drive_files_a_name_says_which_or_nobody_knows() -> None:
    links = f"{DRIVE_LINK}|https://drive.google.com/file/d/{'B' * 33}/view"
    first = claims(google_drive=links, drive_files="Talk.mp4")[0]
    assert first["media_id"] is None
    named = claims(google_drive=links, drive_files=f"{'B' * 33}.mp4")[0]
    assert named["media_id"] == "B" * 33


def test_a_page_saved_as_a_file_is_unverified() -> None:
    (claim,) = claims(google_drive=DRIVE_LINK, drive_files=f"{FILE}.html")
    assert claim["standing"] == "unverified"


def test_mappings_stand_where_the_row_links_to_the_medium() -> None:
    uuids = {
        f"YouTube: {VIDEO}": "u1",
        f"YouTube: {OTHER}": "u2",
        f"Drive file {FILE}": "u3",
        "S3 file u4": "u4",
        "YouTube: watch_video": "u5",
        "something else": "u6",
    }
    paths = {"u1": "files/u1.mp4", "u9": "files/u9.mp4"}
    rows = claims(
        youtube_playlist=f"https://www.youtube.com/watch_videos?video_ids={VIDEO},aaaaaaaaaaa",
        google_drive=DRIVE_LINK,
        file_uuids=json.dumps(uuids),
        s3_paths=json.dumps(paths),
    )
    assert brief(rows, "object_uuid", "object_key", "media_id", "standing") == [
        ("u1", "files/u1.mp4", VIDEO, "claimed"),
        ("u2", None, OTHER, "unverified"),
        ("u3", None, FILE, "claimed"),
        ("u4", None, None, "unverified"),
        ("u5", None, None, "unverified"),
        ("u6", None, None, "unverified"),
        ("u9", "files/u9.mp4", None, "unverified"),
    ]


@pytest.mark.parametrize("cell", ["{", "[1]", '"x"', "no json"])
def test_a_broken_mapping_is_kept_as_words(cell: str) -> None:
    (claim,) = claims(file_uuids=cell)
    assert (claim["claim"], claim["words"], claim["standing"]) == ("upload", cell, "unverified")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EXTRACTION_FAILED: timeout after 30 s", [("extraction_failed", "timeout after 30 s")]),
        ("Some words.\nAnd more.", [("document_text", None)]),
        ("Document tabs Tab 1 Headings you add to the document will appear here.", []),
        ("Sign in to continue to Google Docs", []),
        ("", []),
    ],
)
def test_document_texts(text: str, expected: list[tuple[str, str | None]]) -> None:
    link = f"https://docs.google.com/document/d/{FILE}/edit"
    rows = claims(link=link, document_text=text)
    assert brief(rows, "claim", "words") == expected
    assert all(claim["media_id"] == FILE for claim in rows)


def test_without_a_row_id_no_asset_is_named() -> None:
    rows = claims(row_id="", link=YOUTUBE_LINK, youtube_status="completed")
    assert brief(rows, "row_id", "media_id", "asset_id") == [("", VIDEO, None)] * 2


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("a.mp4,b.vtt", ["a.mp4", "b.vtt"]),
        ("notes, part one.txt;b.mp4", ["notes, part one.txt", "b.mp4"]),
        ("a.mp4|b.mp4", ["a.mp4", "b.mp4"]),
        ("['a.mp4', 'b.mp4']", ["a.mp4", "b.mp4"]),
        ("['a.mp4', 'b, c; d.mp4']", ["a.mp4", "b, c; d.mp4"]),
        ('["It\'s.mp4", null]', ["It's.mp4"]),
        ("('a.mp4',)", ["a.mp4"]),
        ("{'b.mp4', 'a.mp4'}", ["a.mp4", "b.mp4"]),
        (r"['C:\dl\x.mp4']", [r"C:\dl\x.mp4"]),
        ("[a.mp4, b.mp4]", ["a.mp4", "b.mp4"]),
        ("[2020] Talk.mp4", ["[2020] Talk.mp4"]),
        ("Talk [final]", ["Talk [final]"]),
        ("Smith, John.mp4,b.mp4", ["Smith, John.mp4", "b.mp4"]),
        ("a.mp4, b.mp4", ["a.mp4", "b.mp4"]),
        ("a.mp4\r\nb.mp4", ["a.mp4", "b.mp4"]),
        ("nan;b.mp4", ["b.mp4"]),
        ("'tis.mp4", ["'tis.mp4"]),
        ("[" * 200, ["[" * 200]),
        ("['']", []),
    ],
)
def test_lists_of_names(cell: str, names: list[str]) -> None:
    assert split_names(cell) == names


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        "yesterday",
        "2025-13-01",
        "nan",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
    ],
)
def test_no_moment(text: str | None) -> None:
    assert moment(text) is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_a_time_beyond_the_calendar_is_no_moment(text: str) -> None:
    assert moment(text) is None
