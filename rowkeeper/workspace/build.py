"""``dbt build`` within this process: one start of dbt serves all builds of a run."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rowkeeper.core.disk.faults import said_of_disk
from rowkeeper.core.disk.presence import require
from rowkeeper.core.duckdb_file import damaged, is_damage
from rowkeeper.core.errors import BuildError, WarehouseError
from rowkeeper.core.text import some_of
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace import dbt_project
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.last_build import (
    Inputs,
    Warned,
    last_build,
    read_inputs,
    remember,
    to_build,
)
from rowkeeper.workspace.waits import say

EXAMPLES = 5
SHOWN = ("name", "email", "personality_type", "reason")
WARNING, FAILED_TEST = "warn", "fail"
BUILDING = "Building the tables…"
BUILDS = 3
"""The tries of a build that others' locks stop."""
OF_PYTHON = "[Errno "
"""Begins what this process says of its own disk; a server says it without."""
LOCKED_OUT = ("due to lock timeout", "due to user request", "deadlock detected")
"""What Postgres says of a statement that waited for a lock, and was cancelled for it."""
LEFT_OUT = ("--exclude-resource-type", "unit_test", "--exclude", "assert_tables_are_as_modelled")
"""What is for plain dbt alone: what a build has just made of its models is as they make it."""
OTHERS_DEPEND = re.compile(
    r"\S+ must change, and what is not of rowkeeper .* make it anew\.", re.DOTALL
)
"""What must_change() says of a relation that others' views read."""
OF_AN_EVENT = "assert_asset_has_one_identity"
"""The data test that one event of a journal can fail; its relation lists the assets as they are."""
BAD = frozenset({"error", FAILED_TEST, "runtime error"})


def build(context: Context) -> list[Warned]:
    """Run every model and data test on the target; the warnings.

    When a blocking test fails, what is downstream of it stays as it was. Raises ``BuildError`` for
    a failed test and for nothing else, ``DiskError``, and ``WarehouseError`` for whatever the
    warehouse refuses.
    """
    require(context.settings.data_dir)
    with connect(context.target) as warehouse:
        inputs = read_inputs(warehouse, context.settings)
    return _build_all(context, inputs)


def refresh(context: Context, tell: Callable[[str], object] = lambda _: None) -> list[Warned]:
    """Build what can have changed since the last build; the warnings, also those that stand.

    ``tell`` gets a line before a build, for that takes a while. Raises as ``build``.
    """
    require(context.settings.data_dir)
    with connect(context.target) as warehouse:
        inputs = read_inputs(warehouse, context.settings)
        last = last_build(warehouse, context.target.schema)
    if inputs is None or last is None:
        tell(BUILDING)
        return _build_all(context, inputs)
    if last.inputs == inputs:
        return last.warnings
    tell(BUILDING)
    project = dbt_project.manifest(context)
    names = to_build(project, last.inputs, inputs) if project else None
    if names is None:
        return _build_all(context, inputs)
    # So much that is new costs less where nothing is kept of before.
    is_little = inputs.events < 2 * last.inputs.events
    nodes = _run(context, names, only_new=is_little)
    ran = {node.node.name for node in nodes}
    warnings = [warned for warned in last.warnings if warned.test not in ran]
    warnings += _warnings(context, nodes)
    warnings.sort(key=lambda warned: warned.test)
    remember(context, inputs, warnings, {schema for schema, _ in last.relations})
    return warnings


def _build_all(context: Context, inputs: Inputs | None) -> list[Warned]:
    nodes = _run(context, (), only_new=False)
    warnings = _warnings(context, nodes)
    if inputs is not None:
        remember(context, inputs, warnings, _schemas(nodes))
    return warnings


def _run(context: Context, names: Sequence[str], *, only_new: bool) -> list[Any]:
    """Build the nodes of these names, or all; what came of each. ``only_new``: as in ``invoke``."""
    chosen = ["--select", *names, "--indirect-selection", "empty"] if names else []
    arguments = [*LEFT_OUT, *chosen]
    for left in reversed(range(BUILDS)):
        result = dbt_project.invoke(
            context, "build", arguments, only_new=only_new, same_project=bool(names)
        )
        nodes = list(getattr(result.result, "results", None) or ())
        if result.success:
            return nodes
        if not (left and _was_locked_out(nodes)):
            break
        say(f"The build met another session's lock: it is tried again, {left} times at most.")
    raise _refusal(context, nodes, result.exception, dbt_project.logs_folder(context))


def _schemas(nodes: list[Any]) -> set[str]:
    """Where the relations of these nodes are."""
    return {str(node.node.schema) for node in nodes if node.node.resource_type in ("model", "test")}


def _was_locked_out(nodes: list[Any]) -> bool:
    """Did a node wait for somebody's lock for too long, and did nothing else go wrong?"""
    failed = [str(node.message).lower() for node in nodes if str(node.status) in BAD]
    return bool(failed) and all(any(word in said for word in LOCKED_OUT) for said in failed)


def _warnings(context: Context, nodes: list[Any]) -> list[Warned]:
    """The warnings among ``nodes``, with the first rows that each lists."""
    warnings = []
    with connect(context.target) as warehouse:
        for node in (node for node in nodes if node.status == WARNING):
            relation = node.node.relation_name
            names, _ = warehouse.select(f"select * from {relation} limit 0")
            order = ", ".join(f'cast("{name}" as varchar)' for name in names)
            sql = f"select * from {relation} order by {order} limit {EXAMPLES}"
            rows: list[dict[str, Any]] = warehouse.records(dict, sql)
            examples = tuple(map(_label, rows))
            warnings.append(Warned(node.node.name, int(node.failures or 0), examples, relation))
    return warnings


def _label(row: dict[str, Any]) -> str:
    """A row in a few words: whose it is, or where it stands."""
    row_id = row.get("row_id") or row.get("person_row_id") or row.get("row_key") or "?"
    shown = [str(row[name]) for name in SHOWN if row.get(name)]
    return f"row {row_id} ({', '.join(shown)})" if shown else f"row {row_id}"


def _refusal(
    context: Context, nodes: list[Any], exception: BaseException | None, logs: Path
) -> BaseException:
    """What a build that did not succeed raises."""
    if isinstance(exception, KeyboardInterrupt):
        return exception
    failed = [node for node in nodes if str(node.status) in BAD]
    said = str(failed[0].message if failed else exception or "no node ran")
    is_local = context.target.type == "duckdb" or OF_PYTHON in said
    if is_local and (refused := said_of_disk(said)):
        return refused
    if context.target.type == "duckdb" and is_damage(said):
        return damaged(context.target.where, said)
    if others := OTHERS_DEPEND.search(said):
        return WarehouseError(" ".join(others[0].split()))
    names = some_of([node.node.name for node in failed], 3)
    reason = f"{names}: {said}" if failed else said
    reason = " ".join(context.target.masked(reason).split())[:400]
    log = logs / "dbt.log"
    if any(str(node.status) == FAILED_TEST for node in failed):
        remedy = f"see {log}, or run dbt build --target {context.target.name}"
        if any(node.node.name == OF_AN_EVENT for node in failed):
            remedy = f"rowkeeper journal check names the event that says so, or {remedy}"
        return BuildError(
            f"dbt build stopped before the marts ({reason}). Nothing is lost: {remedy}."
        )
    return WarehouseError(
        f"The warehouse, {context.target.where}, did not finish the build ({reason}): see that it "
        f"is up and that nothing else holds it, then run again; {log} says more."
    )
