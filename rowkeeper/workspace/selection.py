"""What a run shall fetch: the mode, the people and the limit that its options name."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from rowkeeper.core.errors import NothingError, UsageError
from rowkeeper.core.identity import row_id_key
from rowkeeper.core.text import some_of
from rowkeeper.core.warehouse import connect

if TYPE_CHECKING:
    from rowkeeper.workspace.context import Context

KINDS: dict[str, frozenset[str] | None] = {
    "basic": frozenset(),
    "text": frozenset({"document", "document_html"}),
    "full": None,
}
"""Mode -> the kinds of asset that it moves; None for all."""

_RANGE = re.compile(r"(\d{1,18})\s*-\s*(\d{1,18})")
_NUMBER = re.compile(r"\d{1,18}(?!\d)")
"""Digits that a number is made of; those of longer ones are a text."""


class SelectableAsset(Protocol):
    """A row of ``pending_downloads`` or ``pending_uploads``."""

    @property
    def row_id(self) -> str: ...
    @property
    def asset_kind(self) -> str: ...


Wanted = TypeVar("Wanted", bound=SelectableAsset)


@dataclass(frozen=True)
class Selection:
    """``row_ids``, in their normal form, and ``ranges`` of numbers: both empty for all people.

    ``limit``: downloads.
    """

    mode: str = "full"
    row_ids: frozenset[str] = frozenset()
    ranges: tuple[range, ...] = field(default=())
    limit: int | None = None

    @property
    def moves_nothing(self) -> bool:
        return KINDS[self.mode] == frozenset()

    def of(self, assets: list[Wanted]) -> list[Wanted]:
        """Those of ``assets`` that are selected, in their order."""
        kinds = KINDS[self.mode]
        return [
            asset
            for asset in assets
            if (kinds is None or asset.asset_kind in kinds) and self.has(asset.row_id)
        ]

    def has(self, row_id: str) -> bool:
        """Is the person selected?"""
        if not self.row_ids and not self.ranges:
            return True
        key = row_id_key(row_id)
        number = _NUMBER.match(key)
        return key in self.row_ids or (
            number is not None and any(int(number[0]) in span for span in self.ranges)
        )

    def absent(self, row_ids: Iterable[str]) -> list[str]:
        """The parts of --people that are none of ``row_ids``, as they are compared."""
        keys = {row_id_key(row_id) for row_id in row_ids}
        numbers = {int(number[0]) for number in map(_NUMBER.match, keys) if number}
        gaps = [span for span in self.ranges if not any(number in span for number in numbers)]
        return [
            *sorted(self.row_ids - keys),
            *(f"{span.start}-{span.stop - 1}" for span in gaps),
        ]


def select(mode: str = "full", people: str | None = None, limit: int | None = None) -> Selection:
    """The selection that the options name; ``people`` is such as '12,40-60'.

    A range takes the row ids that begin with one of its numbers. Raises ``UsageError``.
    """
    row_ids, ranges = set(), []
    for part in (piece.strip() for piece in (people or "").split(",")):
        if match := _RANGE.fullmatch(part):
            first, last = int(match[1]), int(match[2])
            if first > last:
                raise UsageError(f"--people {part} ends before it begins: write {last}-{first}.")
            ranges.append(range(first, last + 1))
        elif part:
            row_ids.add(row_id_key(part))
    if people is not None and not row_ids and not ranges:
        raise UsageError("--people names nobody: write row ids and ranges, such as 12,40-60.")
    return Selection(mode, frozenset(row_ids), tuple(ranges), limit)


def require_people(context: "Context", selection: Selection) -> None:
    """Raises ``NothingError`` if a part of --people is nobody of the tables."""
    if not selection.row_ids and not selection.ranges:
        return
    with connect(context.target, read_only=True) as warehouse:
        require_each(selection, warehouse.column("select row_id from {schema}.people"))


def require_each(selection: Selection, row_ids: Collection[str]) -> None:
    """Raises ``NothingError`` if a part of --people is none of ``row_ids``.

    One that is mistyped stops what was asked for the others, too: nobody looks again at a restore
    that ended well and lacks somebody.
    """
    if absent := selection.absent(row_ids):
        raise NothingError(
            f"--people names {some_of(absent, 5)}: nobody of the {len(row_ids)} people. See the "
            "row ids that there are with rowkeeper status --people; nothing was done for others."
        )
