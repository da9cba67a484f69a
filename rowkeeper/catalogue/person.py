"""A person: who, type and history, each asset with its state and what to do next, and words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any
from unicodedata import combining, normalize

from rowkeeper.catalogue.publish import Record, reader
from rowkeeper.core.errors import NothingError, UsageError
from rowkeeper.core.identity import compare_key, row_id_key
from rowkeeper.core.text import quoted, some_of
from rowkeeper.core.warehouse import Row
from rowkeeper.workspace.context import Context

EVERYBODY = "select row_id, name, email, email_address from {schema}.people"
PERSON = """
select people.row_id, people.name, people.email, people.personality_type, people.type_modality,
    people.type_functions, people.type_animals, people.type_number, people.status, people.notes,
    people.source_link, people.typing_document_link, people.source, people.in_sheet,
    people.left_sheet_at, people.last_seen_in, coverage.expected, coverage.held, coverage.archived,
    coverage.failed, coverage.missing, coverage.is_complete
from {schema}.people as people
left join {schema}.coverage as coverage on people.row_id = coverage.row_id
where people.row_id = ?
"""
HISTORY = """
select version, name, email, personality_type, source_link, source, first_seen_in, valid_from,
    valid_to
from {schema}.people_history where row_id = ? order by version
"""
ASSETS = """
select cast(assets.asset_id as text) as asset_id, assets.asset_type, assets.asset_kind,
    assets.provider, assets.filename, assets.original_url, assets.download_status,
    assets.upload_status, assets.is_wanted, assets.file_size_bytes, assets.sha256,
    assets.local_file_path, assets.cloud_storage_url, assets.last_read_at, failures.error_code,
    failures.error_message, failures.attempts, failures.next_step, failures.next_try_at
from {schema}.assets as assets
left join {schema}.failures as failures on assets.asset_id = failures.asset_id
where assets.person_row_id = ?
order by assets.asset_type, assets.media_id, assets.asset_id
"""
UNSUPPORTED = """
select original_url, error_message, next_step from {schema}.failures
where person_row_id = ? and asset_id is null order by failure_key
"""
WORDS = """
select cast(asset_id as text) as asset_id, kind, title, language, source, original_url, position,
    start_s, end_s, text
from {schema}.passages where person_row_id = ? order by kind, asset_id, passage_key, position
"""
OFFERED = 5


@dataclass(frozen=True)
class PersonFacts:
    """What the tables say of a person. Each record has a column's value by its name.

    ``words`` are passages in their order, where they were asked for. Sizes are in bytes.
    """

    person: Record
    history: list[Record]
    assets: list[Record]
    unsupported_links: list[Record]
    words: list[Record] = field(default_factory=list)


def read_person(context: Context, who: str, *, words: bool = False) -> PersonFacts:
    """The person of a row id, a name or an e-mail address, whatever their case.

    Raises ``NothingError`` for nobody, with the nearest, and ``UsageError`` for several.
    """
    with reader(context) as warehouse:
        row_id = _row_id(warehouse.query(EVERYBODY), who)

        def records(sql: str) -> list[Record]:
            return warehouse.records(dict, sql, [row_id])

        (person,) = records(PERSON)
        said = sorted(records(WORDS), key=_place) if words else []
        return PersonFacts(person, records(HISTORY), records(ASSETS), records(UNSUPPORTED), said)


def _place(record: Record) -> tuple[str, str, str, int]:
    """Documents before transcripts, each text by itself and in its order."""
    url = str(record["original_url"] or "")
    return record["kind"], str(record["asset_id"] or ""), url, record["position"]


def _row_id(people: Sequence[Row], who: str) -> str:
    wanted, key = row_id_key(who), compare_key(who)
    by_row_id = {str(row_id) for row_id, *_ in people if row_id_key(row_id) == wanted}
    by_row_id = by_row_id or {str(row_id) for row_id, *_ in people if compare_key(row_id) == key}
    row_ids = sorted(
        by_row_id or {str(row_id) for row_id, *names in people if key in map(compare_key, names)},
        key=lambda row_id: (len(row_id), row_id),
    )
    if len(row_ids) == 1:
        return row_ids[0]
    if row_ids:
        raise UsageError(f"{quoted(who)} is several people: give a row id, {some_of(row_ids, 9)}.")
    raise NothingError(
        f"Nobody is {quoted(who)} by row id, name or e-mail: {_nearest(people, _bare(who))}."
    )


def _nearest(people: Sequence[Row], wanted: str) -> str:
    """Who may have been meant, in words."""
    names: dict[str, Row] = {}
    for row in people:
        for name in filter(None, map(_bare, row)):
            names.setdefault(name, row)
            for part in name.split() if " " in name else ():
                names.setdefault(part, row)
    near = dict.fromkeys(
        names[name][:2] for name in get_close_matches(wanted, names, n=2 * OFFERED, cutoff=0.6)
    )
    near |= dict.fromkeys(row[:2] for name, row in names.items() if wanted and wanted in name)
    if not near:
        return "see rowkeeper status --people"
    offered = [f"{row_id} {quoted(name)}" for row_id, name in list(near)[:OFFERED]]
    return f"did you mean {' or '.join(offered)}"


def _bare(text: Any) -> str:
    """Without case, more than one space and accents, which people leave out."""
    folded = " ".join(str(text or "").casefold().split())
    return "".join(char for char in normalize("NFKD", folded) if not combining(char))
