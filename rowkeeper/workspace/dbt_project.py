"""The project in the hands of dbt: parsed once for each version, and run within this process."""

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rowkeeper.core.profiles import profiles_dir
from rowkeeper.core.settings import PROJECT_DIR, READ_BY_DBT, Settings, keys
from rowkeeper.core.warehouse import Target
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.kept_parse import read_parse, share_parse

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

RUN_BY_ROWKEEPER = "DBT_RUN_BY_ROWKEEPER"
"""Tells dbt's side that this process has the lock, and has read the formats."""
KEEP_OPEN = "DBT_KEEP_OPEN"
"""Tells dbt-duckdb to keep the file open from the first node of a build to the last."""
ONLY_NEW = "DBT_ONLY_NEW"
"""Tells the models that are added to that the last build was of this project."""
SAME_PROJECT = "DBT_SAME_PROJECT"
"""Tells models and tests that the last build was of this project: the views beside them stand."""
READERS = "ROWKEEPER_PG_READERS"
"""Has the roles that may read what is published: a build grants it."""
ADAPTERS = ("dbt-core", "dbt-duckdb", "dbt-postgres")

_parsed: "dict[str, Manifest]" = {}
"""Name of a target folder -> the project as it was parsed: one data folder's is another's."""


def invoke(
    context: Context,
    command: str,
    arguments: Sequence[str] = (),
    *,
    only_new: bool = False,
    same_project: bool = False,
) -> "dbtRunnerResult":
    """Run a command of dbt on the target, with the project as it is parsed already.

    ``only_new``: models that can be are added to, not made anew. ``same_project``: the views
    beside models and tests stand. The result of ``parse`` itself if the project can't be parsed.
    """
    from dbt.cli.main import dbtRunner

    folder = target_folder(context)
    logs = ("--log-level", "none", "--log-level-file", "info")
    begin = [*logs, "--log-path", str(logs_folder(context))]
    places = ["--target", context.target.name, "--target-path", str(folder)]
    with _said_to_dbt(context.settings, {ONLY_NEW: only_new, SAME_PROJECT: same_project}):
        if manifest(context) is None:
            for stale in set(folder.parent.glob("target-*")) - {folder}:
                shutil.rmtree(stale, ignore_errors=True)
            result = dbtRunner().invoke([*begin, "parse", *places])
            if not result.success:
                return result
            _parsed[folder.name] = result.result  # type: ignore[assignment]
            share_parse(folder)
        try:
            return dbtRunner(manifest=_parsed[folder.name]).invoke(
                [*begin, "--no-write-json", command, *arguments, *places]
            )
        finally:
            _close(context.target)


def manifest(context: Context) -> "Manifest | None":
    """The project as it was parsed; None before that."""
    folder = target_folder(context)
    if folder.name not in _parsed and (kept := read_parse(folder)):
        _parsed[folder.name] = kept
    return _parsed.get(folder.name)


def logs_folder(context: Context) -> Path:
    return context.settings.data_dir / "dbt" / context.target.name / "logs"


def target_folder(context: Context) -> Path:
    """Where dbt keeps what it parsed: another version's, or another target's, is of no use."""
    said = project_version(), str(PROJECT_DIR), _names(context.target)
    key = hashlib.sha256(repr(said).encode()).hexdigest()
    return context.settings.data_dir / "dbt" / context.target.name / f"target-{key[:12]}"


@cache
def project_version() -> str:
    """A name for the project's files and the packages that read them."""
    digest = hashlib.sha256(repr([version(package) for package in ADAPTERS]).encode())
    files = (PROJECT_DIR / "dbt_project").rglob("*.*")
    for path in sorted([*files, PROJECT_DIR / "dbt_project.yml", PROJECT_DIR / "profiles.yml"]):
        digest.update(f"{path.relative_to(PROJECT_DIR)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _names(target: Target) -> tuple[str | None, ...]:
    """What a target puts into the names of its relations, and who may read them."""
    database = Path(target.path).stem if target.path else target.dbname
    return target.name, target.type, database, target.schema, os.environ.get(READERS, "")


def settings_read(settings: Settings) -> dict[str, str]:
    """What the models read of the settings: variable of the environment -> value."""
    said = {keys()[name]: os.environ.get(keys()[name], "") for name in READ_BY_DBT}
    said[READERS] = os.environ.get(READERS, "")
    return said | {keys()["legacy_csv.known_earlier"]: settings.legacy_csv.known_earlier}


@contextmanager
def _said_to_dbt(settings: Settings, flags: dict[str, bool]) -> Iterator[None]:
    """What a flag may have set is in the environment while dbt builds, which reads it there.

    What somebody's own use of dbt has set, another project or a part of the resources, is not: the
    tables, the parse that is kept, and what is remembered of the build are of this project, whole.
    """
    said = settings_read(settings) | {RUN_BY_ROWKEEPER: "yes", KEEP_OPEN: "True"}
    said["PGCLIENTENCODING"] = "UTF8"
    said |= {name: "yes" if is_set else "" for name, is_set in flags.items()}
    said |= {"DBT_PROJECT_DIR": str(PROJECT_DIR), "DBT_PROFILES_DIR": str(profiles_dir())}
    before = {name: os.environ.pop(name, None) for name in said.keys() | _options()}
    os.environ |= said
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@cache
def _options() -> frozenset[str]:
    """The variables that dbt's commands take for their options; the target is given in words."""
    from dbt.cli.main import cli

    commands = [cli, *cli.commands.values()]
    given = [option.envvar or () for command in commands for option in command.params]
    names = {name for said in given for name in ([said] if isinstance(said, str) else said)}
    return frozenset(names - {"DBT_TARGET"})


def _close(target: Target) -> None:
    """Let go of the DuckDB file, which other connections of this process open again."""
    if target.type != "duckdb":
        return
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    environment: Any = DuckDBConnectionManager._ENV
    if environment is not None:
        environment.close()
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
