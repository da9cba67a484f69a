"""dlt's side of a load: the pipeline on the warehouse of the profile, and one package a run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loaders.destination import DATASET, PIPELINE, destination
from loaders.tables import KEYS, SCHEMAS, Rows, TableName, as_arrow
from rowkeeper.core.disk.faults import disk_error
from rowkeeper.core.duckdb_file import damaged, is_damage
from rowkeeper.core.errors import WarehouseError, causes
from rowkeeper.core.warehouse import Target

if TYPE_CHECKING:
    from dlt.extract import DltResource

DLT_CONFIG: dict[str, Any] = {
    "runtime.dlthub_telemetry": False,
    "runtime.log_level": "CRITICAL",
    "load.delete_completed_jobs": True,  # loaded rows hold e-mail addresses
    "load.raise_on_failed_jobs": True,
    "load.truncate_staging_dataset": True,
    "normalize.parquet_normalizer.add_dlt_load_id": True,
    "normalize.parquet_normalizer.add_dlt_id": True,
}
"""What the raw tables rely on, whatever folder the command runs in."""


class Loader:
    """One dlt pipeline. Every fault of the warehouse is a ``WarehouseError``."""

    def __init__(self, folder: Path, target: Target) -> None:
        import dlt

        self._target = target
        self._pipeline = dlt.pipeline(
            PIPELINE, str(folder), destination=destination(target), dataset_name=DATASET
        )

    def finish_pending(self) -> None:
        """Load what an earlier run left half-way: while it is there, dlt ignores new data.

        A package that the warehouse will never take is dropped; its source is read again anyway.
        """
        from dlt.common.exceptions import TransientException
        from dlt.pipeline.exceptions import PipelineStepFailed

        if not self._pipeline.has_pending_data:
            return
        with self._faults():
            try:
                self._pipeline.run(loader_file_format="parquet")
            except PipelineStepFailed as error:
                if isinstance(error.exception, TransientException):
                    raise
                self._pipeline.abort_packages()

    def load(self, rows: Rows) -> str:
        """Load the tables that ``rows`` has, the empty ones too, in one package; its load id."""
        with self._faults():
            info = self._pipeline.run([_resource(table, rows) for table in rows])
        return str(info.loads_ids[-1])

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """dlt with our settings, its exceptions as one sentence."""
        import dlt
        from dlt.common.exceptions import DltException

        try:
            with dlt.config.values(DLT_CONFIG):
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


def _resource(table: TableName, rows: Rows) -> "DltResource":
    """The rows of ``table``, merged by key with delete-insert: a repeat is harmless.

    Rows go as Arrow. A table without rows goes as its columns alone and in another format, since
    the Postgres driver refuses an empty parquet file.
    """
    import dlt
    from dlt.common.libs.pyarrow import py_arrow_to_table_schema_columns

    return dlt.resource(
        [as_arrow(table, rows) if rows[table] else dlt.mark.materialize_table_schema()],
        name=table,
        columns=py_arrow_to_table_schema_columns(SCHEMAS[table]),
        primary_key=KEYS[table],
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        file_format="parquet" if rows[table] else "insert_values",
    )
