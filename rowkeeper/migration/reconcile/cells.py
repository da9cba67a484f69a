"""Each source cell of name, e-mail, type, link and content against the tables, row by row."""

from collections.abc import Iterator
from functools import partial

from rowkeeper.core.csv.legacy import is_nothing
from rowkeeper.migration.reconcile.differences import KEPT, LOST, SUPERSEDED, Difference
from rowkeeper.migration.reconcile.links import silent_links
from rowkeeper.migration.reconcile.rows import (
    PERSON_CELLS,
    SourceLink,
    SourceRow,
    TablePerson,
    Tables,
)


def check_row(file: str, row: SourceRow, tables: Tables) -> Iterator[Difference]:
    """The differences of one row."""
    if row.disposition == "used" and (person := tables.people.get(row.row_id or "")):
        yield from _person_cells(file, row, person, tables)
        yield from _link_cell(file, row, person, tables)
        yield from _content(file, row, tables)
    elif fault := _row_fault(row, tables):
        yield Difference(LOST, file, row.line, "", row.row_id or "", row.cells, "", fault)
    for column, link in silent_links(row.cells, tables.links.get(row.row_key, ())):
        reason = "the table links has not the link of this cell"
        yield Difference(LOST, file, row.line, column, row.row_id or "", link, "", reason)


def _row_fault(row: SourceRow, tables: Tables) -> str | None:
    """Why a row that isn't used is not accounted for."""
    if row.disposition == "quarantined":
        if row.row_key not in tables.quarantine:
            return "the row is in no table, not even in quarantine"
        same = tables.quarantine[row.row_key] == row.cells
        return None if same else "quarantine has other cells"
    if row.disposition == "repeat":
        if row.representative_disposition not in ("used", "quarantined"):
            return "it is called a repeat of a row that is in no table"
        same = row.representative_cells == row.cells
        shown = tables.place(row.representative_key or "")
        return None if same else f"it is called a repeat, but {shown} differs"
    return "no model has the row" if row.disposition is None else "people has not its row id"


def _person_cells(
    file: str, row: SourceRow, person: TablePerson, tables: Tables
) -> Iterator[Difference]:
    """Name, e-mail and type: as written, or another source's, also as written there."""
    source = tables.source_values.get(person.source_row_key, {})
    for column in PERSON_CELLS:
        before, now = row.values()[column], person.value(column)
        if before == now or before is None:
            continue
        difference = partial(
            Difference, file=file, line=row.line, column=column, row_id=person.row_id
        )
        difference = partial(difference, source_value=before, table_value=now or "")
        if row.row_key == person.source_row_key:
            yield difference(LOST, reason="people is made from this row and says otherwise")
        elif source.get(column) not in (None, now) or (now is None and not is_nothing(before)):
            yield difference(LOST, reason="people says what no source says")
        elif not is_nothing(before):
            yield difference(
                SUPERSEDED, reason=f"a newer source, {tables.place(person.source_row_key)}"
            )


def _link_cell(
    file: str, row: SourceRow, person: TablePerson, tables: Tables
) -> Iterator[Difference]:
    """The personal link: in a column of its own, else in a sheet on the name."""
    columns = ("link", "name") if row.is_sheet else ("link",)
    first = {link.column: link for link in row.links if link.position == 0}
    links = [first[column] for column in columns if column in first]
    difference = partial(Difference, file=file, line=row.line, column="link", row_id=person.row_id)
    if not links:
        if not is_nothing(row.link):
            words = row.link or ""
            yield difference(KEPT, source_value=words, table_value="", reason="it holds no link")
        return
    link = links[0]
    as_written = person.source_link in {link.url, link.canonical_url}
    if as_written and person.source_link_canonical == link.canonical_url:
        return
    difference = partial(difference, source_value=link.url, table_value=person.source_link or "")
    if row.row_key == person.source_row_key:
        yield difference(LOST, reason="people is made from this row and has another link")
    else:
        yield difference(
            SUPERSEDED, reason=f"a newer source, {tables.place(person.source_row_key)}"
        )


def _content(file: str, row: SourceRow, tables: Tables) -> Iterator[Difference]:
    """Each link to content is an asset of the row's person.

    A link of a row without a row id of its own has no asset id in raw: what it leads to tells.
    """
    row_id = row.row_id or ""
    links = [link for link in row.links if link.row_id in ("", row_id)]
    linked = {(link.column, link.position) for link in links if link.asset_id is not None}
    for link in links:
        if not link.is_content or _is_in_content(link, row_id, tables):
            continue
        if link.asset_id is None and (link.column, link.position) in linked:
            continue
        reason = "person_content has not its asset"
        yield Difference(LOST, file, row.line, link.column, row_id, link.url, "", reason)


def _is_in_content(link: SourceLink, row_id: str, tables: Tables) -> bool:
    if link.asset_id is not None:
        return (row_id, link.asset_id) in tables.content
    wanted = {(row_id, link.provider, link.media_id, kind) for kind in link.asset_kinds}
    return wanted <= tables.media
