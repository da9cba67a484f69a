"""What a data test says when it fails; ``test_reconcile_mutants.py`` plants what each must see."""

import json
from typing import Any

import pytest

from rowkeeper.core.drain import drain
from rowkeeper.core.journal.journal import journal_dir
from rowkeeper.core.warehouse import Target
from rowkeeper.workspace.context import Context
from tests.helpers.corruptions import CORRUPTIONS
from tests.helpers.events import event
from tests.helpers.journals import made
from tests.helpers.warehouses import dbt, statuses

SESSIONS = "assert_session_totals_are_their_outcomes"


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_check_warns_only_if_its_name_says_so(engine: Target) -> None:
    """From the manifest: what must never happen is an error, whoever edits its file."""
    keys = ("--output", "json", "--output-keys", "name", "config")
    listed = dbt("ls", "--resource-type", "test", "--target", engine.name, *keys).stdout
    configs = {
        check["name"]: check["config"]
        for check in (json.loads(line) for line in listed.splitlines() if line.startswith("{"))
    }
    assert len(configs) > 60
    for name, config in configs.items():
        said = (config["severity"].lower(), config["error_if"], config["limit"])
        severity = "warn" if name.startswith("warn_") else "error"
        assert (name, *said) == (name, severity, "!= 0", None)
    assert {corruption.seen_by for corruption in CORRUPTIONS.values()} <= set(configs)


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_what_another_run_drains_during_a_build_is_the_next_builds(
    built: tuple[Context, dict[str, Any]],
) -> None:
    context, _ = built
    folder = journal_dir(context.settings.data_dir)
    made(folder, [event(1)])
    drain(folder, context.target)
    assert statuses(context, "test", "--select", SESSIONS)[SESSIONS] == "pass"
