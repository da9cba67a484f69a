"""A rule of ``legacy_csv.ignore`` that leaves out nothing is told."""

import re
from pathlib import Path

import duckdb
import pytest
from jinja2 import Environment

from loaders.pipeline import ingest
from rowkeeper.core.csv.ignoring import IDLE, _matches
from rowkeeper.core.settings import PROJECT_DIR, load_settings
from rowkeeper.core.warehouse import Target

RULES = [
    *("test_a.csv", "test*:2", "test_a.csv:1-2", "test_a.csv:9 2", "*:7a"),
    *("testXa.csv", "test_a.cs", "TEST_A.csv", "test*:3-9", "*:7", "b.csv", "*:70"),
]


def test_a_rule_that_leaves_out_no_row_is_told_at_load(tmp_path: Path) -> None:
    path = tmp_path / "test_a.csv"
    path.write_text("row_id,name,email,type,link\n 2 ,Ann,,,\n7a,Bob,,,\n")
    duck = Target(name="dev", type="duckdb", path=str(tmp_path / "rowkeeper.duckdb"))
    settings = load_settings(
        {"data_dir": str(tmp_path / "data"), "legacy_csv.paths": [str(path)]},
        {"ROWKEEPER_LEGACY_CSV_IGNORE": ",".join(RULES)},
    )
    idle = [IDLE.format(rule=rule) for rule in RULES[5:]]
    for _ in range(2):  # also where nothing is new
        notices = ingest(settings, duck).notices
        assert [notice for notice in notices if "ignore" in notice] == idle


@pytest.mark.parametrize("rule", [*RULES, "it's*.csv", "100%_x!.csv:5", "*"])
@pytest.mark.parametrize("row_id", ["2", "7a", "7", "70", "x"])
@pytest.mark.parametrize("file", ["test_a.csv", "it's b.csv", "100%_x!.csv", "100 %x!.csv"])
def test_the_rule_is_the_one_of_the_tables(rule: str, row_id: str, file: str) -> None:
    environment = Environment(extensions=["jinja2.ext.do"])
    environment.globals |= {
        "env_var": lambda name, default: rule,
        "modules": {"re": re},
        "return": lambda text: text,
        "matches": lambda text, pattern: f"regexp_matches({text}, '{pattern}')",
    }
    macros = (PROJECT_DIR / "dbt_project/macros/left_out.sql").read_text("utf-8")
    source = f"{macros}{{{{ ignoring_rule('f', 'r') }}}}"
    sql = f"select {environment.from_string(source).render()} from (select ? as f, ? as r)"
    rows = duckdb.execute(sql, [file, row_id]).fetchall()
    assert rows == [(rule if _matches(rule, [(file, row_id)]) else None,)]
