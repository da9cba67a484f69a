"""The README's first phase, dlt pipeline run && dbt build, is enough: once more changes nothing."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from rowkeeper.core.settings import PROJECT_DIR
from rowkeeper.core.warehouse import Row, Target, connect
from tests.helpers.samples import make_samples

CHANGING = {"runs"}
"""Each load is a row of it."""


def commands() -> list[list[str]]:
    """The two, as the README's block on the first phase has them."""
    readme = (PROJECT_DIR / "README.md").read_text("utf-8")
    (line,) = re.findall(r"^(\.venv/bin/dlt pipeline run && .*)$", readme, re.MULTILINE)
    words_of = [shlex.split(part, comments=True) for part in line.split("&&")]
    assert [Path(words[0]).name for words in words_of] == ["dlt", "dbt"]
    return words_of


def once() -> None:
    for program, *arguments in commands():
        done = subprocess.run(
            [str(Path(sys.executable).parent / Path(program).name), *arguments],
            cwd=PROJECT_DIR,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def tables(target: Target) -> dict[str, list[Row]]:
    with connect(target) as warehouse:
        return {
            name: sorted(warehouse.query(f"select * from {target.schema}.{name}"), key=str)
            for name in sorted(warehouse.tables(target.schema) - CHANGING)
        }


@pytest.mark.parametrize(
    ("engine", "files"),
    [("duckdb", "*.csv"), ("postgres", "output_7col_shifted.csv")],
    indirect=["engine"],
)
def test_once_more_changes_nothing(
    engine: Target, files: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = tmp_path / "samples"
    make_samples(samples, 12, 3)
    monkeypatch.setenv("ROWKEEPER_SHEET_SOURCE", str(samples / "sheet.html"))
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_PATHS", str(samples / files))
    once()
    first = tables(engine)
    assert len(first["people"]) > 5
    assert len(first["assets"]) > 5
    assert len(first) > 30
    once()
    assert tables(engine) == first
