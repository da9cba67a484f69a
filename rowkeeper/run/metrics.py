"""What a run came to, for monitoring: a text file as Prometheus's node exporter collects it.

Numbers and names of ours alone: no person, no address, no place. ``docs/operations.md`` tells what
to make of them.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rowkeeper.catalogue.publish import Catalog, read_catalog
from rowkeeper.core import clock
from rowkeeper.core.errors import (
    INTERRUPTED,
    DiskError,
    DiskFullError,
    RowkeeperError,
    UsageError,
)
from rowkeeper.core.files import write_whole
from rowkeeper.core.progress import Reporter
from rowkeeper.run.round import Moved
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.run_log import exit_code_of

READABLE = 0o644
"""The exporter is another user, and nothing in the file is anybody's secret."""
HELP: Mapping[str, str] = {
    "last_run_timestamp_seconds": "When the last run ended.",
    "last_success_timestamp_seconds": "When a run last ended with 0.",
    "last_run_exit_code": "With what the last run ended.",
    "last_run_duration_seconds": "How long it took.",
    "last_run_downloaded_assets": "What it downloaded.",
    "last_run_downloaded_bytes": "The same, in bytes.",
    "last_run_failed_downloads": "What it could not download.",
    "last_run_uploaded_assets": "What it archived.",
    "last_run_failed_uploads": "What it could not archive.",
    "last_run_paused_providers": "Sites that wanted a pause.",
    "people": "People in the sources.",
    "assets": "Assets by type and state.",
    "failures": "Assets that failed, by verdict.",
    "quarantined_rows": "Source rows that can't be used and that somebody has to mend.",
    "incomplete_lists": "Lists and documents that are not known to be complete.",
}
"""Each metric without its prefix, and what it says."""
PREFIX = "rowkeeper_"
STATES = ("archived", "to_upload", "to_download", "failed")
Labels = tuple[tuple[str, str], ...]
Values = dict[tuple[str, Labels], float]
_LAST_SUCCESS = re.compile(
    rf"^{PREFIX}last_success_timestamp_seconds ([0-9]{{1,15}}(?:\.[0-9]+)?)$", re.MULTILINE
)


@dataclass
class Measured:
    """What is known of a run so far."""

    done: Moved | None = None


@contextmanager
def measured(context: Context, reporter: Reporter) -> Iterator[Measured]:
    """Whatever becomes of the run within, its metrics are written where
    ``monitoring.metrics_file`` says. A run is not undone where that can't be."""
    path = context.settings.monitoring.metrics_file
    measures, began = Measured(), clock.seconds()
    if path is None:
        yield measures
        return
    code = 1
    try:
        yield measures
        code = 0
    except BaseException as error:
        code = exit_code_of(error)
        raise
    finally:
        _write(context, reporter, path.expanduser(), measures, code, clock.seconds() - began)


def _write(
    context: Context, reporter: Reporter, path: Path, measures: Measured, code: int, took: float
) -> None:
    catalog = None
    if code != INTERRUPTED:
        with suppress(RowkeeperError):  # it is down, or nothing was ever built
            catalog = read_catalog(context)
    now = clock.now().timestamp()
    values = run_values(measures.done, code, took, now, now if code == 0 else _last_success(path))
    values |= catalog_values(catalog) if catalog else {}
    try:
        write_whole(path, metrics_text(values).encode("utf-8"), mode=READABLE)
    except (DiskError, DiskFullError, UsageError) as error:
        reporter.say(f"The metrics were not written: {error}")


def run_values(
    done: Moved | None, code: int, took: float, now: float, success: float | None
) -> Values:
    """The metrics of the run itself; those of what it did are 0 where it came to none of it."""
    nothing = Moved(None, None, None, None, [], None)
    values = {
        "last_run_timestamp_seconds": now,
        "last_success_timestamp_seconds": success,
        "last_run_exit_code": code,
        "last_run_duration_seconds": round(took, 3),
        **{f"last_run_{name}": count for name, count in (done or nothing).counts().items()},
    }
    return {(name, ()): value for name, value in values.items() if value is not None}


def catalog_values(catalog: Catalog) -> Values:
    """The metrics of what there is."""
    values: Values = {("people", ()): len(catalog.people)}
    for asset in catalog.assets:
        kind = str(asset["asset_type"])
        for state in STATES:
            values["assets", (("asset_type", kind), ("state", state))] = asset[state]
    verdicts = Counter(str(failure["verdict"]) for failure in catalog.failures)
    for verdict, count in verdicts.items():
        values["failures", (("verdict", verdict),)] = count
    values["quarantined_rows", ()] = sum(group["to_mend"] for group in catalog.quarantine)
    values["incomplete_lists", ()] = sum(proof["incomplete_lists"] or 0 for proof in catalog.proof)
    return values


def metrics_text(values: Values) -> str:
    """The text form of ``values``, each metric with what it says."""
    lines = []
    for name, says in HELP.items():
        of_it = [(labels, value) for (metric, labels), value in values.items() if metric == name]
        if of_it:
            lines += [f"# HELP {PREFIX}{name} {says}", f"# TYPE {PREFIX}{name} gauge"]
        lines += [f"{PREFIX}{name}{_braced(labels)} {value:.15g}" for labels, value in of_it]
    return "\n".join(lines) + "\n"


def _braced(labels: Labels) -> str:
    pairs = (f'{key}="{_escaped(value)}"' for key, value in labels)
    return f"{{{','.join(pairs)}}}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _last_success(path: Path) -> float | None:
    """When a run last went well, as the file says that is there."""
    try:
        match = _LAST_SUCCESS.search(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return float(match[1]) if match else None
