"""A few of the hostile sheets and pages that ``tests.fuzz_hostile`` makes by the thousand."""

from pathlib import Path

import pytest

from tests.fuzz_hostile import check


@pytest.mark.parametrize("kind", ["sheets", "pages"])
def test_each_is_read_or_refused_in_words(kind: str, tmp_path: Path) -> None:
    counts = check(kind, tmp_path, 40, seed=25)
    assert counts["read"] > 5
    assert counts["refused"] > 5
