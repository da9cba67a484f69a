"""Catalogues of any size, made without a warehouse: what the pages read, and an index of words."""

import sqlite3
import wave
from pathlib import Path
from typing import Any

from rowkeeper.catalogue.publish import Record
from rowkeeper.catalogue.search_index import SCHEMA, add_passages
from rowkeeper.catalogue.site.data import QUERIES, SiteData, masked_email
from rowkeeper.catalogue.site.files import WrittenSite
from rowkeeper.catalogue.site.write import make_site
from rowkeeper.workspace.last_build import Warned

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "__proto__ constructor toString",
    "\u2028\u2029 \u202e right to left",
    "' onmouseover='alert(1)",
    "<!--<script>",
    "&lt;b&gt; & <b>bold</b>",
    "José Zażółć Ελένη Μπρι Иван Мойсеев 李小龙 हिन्दी 한국어 İstanbul",
)
SOUND = "files/people/1/a talk #1.wav"
"""What the first person has here: a minute of nearly nothing."""
WORDS = (
    "fear",
    "work",
    "mother",
    "people",
    "because",
    "never",
    "always",
    "house",
    "sudden",
    "light",
)
RUN = {
    "run_id": "01a",
    "command": "rowkeeper run",
    "started_at": "2026-11-02 03:17:00+00",
    "ended_at": "2026-11-02 03:18:00+00",
    "outcome": "failed",
    "exit_code": 3,
    "next_step": "do what the message says, then run again",
}
TYPES = ("FF-Ne/Ti-CP/B(S) #1", "MF-Si/Fe-CS/P(B) #3", "FM-Ti/Se-SB/P(C)", None)


def made_data(people: int, *, hostile: bool = False, said: str = "") -> SiteData:
    """``people`` people with a video each, the second one's in Drive; the first one has its file
    here; each tenth failed."""
    rows: dict[str, list[Record]] = {name: [] for name in QUERIES}
    for number in range(1, people + 1):
        odd = HOSTILE[number % len(HOSTILE)] if hostile else said
        rows["people"].append(_person(number, odd))
        rows["history"].append(_version(number, odd))
        rows["assets"].append(_video(number, odd))
        if number % 10 == 0:
            rows["failures"].append(_failure(number, odd))
    rows["fates"] = [{"fate": "asset", "reason": "", "links": people}]
    rows["growth"] = [{"day": "2026-11-01", "files": people, "bytes": people * 1000}]
    rows["bytes"] = [{"asset_type": "youtube_video", "assets": people, "bytes": people * 1000}]
    rows["outcomes"] = [{"day": "2026-11-01", "provider": "youtube", "failed": 1, "held": people}]
    rows["runs"] = [{**RUN, "message": f"{said} The sheet lacks 1 of 2 people."}]
    return SiteData(rows, [Warned("warn_people", 2, (HOSTILE[0],), "checks.warn_people")])


def _person(number: int, odd: str) -> Record:
    kind = TYPES[number % len(TYPES)]
    return {
        "row_id": str(number),
        "name": odd or f"Person {number}",
        "email": masked_email(f"person{number}@example.org"),
        "personality_type": odd if odd and number % 2 else kind,
        "type_modality": kind and kind[:2],
        "type_functions": kind and kind[3:8],
        "type_animals": kind and kind[9:16],
        "type_number": number % 4 + 1,
        "in_sheet": True,
        "last_seen_in": odd or "sheet, row 2",
        "source_link": odd or url_of(number),
        "typing_document_link": None,
        "expected": 1,
        "archived": int(number % 10 != 0),
        "failed": int(number % 10 == 0),
        "missing": int(number % 10 == 0),
        "is_complete": number % 10 != 0,
    }


def _version(number: int, odd: str) -> Record:
    facts = {"name": odd, "email": None, "personality_type": odd, "source_link": odd}
    return {"row_id": str(number), "version": 1, "first_seen_in": odd, "valid_from": "now", **facts}


def _video(number: int, odd: str) -> Record:
    failed = number % 10 == 0
    facts: dict[str, Any] = dict.fromkeys(
        ("error_code", "error_message", "attempts", "next_step", "next_try_at", "last_read_at")
    )
    if failed:
        facts |= {"error_code": "private", "error_message": odd or "It is private.", "attempts": 2}
    return {
        **facts,
        "row_id": str(number),
        "asset_id": f"00000000-0000-5000-8000-{number:012}",
        "asset_type": "drive_file" if number == 2 else "youtube_video",
        "asset_kind": "file" if number == 2 else "video",
        "media_id": f"media-{number}",
        "filename": odd or f"Talk {number}.mp4",
        "original_url": url_of(number),
        "download_status": "failed" if failed else "uploaded",
        "is_wanted": True,
        "file_size_bytes": None if failed else 1000,
        "sha256": None if failed else f"{number:064x}",
        "mime_type": None if failed else "audio/wav" if number == 1 else "video/mp4",
        "local_file_path": SOUND if number == 1 else None,
        "cloud_storage_url": None if failed else f"s3://bucket/{number}",
        "created_at": "2026-11-01 00:00:00+00",
        "download_attempts": 1,
        "upload_attempts": 1,
        "downloaded_at": None if failed else "2026-11-01 00:00:05+00",
        "uploaded_at": None if failed else "2026-11-01 00:00:09+00",
    }


def _failure(number: int, odd: str) -> Record:
    return {
        "row_id": str(number),
        "name": odd or f"Person {number}",
        "asset_type": "youtube_video",
        "provider": "youtube",
        "original_url": odd or url_of(number),
        "stage": "download",
        "error_code": "private",
        "error_message": odd or "It is private.",
        "verdict": "needs_person",
        "next_step": "mend what it names, then run rowkeeper retry",
        "attempts": 2,
        "next_try_at": None,
        "last_failed_at": f"2026-11-02 00:00:{number % 60:02}+00",
    }


def url_of(number: int) -> str:
    return f"https://www.youtube.com/watch?v=media-{number}"


def passage_of(number: int, position: int) -> str:
    """What person ``number`` says there: words, and one that is theirs alone."""
    said = [WORDS[(number * 7 + position * 3 + step) % len(WORDS)] for step in range(11)]
    return f"{' '.join(said)} unique{number}x{position}."


def made_index(path: Path, data: SiteData, passages: int, *, hostile: bool = False) -> None:
    """An index with ``passages`` passages for each person, ten seconds apart."""
    made = sqlite3.connect(path)
    for statement in SCHEMA.split(";\n"):
        made.execute(statement)
    made_of = f"{len(data.rows['people'])} people, {passages} passages each"
    made.execute("insert into about values ('made_of', ?)", [made_of])
    for number, person in enumerate(data.rows["people"], 1):
        facts = [person["row_id"], person["name"], person["personality_type"]]
        made.execute("insert into people values (?, ?, ?)", facts)
        made.execute("insert into contents values (?, ?)", [number, f"text-{number}"])
        odd = HOSTILE[number % len(HOSTILE)] if hostile else None
        words = [f"{odd or ''} {passage_of(number, one)}".strip() for one in range(1, passages + 1)]
        first = (number - 1) * passages + 1
        add_passages(
            made,
            [
                (first + place, number, place + 1, place * 10.0, place * 10.0 + 10, passage)
                for place, passage in enumerate(words)
            ],
        )
        made.execute(
            "insert into texts values (?, ?, ?, ?, 'youtube_transcript', 'transcript', ?, ?, ?, ?)",
            [f"owner-{number}", number, facts[0], None, odd or "en", "manual", url_of(number), odd],
        )
    made.execute("insert into passages_fts (passages_fts) values ('rebuild')")
    made.commit()
    made.close()


def made_sound(folder: Path) -> None:
    """The file of the first person, below their data folder."""
    sound = folder / SOUND
    sound.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(sound), "wb") as file:
        file.setparams((1, 1, 8_000, 0, "NONE", ""))
        file.writeframes(b"\x80" * 8_000 * 60)


def made_site(
    folder: Path, people: int, passages: int, *, hostile: bool = False, said: str = ""
) -> tuple[WrittenSite, SiteData]:
    """A site below ``folder``, which is its data folder, with the index beside it. ``said`` stands
    in what the tables say."""
    data = made_data(people, hostile=hostile, said=said)
    made_sound(folder)
    path = folder / "search.sqlite"
    if not path.exists():
        made_index(path, data, passages, hostile=hostile)
    index = sqlite3.connect(path)
    try:
        return make_site(folder / "site", data, index, folder, folder / "docs.html"), data
    finally:
        index.close()
