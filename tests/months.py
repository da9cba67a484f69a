"""Sources that change day by day: ``python -m tests.months --days 30 --seed 1``, on DuckDB.

Entries come and go, turn private and public again, documents are edited, pages come without their
end, sessions are limited. At the end every version that a run could see is archived, and nothing
that is there counts as gone.
"""

import argparse
import os
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rowkeeper.cli import run_command
from rowkeeper.core.warehouse import Row, Target, connect, load_target
from tests.fakes import media
from tests.fakes.internet import FakeInternet
from tests.fakes.site import Document, DriveEntry, DriveFile, DriveFolder, Playlist, Site, Video
from tests.helpers.samples import GID

PAGE = "docs.google.com/spreadsheets/d/e/2PACX-month/pubhtml"
LIST, FOLDER, DOCUMENT = (
    "PLmonthmonth",
    "1FolderOfAMonthFolderOfAMonth",
    "1DocumentOfAMonthDocument",
)
LINKS = (
    f"https://www.youtube.com/playlist?list={LIST}",
    f"https://drive.google.com/drive/folders/{FOLDER}",
    f"https://docs.google.com/document/d/{DOCUMENT}/edit",
)
FILM = media.progressive


@dataclass
class World:
    """The sources, and what a run has been able to see of them."""

    site: Site = field(default_factory=Site)
    chance: random.Random = field(default_factory=random.Random)
    videos: set[str] = field(default_factory=set)
    bodies: set[bytes] = field(default_factory=set)
    number: int = 0
    is_limited: bool = False

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
        for change in (self.video_comes, self.video_comes, self.video_comes, self.file_comes):
            change()

    def day(self, changes: int, faults: Sequence[str]) -> None:
        """All is mended, so many things change, one of the ``faults`` befalls, or all of them."""
        self.site.cuts[LIST] = 0
        self.site.folders[0] = replace(self.site.folders[0], cut=False)
        self._set_limit(False)
        possible: tuple[Callable[[], None], ...] = (
            *(self.video_comes, self.video_goes, self.video_turns, self.video_turns),
            *(self.file_comes, self.file_goes, self.document_changes, self.document_changes),
        )
        befall: dict[str, Callable[[], None]] = {
            "page": self.page_is_cut,
            "folder": self.folder_is_cut,
            "limit": lambda: self._set_limit(True),
            "none": lambda: None,
        }
        for change in self.chance.sample(possible, changes):
            change()
        for fault in faults or [self.chance.choice(sorted(befall))]:
            befall[fault]()

    def seen(self) -> None:
        """A run has read what is there now."""
        self.bodies.add(self.site.documents[0].text.encode())
        if not self.site.cuts[LIST] and not self.is_limited:
            listed = {media_id for media_id, _ in self.site.playlists[0].entries}
            self.videos |= {v.id for v in self.site.videos if v.id in listed and not v.error}
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
        item = DriveFile(f"1File{self.number:020}", "a.txt", b"file %d" % self.number, "text/plain")
        self.site.files.append(item)
        folder = self.site.folders[0]
        entry = DriveEntry(item.id, item.name)
        self.site.folders[0] = replace(folder, entries=(*folder.entries, entry))

    def file_goes(self) -> None:
        folder = self.site.folders[0]
        self.site.folders[0] = replace(folder, entries=folder.entries[1:])

    def document_changes(self) -> None:
        self.number += 1
        self.site.documents[0] = Document(DOCUMENT, "Notes", f"edit {self.number}")

    def page_is_cut(self) -> None:
        self.site.cuts[LIST] = 99

    def folder_is_cut(self) -> None:
        self.site.folders[0] = replace(self.site.folders[0], cut=True)

    def _set_limit(self, limited: bool) -> None:
        """Does YouTube tell this session nothing but that it isn't available?"""
        self.is_limited = limited
        for place, video in enumerate(self.site.videos):
            if limited and not video.error:
                self.site.videos[place] = replace(video, error="nameless")
            elif not limited and video.error == "nameless":
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
    os.environ["ROWKEEPER_NETWORK_PROXY"] = net.proxy
    os.environ["ROWKEEPER_NETWORK_CA_FILE"] = str(net.ca_file)
    os.environ["ROWKEEPER_DOWNLOAD_BACKOFF_S"] = "0.001"
    run = ["run", "--reread", "--sheet", f"https://{PAGE}?gid={GID}"]
    world.site.cuts[LIST] = 0
    for day in range(days):
        if day or faults:
            world.day(changes if day else 0, faults)
        assert run_command(run) == 0
        world.seen()
    world.site.cuts[LIST] = 0
    world.site.folders[0] = replace(world.site.folders[0], cut=False)
    world._set_limit(False)
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
