"""CSVs that people open in a spreadsheet: every cell guarded, every break within a cell quoted."""

import csv
import io
from collections.abc import Iterable, Sequence

from rowkeeper.core.csv.guard import guard


def guarded_csv(header: Sequence[str], rows: Iterable[Iterable[str | None]]) -> bytes:
    """A CSV in UTF-8, a line for each row; None is blank."""
    text = io.StringIO(newline="")
    # Python quotes a break only where the end of its lines has it, and a spreadsheet minds either
    writer = csv.writer(text, lineterminator="\r\n")
    lines = []
    for row in (header, *([guard(cell or "") for cell in row] for row in rows)):
        text.seek(0)
        text.truncate()
        writer.writerow(row)
        lines.append(text.getvalue().removesuffix("\r\n"))
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
