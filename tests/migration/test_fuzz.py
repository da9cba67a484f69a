"""Mutated legacy CSVs end as a sentence or as rows that are accounted for; a few of them here."""

from pathlib import Path

import pytest

from rowkeeper.core.warehouse import Target
from tests.fuzz_csv import fuzz


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_mutated_csvs_lose_nothing(engine: Target, tmp_path: Path) -> None:
    tally = fuzz(tmp_path, engine, files=60, seed=6)
    assert tally.unaccounted == ()
    assert tally.loaded > 10
    assert tally.refused > 10
