"""A small archive that is made without a run: objects in a folder, and the tables that restore
reads."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rowkeeper.core.drain import drain
from rowkeeper.core.events import Asset, AssetEvent, EventType
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.progress import Display, Progress
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.workspace.context import Context
from tests.helpers.events import SESSION, about
from uploaders.local.store import LocalStore

ASSETS = """
create table asset_states (
    asset_id text, person_row_id text, provider text, media_id text, asset_kind text,
    original_url text, sha256 text, is_claimed boolean
)
"""
VERSIONS = """
create table asset_copies (
    asset_id text, version bigint, local_path text, lost_path text, dropped_path text, sha256 text,
    size_bytes bigint, is_archived boolean, store text, object_key text, cloud_url text,
    details text, data_folder text
)
"""
PEOPLE = "create table people (row_id text, name text, email text, personality_type text)"


@dataclass
class Quiet:
    """A reporter that keeps what it is told."""

    lines: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.lines.append(text)

    @contextmanager
    def display(self, title: str) -> Iterator[Display]:
        yield self

    def expect(self, assets: int) -> None:
        """So many more are to be moved."""

    def update(self, progress: Progress[Asset]) -> None:
        if progress.message:
            self.lines.append(progress.message)


def context_at(folder: Path, **more: str) -> Context:
    """A data folder at ``folder / "data"`` and a store outside of it, both not yet there."""
    flags = {
        "data_dir": str(folder / "data"),
        "store.url": (folder / "share" / "archive").as_uri(),
        "disk.state_dir": str(folder / "state"),
        "upload.attempts": "1",
        **{name.replace("__", "."): value for name, value in more.items()},
    }
    target = Target(name="dev", type="duckdb", path=str(folder / "data" / "rowkeeper.duckdb"))
    return Context(load_settings(flags, {}, folder), target)


def archive_of(folder: Path, files: dict[str, bytes]) -> Context:
    """An archive of ``files``: path below the data folder -> bytes, each of a person of its own."""
    context = context_at(folder)
    store = LocalStore(folder / "share" / "archive")
    events = []
    for number, (path, body) in enumerate(files.items(), 1):
        place = store.folder / f"people/{number}.bin"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(body)
        events.append(
            AssetEvent(
                event_type=EventType.UPLOADED,
                session_id=SESSION,
                attempt=1,
                local_path=path,
                store=store.root,
                object_key=f"people/{number}.bin",
                sha256=hashlib.sha256(body).hexdigest(),
                size_bytes=len(body),
                **about(number),
            )
        )
    tell(context, *events)
    with connect(context.target) as warehouse:
        for statement in (ASSETS, VERSIONS, PEOPLE):
            warehouse.execute(statement)
        for event in events:
            warehouse.execute(
                "insert into asset_states values (?, ?, 'drive', ?, 'file', 'https://x', ?, true)",
                [event.asset_id, event.row_id, event.asset_id, event.sha256],
            )
            facts = (event.local_path, event.sha256, event.size_bytes)
            warehouse.execute(
                "insert into asset_copies values "
                "(?, 1, null, null, ?, ?, ?, true, ?, ?, null, null, null)",
                [event.asset_id, *facts, event.store, event.object_key],
            )
            name = [event.row_id, f"Person {event.row_id}"]
            warehouse.execute("insert into people values (?, ?, null, null)", name)
    return context


def tell(context: Context, *events: AssetEvent) -> None:
    """Journal ``events`` and drain them."""
    folder = journal_dir(context.settings.data_dir)
    with Journal(folder) as journal:
        for event in events:
            journal.append(event)
    drain(folder, context.target)
