"""What a data test says when it fails; ``test_reconcile_mutants.py`` plants what each must see."""

import json

import pytest

from rowkeeper.core.warehouse import Target
from tests.helpers.corruptions import CORRUPTIONS
from tests.helpers.warehouses import dbt


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
