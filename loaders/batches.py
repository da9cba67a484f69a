"""The rows of a load, however many: the memory holds a batch of each table, the others lie in files
without a name, of which a kill leaves nothing."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import IO

import pyarrow as pa  # type: ignore[import-untyped]

from loaders.schemas import SCHEMAS, TABLES, Row, TableName
from rowkeeper.core.disk.faults import disk_error

BATCH = 1_000
"""Rows that are handed on at once."""


class Batches:
    """Rows of one raw table, in order; they can be read again and again."""

    def __init__(
        self, table: TableName, rows: Iterable[Row] = (), folder: Path | None = None
    ) -> None:
        """``folder``: where the files without a name are, else where the system has its own."""
        self._schema, self._folder = SCHEMAS[table], folder
        self._rows: list[Row] = []
        self._count = 0
        self._file: IO[bytes] | None = None
        self._sizes: list[int] = []
        self += rows

    def __len__(self) -> int:
        return self._count

    def append(self, row: Row) -> None:
        """Add a row of some or all columns. Raises ``DiskError``."""
        self._rows.append(row)
        self._count += 1
        if len(self._rows) >= BATCH:
            self._set_aside()

    def __iadd__(self, rows: Iterable[Row]) -> "Batches":
        for row in rows:
            self.append(row)
        return self

    def add_batch(self, batch: pa.RecordBatch) -> None:
        """Add rows as Arrow has them, with some or all columns. Raises ``DiskError``."""
        self._set_aside()
        self._write(conformed(batch, self._schema))
        self._count += batch.num_rows

    def arrow(self) -> Iterator[pa.Table]:
        """The rows with the types of their table."""
        if self._file:
            for start, size in zip(accumulate([0, *self._sizes]), self._sizes, strict=False):
                self._file.seek(start)
                data = pa.py_buffer(self._file.read(size))
                yield pa.Table.from_batches([pa.ipc.read_record_batch(data, self._schema)])
        if self._rows:
            yield self._in_memory()

    def __iter__(self) -> Iterator[Row]:
        for table in self.arrow():
            yield from table.to_pylist()

    def _in_memory(self) -> pa.Table:
        return pa.Table.from_pylist(self._rows, schema=self._schema)

    def _set_aside(self) -> None:
        for batch in self._in_memory().to_batches():
            self._write(batch)
        self._rows.clear()

    def _write(self, batch: pa.RecordBatch) -> None:
        data = batch.serialize()
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
            self._file.seek(0, os.SEEK_END)
            self._file.write(data)
        except OSError as error:
            if refused := disk_error(error):
                raise refused from error
            raise
        self._sizes.append(data.size)


Rows = dict[TableName, Batches]


def no_rows(folder: Path | None = None) -> Rows:
    """No rows of each table; ``folder`` as :class:`Batches` has it."""
    return {table: Batches(table, folder=folder) for table in TABLES}


def conformed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """``batch`` with the columns and types of ``schema``; what it lacks is null."""
    known = set(batch.schema.names)
    columns = [
        batch.column(field.name).cast(field.type)
        if field.name in known
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
