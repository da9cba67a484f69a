"""The website of the demo: a sheet of 60 people with the oddities of real ones, and their content.

The people are made by the same generator as in the tests, the same ones each time; whatever their
links lead to is made by ffmpeg on the spot, or written here.
"""

import csv
import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from rowkeeper.core.links.classify import Link, classify
from tests.fakes import media
from tests.fakes.site import (
    Caption,
    Document,
    DriveEntry,
    DriveFile,
    DriveFolder,
    Playlist,
    Site,
    Stream,
    Video,
)
from tests.helpers.samples import GID, make_samples

PEOPLE, SEED = 60, 7
SHEET_PAGE = "docs.google.com/spreadsheets/d/e/2PACX-rowkeeper-demo/pubhtml"
SHEET_URL = f"https://{SHEET_PAGE}?gid={GID}"
URL = re.compile(r"https?://[^\s\"'|;<>]+")

LINKS = ("https://youtu.be/demoLinkOne", "https://odysee.com/@someone/interview")
"""What stands in the link column: a video, and a link that nothing fetches."""

FILES = (
    ("Interview.mp4", "video/mp4"),
    ("Voice memo.m4a", "audio/mp4"),
    ("Notes.txt", "text/plain"),
)


@dataclass(frozen=True)
class Demo:
    """The website, the CSV beside it, and the one file that its owner has deleted."""

    site: Site
    legacy_csv: Path
    missing: str


def make_demo(folder: Path, people: int = PEOPLE, *, link_column: bool = False) -> Demo:
    """Write the CSV into ``folder`` and make the website that it and the sheet lead to.

    ``link_column``: the sheet has one more column, with ``LINKS`` for its first people.
    """
    make_samples(folder, people, SEED)
    legacy_csv = folder / "output_21col.csv"
    sheet = (folder / "sheet.html").read_text("utf-8")
    sheet = _with_link_column(sheet) if link_column else sheet
    with legacy_csv.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cells = [str(cell) for row in rows for cell in row.values()]
    archived = " ".join(row["file_uuids"] for row in rows)
    links = _content_links("\n".join([sheet, *cells]))
    files = [link.media_id for link in links if link.link_type == "file"]
    missing = min(media_id for media_id in files if media_id not in archived)
    site = Site(pages={SHEET_PAGE: sheet})
    for link in links:
        if link.media_id != missing:
            _add(site, link)
    site.files.append(DriveFile(missing, error="removed"))
    return Demo(site, legacy_csv, missing)


def _with_link_column(sheet: str) -> str:
    head, *lines = sheet.split("\n")
    lines = [f"{head.removesuffix('</tr>')}<td>Link</td></tr>", *lines]
    people = re.compile(r"</th><td[^>]*>\d+</td>.*@")
    rows = [number for number, line in enumerate(lines) if people.search(line)]
    for number, url in zip(rows, LINKS, strict=False):
        lines[number] = f"{lines[number].removesuffix('</tr>')}<td>{url}</td></tr>"
    return "\n".join(lines)


def _content_links(text: str) -> list[Link]:
    """The links in ``text`` that ask for an asset, each once, in the order of their addresses."""
    links = {classify(unescape(url)) for url in URL.findall(text)}
    return sorted((link for link in links if link.asset_kinds), key=lambda link: link.url)


def _add(site: Site, link: Link) -> None:
    number = len(site.videos) + len(site.files) + len(site.documents)
    if link.link_type == "video":
        site.videos.append(_video(link.media_id, number))
    elif link.link_type == "video_list":
        known = {video.id for video in site.videos}
        for offset, media_id in enumerate(link.media_id.split(",")):
            if media_id not in known:
                site.videos.append(_video(media_id, number + offset))
    elif link.link_type == "playlist":
        entries = [(f"demoPlay{len(site.playlists)}{part:02}", f"Part {part}") for part in (1, 2)]
        site.videos += [_video(media_id, number, title) for media_id, title in entries]
        site.playlists.append(Playlist(link.media_id, "All my talks", tuple(entries)))
    elif link.link_type == "file":
        site.files.append(_file(link.media_id, number))
    elif link.link_type == "folder":
        _add_folder(site, link.media_id, number)
    else:
        text = f"About me, number {number}.\nI like long walks and short meetings.\n"
        site.documents.append(Document(link.media_id, f"Document {number}", text))


def _add_folder(site: Site, media_id: str, number: int) -> None:
    entries = []
    for offset, (name, _) in enumerate(FILES):
        file = _file(f"{media_id[:24]}file{offset}", offset)
        site.files.append(file)
        entries.append(DriveEntry(file.id, name))
    text = f"Read me first, number {number}.\n"
    document = Document(f"{media_id[:24]}document", "Read me", text)
    site.documents.append(document)
    entries.append(DriveEntry(document.id, document.title, "document"))
    site.folders.append(DriveFolder(media_id, "Everything about me", tuple(entries)))


def _video(media_id: str, number: int, title: str | None = None) -> Video:
    words = f"WEBVTT\n\n00:00.000 --> 00:01.000\nHello, this is talk {number}.\n"
    caption = Caption("en", words, automatic=bool(number % 2))
    return Video(media_id, title or f"Talk {number}", _streams(number), (caption,))


def _streams(number: int) -> tuple[Stream, ...]:
    """Two talks in three come as sound and picture apart, to be merged by the downloader."""
    tone = (440, 550, 660)[number % 3]
    return media.progressive(tone=tone) if number % 3 == 2 else media.adaptive(tone=tone)


def _file(media_id: str, number: int) -> DriveFile:
    name, mime_type = FILES[number % len(FILES)]
    body = (media.film, media.sound, lambda: b"A few words.\n")[number % len(FILES)]()
    return DriveFile(media_id, name, body, mime_type, big=number % 5 == 0)
