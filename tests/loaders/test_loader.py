"""A package that an earlier run left: what becomes of it where the warehouse does not take it."""

from pathlib import Path

import pytest
from dlt.common.exceptions import TerminalValueError
from dlt.destinations.exceptions import DatabaseTransientException
from dlt.pipeline.exceptions import PipelineStepFailed

from loaders.destination import PIPELINE
from loaders.loader import Loader
from rowkeeper.core.errors import WarehouseError
from rowkeeper.core.warehouse import Target


class Refusing:
    """A pipeline with a package that the warehouse refuses for ``reason``."""

    pipeline_name = PIPELINE
    has_pending_data = True

    def __init__(self, reason: BaseException) -> None:
        self.reason, self.dropped = reason, 0

    def run(self, **_: str) -> None:
        raise PipelineStepFailed(self, "load", "1.5", self.reason)  # type: ignore[arg-type]

    def abort_packages(self) -> None:
        self.dropped += 1


def finish(folder: Path, reason: BaseException) -> int:
    """Finish what is pending; how often it was dropped."""
    (folder / PIPELINE).mkdir()
    loader = Loader(folder, Target(name="dev", type="duckdb", path=str(folder / "x.duckdb")))
    refusing = Refusing(reason)
    loader.__dict__["_pipeline"] = refusing
    try:
        loader.finish_pending()
    except WarehouseError:
        assert not refusing.dropped
        raise
    return refusing.dropped


def test_a_package_that_will_never_be_taken_is_dropped(tmp_path: Path) -> None:
    assert finish(tmp_path, TerminalValueError("no such type")) == 1


def test_a_package_that_may_be_taken_later_is_kept(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="too many clients"):
        finish(tmp_path, DatabaseTransientException(OSError("too many clients")))
