"""Legacy CSVs as files."""

import csv
import io
from pathlib import Path

from rowkeeper.core.csv.legacy import GENERATIONS

COLUMNS = GENERATIONS[21]
HEADER = ",".join(COLUMNS)
FILLED = ",".join(f"c{i}" for i in range(21))


def write(path: Path, data: str | bytes) -> Path:
    """A file of ``data``, text as UTF-8; its path."""
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def csv_text(records: list[list[str]]) -> str:
    """The records as CSV, every cell quoted."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(records)
    return text.getvalue()
