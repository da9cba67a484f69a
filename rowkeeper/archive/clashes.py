"""Events that give an asset another owner or medium, which stops each build: where they stand."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rowkeeper.core.disk.own import read_file
from rowkeeper.core.ids import asset_id
from rowkeeper.core.journal.journal import journal_dir, sealed_segments
from rowkeeper.core.journal.segments import Finding
from rowkeeper.core.warehouse import Warehouse, connect
from rowkeeper.workspace.build import OF_AN_EVENT
from rowkeeper.workspace.context import Context

MENTIONS = """
select event_id, asset_id, row_id, provider, media_id, asset_kind from raw.asset_events
where asset_id in (select asset_id from {checks}.{test}) order by event_id
"""


class Identification(NamedTuple):
    """What an event says an asset is."""

    event_id: str
    asset_id: str
    row_id: str
    provider: str
    media_id: str
    asset_kind: str

    @property
    def is_strange(self) -> bool:
        """Is the id not that of what it says?"""
        return asset_id(*self[2:]) != self.asset_id


def clashes(context: Context) -> list[Finding]:
    """The lines of this journal that say of an asset what others deny: where the id shows who is
    wrong, those alone. Raises ``WarehouseError``."""
    if context.target.path and not Path(context.target.path).exists():
        return []
    checks = context.target.own_schema("checks")
    with connect(context.target, read_only=True) as warehouse:
        if OF_AN_EVENT not in warehouse.tables(checks):
            return []
        mentions = _mentions(warehouse, checks)
    strange = [mention for mention in mentions if mention.is_strange]
    wanted = {mention.event_id.encode(): mention for mention in strange or mentions}
    return list(_found(journal_dir(context.settings.data_dir), wanted)) if wanted else []


def _mentions(warehouse: Warehouse, checks: str) -> list[Identification]:
    sql = MENTIONS.replace("{checks}", checks).replace("{test}", OF_AN_EVENT)
    return [Identification(*map(str, row)) for row in warehouse.query(sql)]


def _found(folder: Path, wanted: dict[bytes, Identification]) -> Iterator[Finding]:
    for path in sealed_segments(folder).values():
        with read_file(path) as file:
            for number, line in enumerate(file, 1):
                _, _, rest = line.rpartition(b'"event_id":"')  # details, before it, may have one
                if mention := wanted.get(rest[:36]):
                    yield _finding(path, number, mention)


def _finding(path: Path, line: int, mention: Identification) -> Finding:
    said = f"{mention.provider} {mention.asset_kind} {mention.media_id}"
    return Finding(
        path,
        line,
        f"it says that asset {mention.asset_id} is {said} of row {mention.row_id}, and others say "
        "another: no build goes on until the wrong line is taken out, as docs/operations.md says",
        frozenset({mention.asset_id}),
        frozenset({mention.row_id}),
        lost=False,
    )
