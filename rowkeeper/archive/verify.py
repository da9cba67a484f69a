"""What is stored, read again and held to its recorded SHA-256."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rowkeeper.archive.fixity import (
    FILE,
    OBJECT,
    CopyPlace,
    FixityCheck,
    LostPlace,
    Report,
    find_places,
    owners_of,
)
from rowkeeper.archive.orphans import Orphan, find_orphans
from rowkeeper.archive.work import at_work
from rowkeeper.core.errors import StoreError, TransferError, UsageError
from rowkeeper.core.progress import Reporter
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.selection import select
from rowkeeper.workspace.store_identity import identify

if TYPE_CHECKING:
    from uploaders.base import Store


DANGLING = """
select place, path, asset_id, person_row_id as row_id, asset_kind, error_code, next_step, version,
    is_current
from {schema}.fixity where status = 'lost' order by place, path, asset_id, version
"""


TOLD = "select place, path, cast(asset_id as text) from {schema}.fixity where status = 'lost'"
UNHASHED = "select count(*) from {schema}.assets where archived_by = 'legacy'"


@dataclass(frozen=True)
class Dangling(LostPlace):
    """What becomes of it. NULLs never."""

    next_step: str
    version: int
    is_current: bool


@dataclass(frozen=True)
class Verified:
    """All that a verification found. ``elsewhere``: other store or data folder -> copies there.

    ``closed``: those of them that are stores which this command could open.
    """

    report: Report
    dangling: list[Dangling]
    orphans: list[Orphan]
    unhashed: int
    elsewhere: dict[str, int] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Was something read, all of it whole, and is no store left that nobody looked into?"""
        was_read = any(self.report.places.values())
        return was_read and not (self.dangling or self.report.unread or self.closed)


@dataclass(frozen=True)
class Choice:
    """Which places are read: what the options say."""

    sample: str | None = None
    older_than: float | None = None
    people: str | None = None
    only: str | None = None
    believe_empty: bool = False

    def of(self, places: Sequence[CopyPlace]) -> list[CopyPlace]:
        """Raises ``UsageError``."""
        kinds = {None: {FILE, OBJECT}, "files": {FILE}, "objects": {OBJECT}}[self.only]
        people = select(people=self.people)
        due = [place for place in places if place.kind in kinds and people.of(list(place.copies))]
        if self.older_than is not None:
            due = [place for place in due if place.is_due(self.older_than)]
        return due if self.sample is None else _sampled(due, self.sample)


def _sampled(places: list[CopyPlace], sample: str) -> list[CopyPlace]:
    given = re.fullmatch(r"(\d+(?:\.\d+)?)(%?)", sample.strip())
    if not given or (given[2] and float(given[1]) > 100) or (not given[2] and "." in given[1]):
        raise UsageError(f"--sample {sample} is no number and no share: write 500 or 10%.")
    wanted = -(-len(places) * float(given[1]) // 100) if given[2] else int(given[1])
    return random.sample(places, min(len(places), int(wanted)))


def verify(context: Context, reporter: Reporter, choice: Choice) -> Verified:
    """Read the chosen places, append what was found, build if the tables say otherwise.

    Under the run's lock. Raises ``RowkeeperError``.
    """
    from uploaders.registry import open_store

    store = open_store(context.settings)
    with at_work(context, reporter, "verify", "Verifying", dry_run=False, store=store) as work:
        identify(context, store, believe=choice.believe_empty)
        places, elsewhere, closed = find_places(context, store)
        chosen = choice.of(places)
        if any(place.kind == OBJECT for place in chosen) and not choice.believe_empty:
            _check_filled(store)
        work.session.new({copy.asset_id for place in chosen for copy in place.copies})
        check = FixityCheck(
            context,
            store,
            work.session.session_id,
            work.emit,
            work.shown,
            owners=owners_of(places),
        )
        report = check.run(chosen)
        work.is_news = _is_news(context, places, chosen, report)
    orphans = find_orphans(context, store) if choice.people is None else []
    with connect(context.target) as warehouse:
        dangling = warehouse.records(Dangling, DANGLING)
        (unhashed,) = warehouse.column(UNHASHED)
    return Verified(
        report, dangling, orphans, unhashed, elsewhere, closed if choice.only != "files" else []
    )


def _is_news(
    context: Context, places: list[CopyPlace], chosen: list[CopyPlace], report: Report
) -> bool:
    """Was something found lost, or is something no longer, or not yet, lost by the tables?

    When a copy was last read whole they say with their next build.
    """
    whole = {place.key for place in chosen if place.name not in report.unread}
    copies = [(place.key, copy) for place in places for copy in place.copies]
    lost = {(*key, copy.asset_id) for key, copy in copies if copy.is_lost and key not in whole}
    with connect(context.target) as warehouse:
        told = set(warehouse.query(TOLD))
    return bool(report.losses) or lost != told & {(*key, copy.asset_id) for key, copy in copies}


def _check_filled(store: "Store") -> None:
    """Raises ``StoreError`` if the store can't be read, or has nothing at all."""
    try:
        entry = next(store.entries(), None)
    except TransferError as error:
        raise store.unusable(error) from None
    if entry is None:
        raise StoreError(
            f"The store {store.url} has no object at all, so nothing was written down: mount the "
            "folder or mend store.url; if all is lost indeed, verify with --believe-empty."
        )
