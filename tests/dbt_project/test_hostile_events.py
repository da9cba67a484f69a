"""Events that hold whatever somebody wrote: what is believed of them stops nobody's build."""

from random import Random
from typing import Any

import pytest

from rowkeeper.workspace.build import refresh
from rowkeeper.workspace.context import Context
from tests.fuzz_hostile import drained


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_build_stands_after_hostile_journals(built: tuple[Context, dict[str, Any]]) -> None:
    context = built[0]
    read, damaged = drained(context, 40, Random(25))
    assert read > 100
    assert damaged > 100
    refresh(context)
