"""The content of legacy rows without a row id, once dbt has found out whose they are.

An asset's id needs the person's row id, and only dbt's evidence, or somebody who accepted the row,
gives it. So the links of such rows are loaded a second time, under that row id.
"""

from collections.abc import Iterator
from pathlib import Path

from loaders.destination import DATASET, pipelines_dir
from loaders.loader import Loader
from loaders.pipeline import ingest_lock
from loaders.tables import Row, no_rows
from rowkeeper.core.ids import asset_id
from rowkeeper.core.warehouse import Target, connect

COLUMNS = (
    *("row_key", "source", "column_name", "position", "url", "canonical_url"),
    *("provider", "link_type", "media_id", "asset_kinds", "is_content", "rule"),
    "shows_canonical",
)
BUILT = """
select 1 from information_schema.tables
where table_schema = 'intermediate' and table_name = 'int_source_rows'
"""
MATCHED = f"""
select matched.row_id, {", ".join(f"links.{name}" for name in COLUMNS)}
from {DATASET}.links as links
inner join intermediate.int_source_rows as matched on links.row_key = matched.row_key
left join {DATASET}.links as standing
    on links.row_key = standing.row_key
        and links.column_name = standing.column_name
        and links.position = standing.position
        and standing.row_id = matched.row_id
where (links.row_id = '' or (matched.is_accepted and links.row_id != matched.row_id))
    and links.asset_kinds != '' and links.is_content
    and matched.disposition = 'used' and matched.row_id != '' and standing.link_key is null
order by links.link_key
"""


def link_matches(data_dir: Path, target: Target) -> int:
    """Load what the last build matched and no load has yet; how many rows of ``raw.links``.

    Before the first build nothing is matched. Raises ``WarehouseError``, ``BusyError``.
    """
    folder = pipelines_dir(data_dir, target.name)
    with ingest_lock(folder.parent):
        with connect(target, read_only=True) as warehouse:
            found = warehouse.query(MATCHED) if warehouse.query(BUILT) else []
        links = {}
        for row_id, *values in found:
            for link in _links(row_id, dict(zip(COLUMNS, values, strict=True))):
                links[link["link_key"]] = link
        rows = no_rows()
        rows["links"] = list(links.values())
        if rows["links"]:
            loader = Loader(folder, target)
            loader.finish_pending()
            loader.load(rows)
    return len(rows["links"])


def _links(row_id: str, link: Row) -> Iterator[Row]:
    """The rows of ``raw.links`` of one link for its person, one a kind of asset."""
    place = f"{link['row_key']}:{link['column_name']}:{link['position']}"
    for kind in str(link["asset_kinds"]).split(","):
        yield {
            **link,
            "link_key": f"{place}:{kind}:{row_id}",
            "row_id": row_id,
            "asset_kind": kind,
            "asset_id": asset_id(row_id, link["provider"], link["media_id"], kind),
        }
