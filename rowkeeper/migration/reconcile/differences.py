"""What ``reconcile`` finds: a difference, and which kinds of it are faults."""

from dataclasses import dataclass

LOST, SUPERSEDED, KEPT, WRONG = "lost", "superseded", "kept", "wrong"
FAULTS = (LOST, WRONG)


@dataclass(frozen=True)
class Difference:
    """A cell that is not in the tables as it stands in its source; ``column`` '' is the row.

    ``kind``: 'lost', 'wrong' (a table says what its source or another table contradicts),
    'superseded' (a newer source says otherwise) or 'kept' (text that no table has a place for,
    verbatim in raw, or a line whose bytes are no UTF-8).
    """

    kind: str
    file: str
    line: int
    column: str
    row_id: str
    source_value: str
    table_value: str
    reason: str


def wrong(
    place: tuple[str, int], column: str, row_id: str, source: object, table: object, reason: str
) -> Difference:
    """A difference of the kind 'wrong' about a row at ``place``, its file and line."""
    return Difference(WRONG, *place, column, row_id, _text(source), _text(table), reason)


def _text(value: object) -> str:
    return "" if value is None else str(value)
