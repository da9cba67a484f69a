"""Sources that change day by day: ``python -m tests.months --days 30 --seed 1``, on DuckDB.

Entries come and go, turn private and public again, broadcasts end and are recorded, documents and
sheets are edited, files need the key of their link, pages come without their end, sessions are
limited for days. The clock goes a day on from run to run, so refusals come to be final. At the end
every version that a run could see is archived, and nothing that is there counts as gone.

No run is told to read again. Ages go by the database's clock, which nobody can move: so whatever
was read is old enough at once (``tests/run/test_clocks.py`` has the ages).
"""

import argparse
import os
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from rowkeeper.cli import run_command
from rowkeeper.core import clock
from rowkeeper.core.profiles import load_target
from rowkeeper.core.warehouse import Row, Target, connect
from tests.fakes import media
from tests.fakes.internet import FakeInternet
from tests.fakes.site import Document, DriveEntry, DriveFile, DriveFolder, Playlist, Site, Video
from tests.helpers.samples import GID

PAGE = "docs.google.com/spreadsheets/d/e/2PACX-month/pubhtml"
LIST, FOLDER, DOCUMENT, SHEET = (
    "PLmonthmonth",
    "1FolderOfAMonthFolderOfAMonth",
    "1DocumentOfAMonthDocument",
    "1SheetOfAMonthSheetOfAMonth",
)
KEY = "0-KeyOfAnOlderShare"
LINKS = (
    f"https://www.youtube.com/playlist?list={LIST}",
    f"https://drive.google.com/drive/folders/{FOLDER}",
    f"https://docs.google.com/document/d/{DOCUMENT}/edit",
    f"https://docs.google.com/spreadsheets/d/{SHEET}/edit",
)
FILM = media.progressive
RECORDING = 288
"""The height of a recording that is final."""


@dataclass
class World:
    """The sources, and what a run has been able to see of them."""

    site: Site = field(default_factory=Site)
    chance: random.Random = field(default_factory=random.Random)
    videos: set[str] = field(default_factory=set)
    bodies: set[bytes] = field(default_factory=set)
    final: set[str] = field(default_factory=set)
    number: int = 0
    today: int = 0
    limited_until: int = -1

    @property
    def is_limited(self) -> bool:
        """Does YouTube tell this session nothing but that it isn't available?"""
        return self.today <= self.limited_until

    def now(self) -> datetime:
        """The time of day, a day ahead on the first day."""
        return datetime.now(UTC) + timedelta(days=self.today + 1)

    def begin(self) -> None:
        """One person with a list, a folder and a document."""
        cells = " ".join(f'<a href="{link}">{link}</a>' for link in LINKS)
        head = "<tr><td>#</td><td>Name</td><td>Notes</td></tr>"
        row = f"<tr><td>1</td><td>Ann</td><td>{cells}</td></tr>"
        table = f'<table class="waffle">{head}{row}</table>'
        self.site.pages[PAGE] = f'<html><div id="{GID}">{table}</div></html>'
        self.site.playlists.append(Playlist(LIST, "Videos", (), page_size=2, stated=0))
        self.site.folders.append(DriveFolder(FOLDER, "Files"))
        self.site.documents.append(Document(DOCUMENT, "Notes", "day 0"))
        tabs = (("0", "First"), ("7", "Second"))
        self.site.documents.append(
            Document(SHEET, "Sheet", "cell 0,", kind="spreadsheet", tabs=tabs)
        )
        for change in (self.video_comes, self.video_comes, self.video_comes, self.file_comes):
            change()

    def day(self, changes: int, faults: Sequence[str]) -> None:
        """All is mended, so many things change, one of the ``faults`` befalls, or all of them."""
        self.mend()
        self.recordings_end()
        possible: tuple[Callable[[], None], ...] = (
            *(self.video_comes, self.video_goes, self.video_turns, self.video_turns),
            *(self.file_comes, self.file_goes, self.document_changes, self.document_changes),
            *(self.broadcast_ends, self.sheet_changes),
        )
        befall: dict[str, Callable[[], None]] = {
            "page": self.page_is_cut,
            "folder": self.folder_is_cut,
            "limit": self.session_is_limited,
            "none": lambda: None,
        }
        for change in self.chance.sample(possible, changes):
            change()
        for fault in faults or [self.chance.choice(sorted(befall))]:
            befall[fault]()
        self._show_limit()

    def mend(self, *, wholly: bool = False) -> None:
        """Pages come whole again; with ``wholly`` the session is free, too."""
        self.site.cuts[LIST] = 0
        self.site.folders[0] = replace(self.site.folders[0], cut=False)
        if wholly:
            self.limited_until = -1
        self._show_limit()

    def seen(self) -> None:
        """A run has read what is there now."""
        text, sheet = self.site.documents
        self.bodies |= {text.text.encode(), sheet.text.encode(), f"{sheet.text}7".encode()}
        if not self.site.cuts[LIST] and not self.is_limited:
            listed = {media_id for media_id, _ in self.site.playlists[0].entries}
            visible = [v for v in self.site.videos if v.id in listed and not v.error]
            self.videos |= {video.id for video in visible}
            self.final |= {video.id for video in visible if video.was_live}
        entries = {entry.id for entry in self.site.folders[0].entries}
        self.bodies |= {item.body for item in self.site.files if item.id in entries}

    def video_comes(self) -> None:
        self.number += 1
        media_id = f"film{self.number:07}"
        self.site.videos.append(Video(media_id, media_id, FILM()))
        self._list([*self.site.playlists[0].entries, (media_id, media_id)])

    def video_goes(self) -> None:
        if entries := list(self.site.playlists[0].entries):
            entries.remove(self.chance.choice(entries))
            self._list(entries)

    def video_turns(self) -> None:
        place = self.chance.randrange(len(self.site.videos))
        video = self.site.videos[place]
        self.site.videos[place] = replace(video, error=None if video.error else "private")

    def file_comes(self) -> None:
        self.number += 1
        key = KEY if self.number % 2 else None
        body = b"file %d" % self.number
        item = DriveFile(f"1File{self.number:020}", "a.txt", body, "text/plain", resource_key=key)
        self.site.files.append(item)
        folder = self.site.folders[0]
        entry = DriveEntry(item.id, item.name, resource_key=key)
        self.site.folders[0] = replace(folder, entries=(*folder.entries, entry))

    def file_goes(self) -> None:
        folder = self.site.folders[0]
        self.site.folders[0] = replace(folder, entries=folder.entries[1:])

    def document_changes(self) -> None:
        self.number += 1
        self.site.documents[0] = Document(DOCUMENT, "Notes", f"edit {self.number}")

    def sheet_changes(self) -> None:
        self.number += 1
        self.site.documents[1] = replace(self.site.documents[1], text=f"cell {self.number},")

    def broadcast_ends(self) -> None:
        """Its recording is still being made."""
        self.video_comes()
        self.site.videos[-1] = replace(self.site.videos[-1], post_live=True)

    def recordings_end(self) -> None:
        """Those of which the broadcast ended the day before are final."""
        for place, video in enumerate(self.site.videos):
            if video.post_live:
                final = replace(video, post_live=False, was_live=True, streams=FILM(RECORDING))
                self.site.videos[place] = final

    def session_is_limited(self) -> None:
        """For so long that what it is told comes to count as final, or not."""
        self.limited_until = self.today + self.chance.choice([0, 1, 5])

    def page_is_cut(self) -> None:
        self.site.cuts[LIST] = 99

    def folder_is_cut(self) -> None:
        self.site.folders[0] = replace(self.site.folders[0], cut=True)

    def _show_limit(self) -> None:
        for place, video in enumerate(self.site.videos):
            if self.is_limited and not video.error:
                self.site.videos[place] = replace(video, error="nameless")
            elif not self.is_limited and video.error == "nameless":
                self.site.videos[place] = replace(video, error=None)

    def _list(self, entries: list[tuple[str, str]]) -> None:
        listing = self.site.playlists[0]
        kept = replace(listing, entries=tuple(entries), stated=len(entries))
        self.site.playlists[0] = kept


def live_through(
    days: int,
    seed: int,
    target: Target,
    net: FakeInternet,
    world: World,
    *,
    changes: int = 3,
    faults: Sequence[str] = (),
) -> None:
    """A run a day, and one when all is well again; raises ``AssertionError``.

    ``changes``: how many a day; ``faults``: those of each day, by default one by chance, and none
    on the first day.
    """
    world.chance.seed(seed)
    world.begin()
    os.environ |= net.variables
    os.environ["ROWKEEPER_DOWNLOAD_BACKOFF_S"] = "0.001"
    os.environ["ROWKEEPER_DOWNLOAD_REREAD_AFTER"] = "0"
    run = ["run", "--sheet", f"https://{PAGE}?gid={GID}"]
    world.mend(wholly=True)
    with patch.object(clock, "now", world.now):
        for world.today in range(days):
            if world.today or faults:
                world.day(changes if world.today else 0, faults)
            assert run_command(run) == 0
            world.seen()
        world.today = days
        world.mend(wholly=True)
        world.recordings_end()
        assert run_command(run) == 0
        world.seen()
    check(world, target)


def check(world: World, target: Target) -> None:
    """Every version that a run saw is archived, and what is there is not gone."""
    archive = Path(os.environ["ROWKEEPER_DATA_DIR"]) / "archive"
    stored = [path.read_bytes() for path in archive.rglob("*") if path.is_file()]
    texts = {body.removeprefix(b"\xef\xbb\xbf") for body in stored}
    assert world.bodies <= texts, world.bodies - texts
    rows = query(target, "select media_id from {schema}.assets where download_status = 'uploaded'")
    archived = {media_id for (media_id,) in rows}
    assert world.videos <= archived, world.videos - archived
    gone = query(
        target,
        "select media_id, left_at from {schema}.assets "
        "where asset_type = 'youtube_video' and verdict = 'permanent'",
    )
    unfinished = query(
        target,
        "select media_id from {schema}.assets "
        "where asset_type = 'youtube_video' and is_provisional",
    )
    assert not {media_id for (media_id,) in unfinished} & world.final
    listed = {media_id for media_id, _ in world.site.playlists[0].entries}
    public = {video.id for video in world.site.videos if not video.error}
    assert not {media_id for media_id, _ in gone} & listed & public
    left = query(
        target,
        "select media_id from {schema}.assets "
        "where asset_type = 'youtube_video' and left_at is not null",
    )
    known = query(target, "select media_id from {schema}.assets where asset_type = 'youtube_video'")
    assert {item for (item,) in known} - {item for (item,) in left} == listed
    entries = query(
        target, "select completeness, listed_entries from {schema}.listings order by asset_type"
    )
    assert [row[0] for row in entries] == ["complete", "complete"]
    current = query(
        target, "select text from {schema}.documents where is_current and source = 'live'"
    )
    assert current == [(world.site.documents[0].text,)]


def query(target: Target, sql: str) -> list[Row]:
    with connect(target, read_only=True) as warehouse:
        return warehouse.query(sql.format(schema=target.schema))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--days", type=int, default=30)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ROWKEEPER_DATA_DIR"] = str(Path(folder) / "data")
        os.environ["ROWKEEPER_DOWNLOAD_PACE_DIR"] = str(Path(folder) / "pace")
        os.environ["ROWKEEPER_DOWNLOAD_RATES"] = "youtube=0, drive=0, docs=0, direct=0"
        os.environ["ROWKEEPER_DOWNLOAD_RETRY_AFTER_S"] = "0"
        world = World()
        with FakeInternet(world.site) as net:
            live_through(given.days, given.seed, load_target(), net, world)
    print(f"{given.days} days with seed {given.seed}: all that was seen is archived.")


if __name__ == "__main__":
    main()
