"""Do the published tables say the same as raw and as each other? Recounted in plain Python."""

import json
import re
import uuid
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from rowkeeper.migration.reconcile.differences import Difference, wrong
from rowkeeper.migration.reconcile.published import Published, Record

NAMESPACE = uuid.UUID("6f0b6a1e-52f6-5c55-9d3f-0d6f1f6c7a10")
PERSON = ("name", "email", "personality_type")
LISTS = ("playlist", "folder")
HELD = ("downloaded", "uploaded")
STATES = ("uploaded", "downloaded", "pending", "failed")
SHARED = (
    *("asset_type", "asset_kind", "provider", "media_id", "original_url", "download_status"),
    *("local_file_path", "cloud_storage_url", "archived_by"),
)
"""What ``person_content`` and ``assets`` both say of an asset."""
HAS_IDS = ("youtube", "drive", "docs")
"""The providers whose media ids stand in their links."""


def mart_faults(tables: Published) -> Iterator[Difference]:
    """Where the published tables contradict raw or each other."""
    yield from _people(tables)
    yield from _named(tables)
    yield from _assets(tables)
    yield from _content(tables)
    yield from _coverage(tables)
    yield from _media(tables)


def _people(tables: Published) -> Iterator[Difference]:
    for row_id, person in tables.people.items():
        row = tables.rows.get(person["source_row_key"])
        if row is None:
            reason = "people is made from a row that raw has not"
            place = tables.place(row_id, "people")
            yield wrong(place, "", row_id, "", person["source_row_key"], reason)
            continue
        said = {"status": row.status, "notes": row.notes, "typing_document_link": None}
        for link in tables.links.get(row.row_key, ()):
            if link.column == "type" and row.source == "sheet":
                said["typing_document_link"] = said["typing_document_link"] or link.canonical_url
        for column, value in said.items():
            if person[column] != value:
                reason = "people is made from this row and says otherwise"
                yield wrong(row.place, column, row_id, value, person[column], reason)


def _expected(tables: Published, row_id: str) -> Record | None:
    """Name, e-mail and type of a person as raw has them, where their row has the column."""
    person = tables.people.get(row_id)
    if person is None:
        return None
    row = tables.rows.get(person["source_row_key"])
    said = {"name": row.name, "email": row.email, "personality_type": row.type} if row else {}
    return {
        column: person[column] if said.get(column) is None else said[column] for column in PERSON
    }


def _named(tables: Published) -> Iterator[Difference]:
    """Whoever is named in a table is named as in raw."""
    named: list[tuple[str, str, dict[str, Any]]] = []
    for record in tables.content:
        named.append(("person_content", record["row_id"], record))
    named += [("coverage", row_id, record) for row_id, record in tables.coverage.items()]
    for asset in tables.assets.values():
        context = {"name": asset["context_name"], "email": asset["context_email"]}
        context["personality_type"] = asset["context_type"]
        named.append(("assets.metadata", asset["person_row_id"], context))
    for table, row_id, record in named:
        expected = _expected(tables, row_id)
        if expected is None:
            reason = f"{table} has a row id that people has not"
            yield wrong(tables.place(row_id, table), "", row_id, "", record["name"], reason)
            continue
        for column in PERSON:
            if record[column] != expected[column]:
                reason = f"{table} says something else of this person"
                values = expected[column], record[column]
                yield wrong(tables.place(row_id, table), column, row_id, *values, reason)
    for row_id in tables.people.keys() - tables.coverage.keys():
        reason = "coverage has not this person"
        yield wrong(tables.place(row_id, "coverage"), "", row_id, row_id, "", reason)


def _assets(tables: Published) -> Iterator[Difference]:
    for asset_id, asset in tables.assets.items():
        place, row_id = tables.asset_place(asset, "assets"), asset["person_row_id"]
        if asset["context_row_id"] != row_id:
            reason = f"assets gives {asset_id} to another person than its metadata"
            yield wrong(place, "person_row_id", row_id, asset["context_row_id"], row_id, reason)
        row = tables.rows.get(asset["source_row_key"] or "")
        if row is not None and row.row_id != row_id:
            reason = f"assets gives {asset_id} to another person than the row it was found in"
            yield wrong(place, "person_row_id", row_id, row.row_id, row_id, reason)
        if not _is_own_id(asset_id, asset, tables):
            said = "|".join(str(asset[part]) for part in ("provider", "media_id", "asset_kind"))
            reason = "the asset id is not that of this person, medium and kind"
            yield wrong(place, "asset_id", row_id, asset_id, f"{row_id}|{said}", reason)
        if asset["provider"] in HAS_IDS and not _is_in_words(asset, tables):
            reason = "the media id stands neither in the asset's link nor in its row"
            yield wrong(place, "media_id", row_id, asset["url_as_found"], asset["media_id"], reason)


def _is_own_id(asset_id: str, asset: Record, tables: Published) -> bool:
    row_id, medium = asset["person_row_id"], asset["media_id"]
    kinds = {(row_id, asset["provider"], medium, asset["asset_kind"])}
    if asset_id in tables.identified:
        mentions = tables.mentions.get(asset_id, set())
        kinds |= {parts for parts in mentions if (parts[0], parts[2]) == (row_id, medium)}
    elif asset_id in tables.mentions and not kinds & tables.mentions[asset_id]:
        return False
    return asset_id in {computed_id(*parts) for parts in kinds}


def computed_id(*parts: str) -> str:
    """An asset id written anew from its definition."""
    escaped = [re.sub(r"([\\|])", r"\\\1", part or "") for part in parts]
    return str(uuid.uuid5(NAMESPACE, "|".join(escaped)))


def _is_in_words(asset: Record, tables: Published) -> bool:
    """Does the media id stand in the link, or in the cells of the row that it was found in?

    One of several parts, such as a tab's beside its spreadsheet's, does so part by part.
    """
    words = [asset["original_url"] or "", asset["url_as_found"] or ""]
    if asset["source_column"]:
        words += _texts(json.loads(tables.cells.get(asset["source_row_key"] or "", "[]")))
    text = unquote(unquote("".join(words)))
    *parts, plain = (
        re.sub(r"[^\w-]", "", part).casefold()
        for part in (*(asset["media_id"] or "").split(","), text)
    )
    return all(part in plain for part in parts)


def _texts(cells: list[Any]) -> Iterator[str]:
    for cell in cells:
        yield from (cell["text"], *cell["links"]) if isinstance(cell, dict) else (cell,)


def _content(tables: Published) -> Iterator[Difference]:
    """``person_content`` is ``assets`` under the people's names."""
    seen = set()
    for record in tables.content:
        row_id, asset_id = record["row_id"], record["asset_id"]
        seen.add(asset_id)
        asset = tables.assets.get(asset_id)
        if asset is None or asset["person_row_id"] != row_id:
            owner = asset["person_row_id"] if asset else None
            reason = f"assets gives {asset_id} to another person than person_content"
            place = tables.place(row_id, "person_content")
            yield wrong(place, "asset_id", row_id, owner, row_id, reason)
            continue
        said = asset | {"archived": asset["download_status"] == "uploaded"}
        for column in (*SHARED, "archived"):
            if record[column] != said[column]:
                reason = f"person_content and assets differ about {asset_id}"
                values = said[column], record[column]
                place = tables.asset_place(asset, "person_content")
                yield wrong(place, column, row_id, *values, reason)
    for asset_id in tables.assets.keys() - seen:
        asset = tables.assets[asset_id]
        reason = "person_content has not this asset"
        place = tables.asset_place(asset, "person_content")
        yield wrong(place, "asset_id", asset["person_row_id"], asset_id, "", reason)


def _coverage(tables: Published) -> Iterator[Difference]:
    counted: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for asset in tables.assets.values():
        status = asset["download_status"]
        if asset["is_known_earlier"] and asset["left_at"] is None:
            sums = counted[asset["person_row_id"]]
            sums["known_earlier"] += 1
            sums["waiting"] += asset["asset_kind"] not in LISTS and status != "uploaded"
        if not asset["is_wanted"] or (asset["left_at"] is not None and status not in HELD):
            continue
        sums = counted[asset["person_row_id"]]
        sums["provisional"] += bool(asset["is_provisional"])
        if asset["asset_kind"] not in LISTS:
            sums["expected"] += 1
            sums["held"] += status in HELD
            sums["archived"] += status == "uploaded"
            sums["claimed"] += asset["upload_status"] == "claimed"
            sums["failed"] += status == "failed"
            sums["missing"] += status == "pending"
    for row_id, said in tables.coverage.items():
        sums = counted[row_id]
        sums["unsupported_links"] = tables.unsupported.get(row_id, 0)
        columns = ("expected", "held", "archived", "claimed", "failed", "missing")
        for column in (*columns, "unsupported_links", "provisional", "known_earlier"):
            if said[column] != sums[column]:
                reason = "coverage counts otherwise than assets and links"
                values = sums[column], said[column]
                yield wrong(tables.place(row_id, "coverage"), column, row_id, *values, reason)
        may_be = (
            said["expected"] == said["archived"]
            and not sums["waiting"]
            and not said["unsupported_links"]
            and not said["incomplete_lists"]
            and not said["provisional"]
        )
        if said["is_complete"] and not may_be:
            reason = "coverage calls a person complete whose counts say otherwise"
            values = may_be, said["is_complete"]
            yield wrong(tables.place(row_id, "coverage"), "is_complete", row_id, *values, reason)


def _media(tables: Published) -> Iterator[Difference]:
    """``media`` is ``assets``, one row a medium."""
    by_medium: dict[tuple[str, str, str], list[Record]] = defaultdict(list)
    for asset in tables.assets.values():
        by_medium[asset["provider"], asset["media_id"], asset["asset_kind"]].append(asset)
    media = {(row["provider"], row["media_id"], row["asset_kind"]): row for row in tables.media}
    for medium in sorted(by_medium.keys() | media.keys(), key=str):
        assets, said = by_medium.get(medium, []), media.get(medium)
        first = assets[0] if assets else None
        row_id = first["person_row_id"] if first else (said or {})["row_ids"].split(", ")[0]
        place = tables.asset_place(first, "media") if first else tables.place(row_id, "media")
        if not assets or said is None:
            where = "media" if said is None else "assets"
            reason = f"{where} has not this medium"
            source, table = ("", medium[1]) if said else (medium[1], "")
            yield wrong(place, "media_id", row_id, source, table, reason)
            continue
        statuses = {asset["download_status"] for asset in assets}
        expected = {
            "asset_type": assets[0]["asset_type"],
            "asset_count": len(assets),
            "download_status": next((word for word in STATES if word in statuses), "failed"),
            "is_archived": "uploaded" in statuses,
            "sha256_count": len({asset["sha256"] for asset in assets} - {None}),
        }
        owners = {asset["person_row_id"] for asset in assets}
        if sorted(said["row_ids"].split(", ")) != sorted(", ".join(owners).split(", ")):
            values = ", ".join(sorted(owners)), said["row_ids"]
            yield wrong(place, "row_ids", row_id, *values, f"media says otherwise of {medium[1]}")
        for column, value in expected.items():
            if said[column] != value:
                reason = f"media says otherwise of {medium[1]}"
                yield wrong(place, column, row_id, value, said[column], reason)
