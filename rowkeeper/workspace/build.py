"""``dbt build`` within this process: one start of dbt serves all builds of a run."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rowkeeper.core.disk.faults import said_of_disk
from rowkeeper.core.disk.presence import require
from rowkeeper.core.duckdb_file import damaged, is_damage
from rowkeeper.core.errors import BuildError, WarehouseError
from rowkeeper.core.settings import PROJECT_DIR, Settings, keys
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.waits import say

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

EXAMPLES = 5
SHOWN = ("name", "email", "personality_type", "reason")
WARNING, FAILED_TEST = "warn", "fail"
RUN_BY_ROWKEEPER = "DBT_RUN_BY_ROWKEEPER"
"""Tells dbt's side that this process has the lock, and has read the formats."""
BUILDS = 3
"""The tries of a build that others' locks stop."""
LOCKED_OUT = ("due to lock timeout", "due to user request", "deadlock detected")
"""What Postgres says of a statement that waited for a lock, and was cancelled for it."""
BAD = frozenset({"error", FAILED_TEST, "runtime error"})

_parsed: "dict[tuple[str | None, ...], Manifest]" = {}
"""The project as dbt parsed it, once a process for each target and the names it gives relations."""


@dataclass(frozen=True)
class Warned:
    """A data test that warns: how many rows it lists, the first of them, and where all are."""

    test: str
    rows: int
    examples: tuple[str, ...]
    relation: str


def build(context: Context) -> list[Warned]:
    """Run every model and data test on the target; the warnings.

    When a blocking test fails, what is downstream of it stays as it was. Raises ``BuildError`` for
    a failed test and for nothing else, ``DiskError``, and ``WarehouseError`` for whatever the
    warehouse refuses.
    """
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    require(context.settings.data_dir)
    folder = context.settings.data_dir / "dbt" / context.target.name
    logs = ("--log-level", "none", "--log-level-file", "info", "--log-path", str(folder / "logs"))
    place = folder / f"target-{_project_version()}"
    places = ("--target", context.target.name, "--target-path", str(place))
    names = _names(context.target)
    if names not in _parsed:
        for stale in set(folder.glob("target-*")) - {place}:
            shutil.rmtree(stale, ignore_errors=True)
        parsed = dbtRunner().invoke([*logs, "parse", *places])
        if not isinstance(parsed.result, Manifest):
            raise _refusal(context, [], parsed.exception, folder)
        _parsed[names] = parsed.result
    for left in reversed(range(BUILDS)):
        with _said_to_dbt(context.settings):
            result = dbtRunner(manifest=_parsed[names]).invoke(
                # unit tests are for plain dbt build
                [*logs, "build", "--exclude-resource-type", "unit_test", *places]
            )
        nodes = list(getattr(result.result, "results", None) or ())
        if result.success:
            return _warnings(context, [node for node in nodes if node.status == WARNING])
        if not (left and _was_locked_out(nodes)):
            break
        say(f"The build met another session's lock: it is tried again, {left} times at most.")
    raise _refusal(context, nodes, result.exception, folder)


def _was_locked_out(nodes: list[Any]) -> bool:
    """Did a node wait for somebody's lock for too long, and did nothing else go wrong?"""
    failed = [str(node.message).lower() for node in nodes if str(node.status) in BAD]
    return bool(failed) and all(any(word in said for word in LOCKED_OUT) for said in failed)


@contextmanager
def _said_to_dbt(settings: Settings) -> Iterator[None]:
    """What a flag may have set is in the environment while dbt builds, which reads it there."""
    said = {
        keys()["legacy_csv.known_earlier"]: settings.legacy_csv.known_earlier,
        RUN_BY_ROWKEEPER: "yes",
    }
    before = {name: os.environ.get(name) for name in said}
    os.environ |= said
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@cache
def _project_version() -> str:
    """A name for the project's files: what another version parsed is of no use to this one."""
    digest = hashlib.sha256()
    files = (PROJECT_DIR / "dbt_project").rglob("*.*")
    for path in sorted([*files, PROJECT_DIR / "dbt_project.yml"]):
        digest.update(f"{path.relative_to(PROJECT_DIR)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _names(target: Target) -> tuple[str | None, ...]:
    """What a target puts into the names of its relations."""
    database = Path(target.path).stem if target.path else target.dbname
    return target.name, database, target.schema


def _warnings(context: Context, nodes: list[Any]) -> list[Warned]:
    """The warnings with the first rows that each lists."""
    found = []
    with connect(context.target) as warehouse:
        for node in nodes:
            relation = node.node.relation_name
            names, rows = warehouse.select(f"select * from {relation} limit {EXAMPLES}")
            examples = tuple(_label(dict(zip(names, row, strict=True))) for row in rows)
            found.append(Warned(node.node.name, int(node.failures or 0), examples, relation))
    return found


def _label(row: dict[str, Any]) -> str:
    """A row in a few words: whose it is, or where it stands."""
    row_id = row.get("row_id") or row.get("person_row_id") or row.get("row_key") or "?"
    shown = [str(row[name]) for name in SHOWN if row.get(name)]
    return f"row {row_id} ({', '.join(shown)})" if shown else f"row {row_id}"


def _refusal(
    context: Context, nodes: list[Any], exception: BaseException | None, folder: Path
) -> BaseException:
    """What a build that did not succeed raises."""
    if isinstance(exception, KeyboardInterrupt):
        return exception
    failed = [node for node in nodes if str(node.status) in BAD]
    said = str(failed[0].message if failed else exception or "no node ran")
    if context.target.type == "duckdb" and (refused := said_of_disk(said)):
        return refused
    if context.target.type == "duckdb" and is_damage(said):
        return damaged(context.target.where, said)
    names = ", ".join(node.node.name for node in failed[:3])
    more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
    reason = f"{names}{more}: {said}" if failed else said
    reason = " ".join(context.target.masked(reason).split())[:400]
    log = folder / "logs" / "dbt.log"
    if any(str(node.status) == FAILED_TEST for node in failed):
        return BuildError(
            f"dbt build stopped before the marts ({reason}). Nothing is lost: see {log}, or run "
            f"dbt build --target {context.target.name}."
        )
    return WarehouseError(
        f"The warehouse, {context.target.where}, did not finish the build ({reason}): see that it "
        f"is up and that nothing else holds it, then run again; {log} says more."
    )
