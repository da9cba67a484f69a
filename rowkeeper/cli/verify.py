"""``rowkeeper verify``: read what is stored again and hold it to its recorded SHA-256."""

import random
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.filesize import decimal

from rowkeeper.archive.fixity import FILE, OBJECT, Check, Place, Report, find_places, owners_of
from rowkeeper.archive.orphans import Orphan, find_orphans
from rowkeeper.archive.work import at_work
from rowkeeper.cli.options import prepare, store_option, warehouse_options
from rowkeeper.cli.terminal import console, json_text, plain
from rowkeeper.core.errors import FixityError, StoreError, TransferError, UsageError
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import run_lock
from rowkeeper.workspace.selection import select

if TYPE_CHECKING:
    from uploaders.base import Store

SHOWN = 20
DANGLING = """
select fixity.place, fixity.path, fixity.asset_id, fixity.person_row_id, fixity.asset_kind,
    fixity.error_code, fixity.next_step
from {schema}.fixity as fixity
where fixity.status = 'lost' order by fixity.place, fixity.path, fixity.asset_id
"""
UNHASHED = "select count(*) from {schema}.assets where archived_by = 'legacy'"


@dataclass(frozen=True)
class Dangling:
    """An asset's place that has lost its bytes, and what becomes of it. NULLs never."""

    place: str
    path: str
    asset_id: str
    row_id: str
    asset_kind: str
    error_code: str
    next_step: str


@dataclass(frozen=True)
class Verified:
    """All that a verification found. ``elsewhere``: other store or data folder -> copies there."""

    report: Report
    dangling: list[Dangling]
    orphans: list[Orphan]
    unhashed: int
    elsewhere: dict[str, int] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        return not self.dangling and not self.report.unread


@click.command()
@click.option("--sample", metavar="N", help="Only so many places, or a share such as 10%.")
@click.option("--older-than", type=click.FloatRange(0), metavar="DAYS", help="Not checked since.")
@click.option("--people", metavar="ROWS", help="Only these row ids, such as 12,40-60.")
@click.option("--only", type=click.Choice(["files", "objects"]), help="Only these places.")
@click.option("--believe-empty", is_flag=True, help="Take an empty store for one that lost all.")
@click.option("--json", "as_json", is_flag=True, help="What was found as one JSON object.")
@store_option
@warehouse_options
def command(
    sample: str | None,
    older_than: float | None,
    people: str | None,
    only: str | None,
    believe_empty: bool,
    as_json: bool,
    store: str | None,
    target: str | None,
    data_dir: str | None,
) -> None:
    """Read files and objects again and hold them to their SHA-256.

    What is missing, truncated, changed or swapped is written down; the next run brings files back
    from the archive, archives files again and fetches what is in neither place. Files and objects
    that no asset has are listed, never removed.
    """
    context = prepare(target, data_dir=data_dir, store=store)
    out = console(stderr=as_json)
    with run_lock(context):
        found = verify(context, out, Choice(sample, older_than, people, only, believe_empty))
    if as_json:
        click.echo(json_text({**asdict(found), "sound": found.sound}))
    else:
        _print(out, found)
    if not found.sound:
        raise FixityError(_sentence(found))


@dataclass(frozen=True)
class Choice:
    """Which places are read: what the options say."""

    sample: str | None = None
    older_than: float | None = None
    people: str | None = None
    only: str | None = None
    believe_empty: bool = False

    def of(self, places: Sequence[Place]) -> list[Place]:
        """Raises ``UsageError``."""
        kinds = {None: {FILE, OBJECT}, "files": {FILE}, "objects": {OBJECT}}[self.only]
        people = select(people=self.people)
        found = [place for place in places if place.kind in kinds and people.of(list(place.copies))]
        if self.older_than is not None:
            found = [place for place in found if place.is_due(self.older_than)]
        return found if self.sample is None else _sampled(found, self.sample)


def _sampled(places: list[Place], sample: str) -> list[Place]:
    given = re.fullmatch(r"(\d+(?:\.\d+)?)(%?)", sample.strip())
    if not given or (given[2] and float(given[1]) > 100) or (not given[2] and "." in given[1]):
        raise UsageError(f"--sample {sample} is no number and no share: write 500 or 10%.")
    wanted = -(-len(places) * float(given[1]) // 100) if given[2] else int(given[1])
    return random.sample(places, min(len(places), int(wanted)))


def verify(context: Context, out: Console, choice: Choice) -> Verified:
    """Read the chosen places, append what was found, build. Under the run's lock.

    Raises ``RowkeeperError``.
    """
    from uploaders.registry import open_store

    store = open_store(context.settings)
    with at_work(context, out, "verify", "Verifying", dry_run=False) as work:
        places, elsewhere = find_places(context, store)
        chosen = choice.of(places)
        if any(place.kind == OBJECT for place in chosen) and not choice.believe_empty:
            _check_filled(store)
        work.session.new({copy.asset_id for place in chosen for copy in place.copies})
        told = (work.session.session_id, work.emit, work.shown)
        report = Check(context, store, *told, owners=owners_of(places)).run(chosen)
    orphans = find_orphans(context, store) if choice.people is None else []
    with connect(context.target) as warehouse:
        schema = context.target.schema
        dangling = [Dangling(*row) for row in warehouse.query(DANGLING.format(schema=schema))]
        ((unhashed,),) = warehouse.query(UNHASHED.format(schema=schema))
    return Verified(report, dangling, orphans, unhashed, elsewhere)


def _check_filled(store: "Store") -> None:
    """Raises ``StoreError`` if the store can't be read, or has nothing at all."""
    try:
        found = next(store.entries(), None)
    except TransferError as error:
        raise store.unusable(error) from None
    if found is None:
        raise StoreError(
            f"The store {store.root} has no object at all, so nothing was written down: mount the "
            "folder or mend store.url; if all is lost indeed, verify with --believe-empty."
        )


def _sentence(found: Verified) -> str:
    lost, unread = len(found.dangling), len(found.report.unread)
    said = [f"{lost} copies are lost: see what becomes of each above and in the table fixity"]
    if unread:
        said.append(f"{unread} places could not be read: verify again later")
    return "; ".join(said if lost else said[1:]) + "."


def _print(out: Console, found: Verified) -> None:
    report = found.report
    read = f"{report.places[FILE]} files and {report.places[OBJECT]} objects"
    lines = [f"Read {read} ({decimal(report.size_bytes)}): {len(report.losses)} copies are lost."]
    lines += _listed(
        [
            f"Lost {item.place}: {item.path} ({item.asset_kind} of row {item.row_id}, "
            f"{item.error_code}): {item.next_step}"
            for item in found.dangling
        ]
    )
    lines += _listed([f"Not read: {place}: {why}" for place, why in sorted(report.unread.items())])
    lines += _listed(
        [
            f"Orphaned {item.place}: {item.path} ({decimal(item.size_bytes)}): {item.reason}: "
            f"{item.next_step}"
            for item in found.orphans
        ]
    )
    for name, count in sorted(found.elsewhere.items()):
        lines.append(f"Not looked at: {count} copies in {name}.")
    if found.unhashed:
        many = f"{found.unhashed} objects of the old system, without a hash"
        lines.append(f"Not looked at: {many}: rowkeeper store adopt --hash.")
    for line in lines:
        out.print(plain(line), markup=False, highlight=False, soft_wrap=True)


def _listed(lines: list[str]) -> list[str]:
    more = len(lines) - SHOWN
    return lines if more <= 0 else [*lines[:SHOWN], f"and {more} more: --json has them all"]
