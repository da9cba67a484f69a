# ruff: noqa: E501 - cells are quoted as they were found
"""What each generation of the scraper made of the sheet: a header and its rows."""

import json

from tests.helpers.samples.people import People

Table = tuple[list[str], list[list[str]]]
"""A header and its rows."""
PERSON = ["row_id", "name", "email", "type", "link"]
FOUND = [*PERSON, "extracted_links", "youtube_playlist", "google_drive", "processed"]
TRACKED = [
    *("youtube_status", "youtube_files", "youtube_media_id"),
    *("drive_status", "drive_files", "drive_media_id"),
    *("last_download_attempt", "download_errors", "permanent_failure"),
]
EIGHTEEN = [*FOUND, *TRACKED]
TWENTYONE = [*FOUND, "document_text", *TRACKED, "file_uuids", "s3_paths"]


def seven(drawn: People) -> Table:
    h = ["name", "email", "type", "link", "youtube_playlist", "google_drive", "extracted_links"]
    out = []
    for x in drawn.rows:
        for again in range(drawn.r.choice([1, 2, 5, 16])):
            out.append(
                [
                    x["name"],
                    x["email"],
                    x["type"],
                    x["link"] if not again else "",
                    drawn.r.choice(
                        [
                            "",
                            "-",
                            f"https://www.youtube.com/watch_videos?video_ids={drawn.video()},{drawn.video()}",
                        ]
                    )
                    if x["link"]
                    else "",
                    drawn.r.choice(["", "-"]) if x["link"] else "",
                    drawn.r.choice(
                        [
                            "",
                            f"https://drive.google.com|mailto:someone@example.com|https://docs.google.com/document/d/{drawn.doc()}/edit?usp=x&amp;y=1",
                        ]
                    ),
                ]
            )
    return h, out


def shifted(drawn: People) -> list[list[str]]:
    return [["#", "Name", "Email", "Type", ""]] + [
        [x["row_id"], x["name"], x["email"], x["type"], x["link"]]
        for x in drawn.rows[: len(drawn.rows) // 2]
    ]


def eighteen(drawn: People) -> Table:
    h = EIGHTEEN
    out = [
        [
            "#",
            "Name",
            "Email",
            "Type",
            "",
            "",
            "",
            "",
            "yes",
            "pending",
            "",
            "",
            "pending",
            "",
            "",
            "",
            "",
            "",
        ]
    ]
    shared_file = drawn.drive()
    for j, x in enumerate(drawn.rows):
        y = dict.fromkeys(h, "")
        y.update({k: x[k] for k in h[:5]})
        y["processed"] = "yes"
        if not x["link"]:
            y["youtube_status"], y["drive_status"] = (
                ("failed" if j % 3 else "pending"),
                "pending",
            )
            y["download_errors"] = (
                "; ".join(["No files were downloaded"] * (j % 4)) if j % 3 else ""
            )
        elif j % 4 == 0:
            ids = [drawn.video() for _ in range(1 + j % 3)]
            y.update(
                youtube_playlist="https://www.youtube.com/watch_videos?video_ids=" + ",".join(ids),
                youtube_status="completed",
                google_drive="'-",
                youtube_files=(";" if j % 8 == 0 else ",").join(
                    f"{i}.mp4{';' if j % 8 == 0 else ','}{i}_transcript.vtt" for i in ids
                ),
                youtube_media_id="watch_video",
                drive_status="pending",
                last_download_attempt=f"2025-06-14T21:58:{j % 60:02d}.978527",
            )
        elif j % 4 == 1:
            d = shared_file if j % 8 == 1 else drawn.drive()  # one file claimed by several people
            y.update(
                google_drive=f"https://drive.google.com/file/d/{d}/view",
                youtube_playlist="'-",
                drive_status="completed",
                drive_media_id=d,
                youtube_status="pending",
                drive_files=drawn.r.choice(
                    [
                        "notes one.txt;part two.mp4",
                        "Recording 2023.m4a",
                        f"{d}.html",
                        "1.Please read me.docx;2.Answers.docx",
                    ]
                ),
                last_download_attempt="2025-06-24T19:58:47.414630",
            )
        elif j % 4 == 2:
            y.update(
                youtube_playlist="-",
                google_drive="https://accounts.google.com/ServiceLogin?service=wise&amp;continue=https://drive.google.com/open\\u003d"
                + drawn.drive(),
                youtube_status="failed",
                drive_status="failed",
                download_errors="Failed after 3 attempts: Command '['/home/ops/bin/yt-dlp', '-f', 'best']' returned non-zero exit status 1; No files found in folder or folder is not publicly accessible",
            )
        else:
            v = drawn.video()
            y.update(
                youtube_playlist=f"https://www.youtube.com/playlist?list=PL{drawn.token(32)}",
                youtube_status="partial",
                youtube_files=f"{v}_transcript.vtt",
                youtube_media_id=v,
                drive_status="",
            )
        out.append([y[c] for c in h])
    return h, out


def twentyone(drawn: People) -> Table:
    h = TWENTYONE
    out: list[list[str]] = []
    twice = drawn.uuid()
    for j, x in enumerate(drawn.rows):
        y = dict.fromkeys(h, "")
        y.update({k: x[k] for k in h[:5]})
        m: dict[str, tuple[str, str]] = {}
        if j < 3:
            v = drawn.video()
            u = drawn.uuid()
            m = {f"YouTube: {v}": (u, "mp4")}
            y.update(
                youtube_playlist=f"https://www.youtube.com/watch?v={v}",
                youtube_status="streamed",
                processed="yes",
            )
        elif j < 6:
            ds = [drawn.drive() for _ in range(j - 2)]
            m = {f"Drive file: {d}": (drawn.uuid(), "bin") for d in ds}
            y.update(
                google_drive="|".join(f"https://drive.google.com/file/d/{d}/view" for d in ds),
                drive_status="streamed",
                processed="yes",
            )
        elif j < 9:
            d = drawn.drive()
            m = {f"Drive file {d}": (twice if j == 7 else drawn.uuid(), "mp4")}
        elif j < 12:
            y["file_uuids"] = y["s3_paths"] = "{}"
        elif j > len(drawn.rows) * 0.7:
            m = {
                f"S3 file {u}": (u, drawn.r.choice(["mp4", "mp4", "mp3", "m4a"]))
                for u in (
                    [twice]
                    if j == len(drawn.rows) - 2
                    else [drawn.uuid() for _ in range(1 + j % 2)]
                )
            }
        if j in (1, 4):
            y["document_text"] = (
                "Document tabs Tab 1 Headings you add to the document will appear here."  # the editor's own furniture, not the document
            )
        if j == 2:
            y["document_text"] = (
                'Part one\nspoken slowly, with a comma, a "quote" and a second line\n\nPart two | done'
            )
        if m:
            y["file_uuids"] = json.dumps({k: u for k, (u, _) in m.items()})
            y["s3_paths"] = json.dumps({u: f"files/{u}.{e}" for u, e in m.values()})
        if j == 5:
            y["permanent_failure"] = "youtube,drive"
            y["download_errors"] = "Video unavailable. This video has been removed by the uploader"
        out.append([y[c] for c in h])
    return h, out


def basic(drawn: People) -> Table:
    return PERSON, [[x[k] for k in PERSON] for x in drawn.rows]


def text(drawn: People) -> Table:
    said = ["EXTRACTION_FAILED: timeout after 30 s", "Some words, at length.\nAnd a second line."]
    out = [
        [
            *b,
            *([drawn.r.choice(said), "yes", "2025-07-06T14:01:02.123456"] if b[4] else [""] * 3),
        ]
        for b in basic(drawn)[1]
    ]
    return [*PERSON, "document_text", "processed", "extraction_date"], out
