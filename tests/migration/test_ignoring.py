"""A rule of ``legacy_csv.ignore`` that leaves out nothing is told."""

from pathlib import Path

from loaders.pipeline import ingest
from rowkeeper.core.csv.ignoring import IDLE
from rowkeeper.core.settings import load_settings
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
    told = [IDLE.format(rule=rule) for rule in RULES[5:]]
    for _ in range(2):  # also where nothing is new
        notices = ingest(settings, duck).notices
        assert [notice for notice in notices if "ignore" in notice] == told
