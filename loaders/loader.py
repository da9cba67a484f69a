"""dlt's side of a load: the pipeline on the warehouse of the profile, and one package a run."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from loaders.destination import DATASET, PIPELINE, destination, forget_trace, may_be_pending
from rowkeeper.core.disk.faults import disk_error
from rowkeeper.core.duckdb_file import damaged, is_damage
from rowkeeper.core.errors import WarehouseError, causes
from rowkeeper.core.warehouse import Target

if TYPE_CHECKING:
    import dlt
    from dlt.common.schema.typing import TFileFormat

    from loaders.batches import Batches, Rows


class Loader:
    """One dlt pipeline. Every fault of the warehouse is a ``WarehouseError``.

    dlt, which takes a second to import, is asked once there is something to load.
    """

    def __init__(self, pipelines: Path, target: Target) -> None:
        self.folder, self._pipelines, self._target = pipelines.parent, pipelines, target
        forget_trace(pipelines)

    @cached_property
    def _pipeline(self) -> "dlt.Pipeline":
        os.environ.pop("DLT_DISABLE_PLUGINS", None)  # ours gives dlt its context
        import dlt

        return dlt.pipeline(
            PIPELINE,
            str(self._pipelines),
            destination=destination(self._target),
            dataset_name=DATASET,
        )

    def finish_pending(self) -> None:
        """Load what an earlier run left half-way: while it is there, dlt ignores new data.

        A package that the warehouse will never take is dropped; its source is read again anyway.
        """
        if not may_be_pending(self._pipelines) or not self._pipeline.has_pending_data:
            return
        from dlt.common.exceptions import TransientException
        from dlt.pipeline.exceptions import PipelineStepFailed

        with self._faults():
            try:
                self._pipeline.run(loader_file_format="parquet")
            except PipelineStepFailed as error:
                if isinstance(error.exception, TransientException):
                    raise
                self._pipeline.abort_packages()

    def load(self, rows: "Rows") -> str:
        """Load the tables that ``rows`` has, the empty ones too, in one package; its load id."""
        from loaders.sources import resource

        with self._faults():
            info = self._pipeline.run(
                [resource(table, rows[table], _format(rows[table])) for table in rows]
            )
        return str(info.loads_ids[-1])

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """dlt's exceptions as one sentence."""
        from dlt.common.exceptions import DltException

        try:
            yield
        except (DltException, OSError) as error:
            if self._target.type == "duckdb" and is_damage(_reason(error)):
                raise damaged(self._target.where, _reason(error)) from error
            if refused := disk_error(error, local=self._target.type == "duckdb"):
                raise refused from error
            raise WarehouseError(
                f"The warehouse {self._target.name} did not take the load "
                f"({self._target.masked(_reason(error))}): "
                "see that it is up and that nothing else holds it, then run again."
            ) from error


def _reason(error: BaseException) -> str:
    """The first line of what the innermost exception says."""
    *_, innermost = causes(error)
    first = next((line.strip() for line in str(innermost).splitlines() if line.strip()), "")
    return first[:200].rstrip(".") or type(innermost).__name__


def _format(rows: "Batches") -> "TFileFormat":
    """Of a table with these rows: the Postgres driver refuses an empty parquet file."""
    return "parquet" if rows else "insert_values"
