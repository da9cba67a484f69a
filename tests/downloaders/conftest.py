"""The sites of a module on loopback: empty ones, or as its own fixture ``site`` has them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from downloaders.base import FetchSettings
from tests.fakes.clients import settings_for
from tests.fakes.internet import FakeInternet
from tests.fakes.site import Site


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def net(site: Site) -> Iterator[FakeInternet]:
    with FakeInternet(replace(site, faults=[])) as internet:
        yield internet


@pytest.fixture
def settings(net: FakeInternet, tmp_path: Path) -> FetchSettings:
    return settings_for(net, tmp_path)
