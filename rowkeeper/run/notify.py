"""Tells somebody, by Apprise, what newly needs them after a run: each thing once, never each night.

What was told is kept in the data folder, so that it is told once, and again only where it was
mended in between. Addresses of notices are secrets: nothing of ours or of Apprise's logs them.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rowkeeper.catalogue.publish import reader
from rowkeeper.core.errors import (
    INTERRUPTED,
    BusyError,
    DiskError,
    DiskFullError,
    RowkeeperError,
    SourceUnavailableError,
    UsageError,
)
from rowkeeper.core.files import write_whole
from rowkeeper.core.progress import Reporter
from rowkeeper.core.text import from_json
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.run_log import exit_code_of

NAME = "notified.json"
NEEDS_SOMEBODY = """
select 'failure ' || failure_key || ' ' || coalesce(error_code, '') as key,
    coalesce(asset_type, provider) || ': ' || coalesce(error_code, 'failed') as what
from {schema}.failures where verdict = 'needs_person'
union all
select 'row ' || row_key, 'row that no table can use' from {schema}.quarantine where needs_mending
order by 1
"""
"""What stands until somebody acts. No name, no address: a notice goes through other people's
hands."""
PASSING = frozenset({BusyError.exit_code, SourceUnavailableError.exit_code, INTERRUPTED})
"""With these a run waits for the next one: nobody is told."""


@dataclass(frozen=True)
class Needed:
    """Something that needs somebody: what it is known by, and what it is in words."""

    key: str
    what: str


@contextmanager
def notified(context: Context, reporter: Reporter) -> Iterator[None]:
    """Whatever becomes of the run within, ``monitoring.notify`` is told what newly needs somebody.

    Raises ``UsageError`` before it begins where Apprise is not installed. A run is not undone where
    nobody could be told: what is new then is told after the next one.
    """
    if not context.settings.monitoring.notify:
        yield
        return
    if find_spec("apprise") is None:
        raise UsageError("monitoring.notify needs Apprise: install rowkeeper[notify].")
    try:
        yield
    except BaseException as error:
        if (code := exit_code_of(error)) not in PASSING:
            _tell(context, reporter, [Needed(f"error {code}", _kind_of_error(error, code))])
        raise
    _tell(context, reporter, [])


def _kind_of_error(error: BaseException, code: int) -> str:
    """What such an error means: its message may name people."""
    doc = str(type(error).__doc__) if isinstance(error, RowkeeperError) else type(error).__name__
    return f"the run ended with {code}: {' '.join(doc.split())}"


def _tell(context: Context, reporter: Reporter, errors: Sequence[Needed]) -> None:
    before = _kept(context)
    try:
        with reader(context) as warehouse:
            standing = warehouse.records(Needed, NEEDS_SOMEBODY)
        keys = {one.key for one in standing}
    except RowkeeperError:  # it is down, or nothing was ever built
        standing, keys = [], before
    needed = [*errors, *standing]
    keys = keys | {one.key for one in errors}
    new = [one for one in needed if one.key not in before]
    counts = Counter(one.what for one in new)
    lines = [f"{count} × {what}" if count > 1 else what for what, count in counts.items()]
    many = "1 thing needs" if len(new) == 1 else f"{len(new)} things need"
    sent = not new or _send(context, reporter, f"{many} somebody", [*lines, _further(context)])
    _keep(context, reporter, keys if sent else keys & before)


def _further(context: Context) -> str:
    return f"Look further: rowkeeper status --target {context.target.name}"


def _send(context: Context, reporter: Reporter, title: str, lines: Sequence[str]) -> bool:
    """Could anybody be told? The addresses are in no message, nor is what a service answered."""
    sent = []
    for place, url in enumerate(context.settings.monitoring.notify, 1):
        sent.append(_sent(url.get_secret_value(), f"rowkeeper: {title}", "\n".join(lines)))
        if not sent[-1]:
            reporter.say(
                f"Address {place} of monitoring.notify was not told: see that Apprise knows its "
                "kind and that its service answers."
            )
    return any(sent)


def _sent(url: str, title: str, body: str) -> bool:
    import apprise

    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # urllib3 would log the address, too
    try:
        to = apprise.Apprise()
        return bool(to.add(url) and to.notify(title=title, body=body, body_format="text"))
    except Exception:  # whatever a service does, the run is done
        return False
    finally:
        logging.disable(before)


def _path(context: Context) -> Path:
    return context.settings.data_dir / NAME


def _kept(context: Context) -> set[str]:
    """The keys of what was told and still stood then; nothing where that can't be read."""
    try:
        return set(map(str, from_json(_path(context).read_bytes()).get("told", ())))
    except (OSError, ValueError, AttributeError, TypeError):
        return set()


def _keep(context: Context, reporter: Reporter, keys: set[str]) -> None:
    try:
        write_whole(_path(context), json.dumps({"told": sorted(keys)}).encode())
    except (DiskError, DiskFullError, UsageError) as error:
        reporter.say(f"What was told is not kept, and will be told again: {error}")
