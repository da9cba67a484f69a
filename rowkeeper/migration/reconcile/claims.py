"""Is each claim of the legacy CSVs a fact of its asset or listed as unverified, and never both?"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from rowkeeper.core.warehouse import LOADED, Warehouse
from rowkeeper.migration.reconcile.differences import Difference, wrong
from rowkeeper.migration.reconcile.marts import computed_id
from rowkeeper.migration.reconcile.published import Published, RawRow, Record

DOUBTS = ("contested", "unverified", "nothing")
SAID = ("claim", "words", "media_id", "file_name", "object_uuid", "object_key")
"""What ``unverified_claims`` repeats of a raw claim."""
CLAIMS = f"""
select claims.claim_key, claims.row_key, claims.claim, claims.words, claims.provider,
    claims.media_id, claims.asset_kind, claims.asset_id, claims.file_name, claims.object_uuid,
    claims.object_key, claims.verdict, claims.standing, links.asset_id as linked_id
from raw.legacy_claims as claims
left join raw.links as links
    on claims.row_key = links.row_key and claims.provider = links.provider
    and claims.media_id = links.media_id and claims.asset_kind = links.asset_kind
where claims.{LOADED}
"""


@dataclass(frozen=True)
class Claim:
    """A raw claim with its row, and all assets that it may be about."""

    said: Record
    row: RawRow
    assets: frozenset[str]

    @property
    def key(self) -> str:
        return str(self.said["claim_key"])

    @property
    def objects(self) -> tuple[str, ...]:
        """The key and the uuid of the object that it claims."""
        return tuple(filter(None, (self.said["object_key"], self.said["object_uuid"])))


def read_claims(warehouse: Warehouse, tables: Published) -> dict[str, Claim]:
    """The claims of all rows but exact repeats, by key."""
    rows: list[Record] = warehouse.records(dict, CLAIMS)
    records: dict[str, Record] = {}
    assets: dict[str, set[str]] = defaultdict(set)
    for record in rows:
        records[record["claim_key"]] = record
        assets[record["claim_key"]] |= {record["asset_id"], record["linked_id"]} - {None}
    claims = {}
    for key, record in records.items():
        row = tables.rows.get(record["row_key"])
        if row is not None and row.disposition != "repeat":
            medium = (record["provider"], record["media_id"], record["asset_kind"])
            of_person = set()  # raw has none for a row that was matched
            if row.row_id and all(medium):
                of_person.add(computed_id(row.row_id, *medium))
            claims[key] = Claim(record, row, frozenset(assets[key] | of_person))
    return claims


def claim_faults(claims: dict[str, Claim], tables: Published) -> Iterator[Difference]:
    """A doubtful claim that is a fact, a claim that is nowhere, one listed that no row makes."""
    listed = {str(record["claim_key"]): record for record in tables.unverified}
    for key, record in listed.items():
        yield from _listed(claims.get(key), record, tables)
    claimants = _claimants(claims)
    for key, claim in claims.items():
        if key not in listed and (reason := _should_be_listed(claim, claimants, tables)):
            values = claim.said["words"] or claim.said["object_key"], ""
            yield wrong(
                claim.row.place, claim.said["claim"], claim.row.row_id or "", *values, reason
            )
    yield from _facts(claims, listed, tables)


def _listed(claim: Claim | None, record: Record, tables: Published) -> Iterator[Difference]:
    row_id = record["row_id"] or ""
    if claim is None:
        place = record["legacy_file"] or "unverified_claims", record["line"] or 0
        reason = "unverified_claims has a claim that no row makes"
        yield wrong(place, record["claim"], row_id, "", record["claim_key"], reason)
        return
    person = tables.people.get(row_id)
    expected = {name: claim.said[name] for name in SAID}
    expected |= {"row_id": claim.row.row_id, "name": person["name"] if person else None}
    expected |= {"legacy_file": claim.row.file, "line": claim.row.line}
    for column, value in expected.items():
        if record[column] != value:
            reason = "unverified_claims says otherwise than the row"
            yield wrong(claim.row.place, column, row_id, value, record[column], reason)
    if record["standing"] not in DOUBTS or not record["reason"]:
        reason = "unverified_claims calls a doubtful claim something else"
        values = ", ".join(DOUBTS), record["standing"]
        yield wrong(claim.row.place, "standing", row_id, *values, reason)


def _claimants(claims: dict[str, Claim]) -> dict[str, set[tuple[str, str]]]:
    """Object -> the rows and media that claim it."""
    claimants: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for claim in claims.values():
        for name in claim.objects:
            about = min(claim.assets, default="")
            claimants[name].add((claim.row.row_id or claim.row.row_key, about))
    return claimants


def _should_be_listed(
    claim: Claim, claimants: dict[str, set[tuple[str, str]]], tables: Published
) -> str | None:
    """Why a claim that is not listed should be; None if it need not be."""
    said = claim.said
    if claim.row.disposition != "used":
        return None
    assets = [tables.assets[key] for key in claim.assets if key in tables.assets]
    if said["standing"] == "nothing" or (said["claim"] == "status" and not claim.assets):
        return "a failure of nothing is not listed" if said["verdict"] is not None else None
    if not assets:
        return "a claim about no asset of this person is not listed"
    if said["claim"] != "upload":
        return "an unverified claim is not listed" if said["standing"] == "unverified" else None
    if any(_has_object(asset, claim) for asset in assets):
        return None
    if any(len(claimants[name]) > 1 for name in claim.objects):
        return "a contested claim is not listed, and is no fact"
    if not any(asset["legacy_object_key"] or asset["legacy_object_uuid"] for asset in assets):
        return "an upload is neither a fact nor listed as unverified"
    return None


def _has_object(asset: Record, claim: Claim) -> bool:
    key, name = claim.said["object_key"], claim.said["object_uuid"]
    return bool(
        (key and asset["legacy_object_key"] == key)
        or (name and asset["legacy_object_uuid"] == name)
    )


def _facts(
    claims: dict[str, Claim], listed: dict[str, Record], tables: Published
) -> Iterator[Difference]:
    """Each object is one asset's, claimed for it by a row of its person that nobody doubts."""
    uploads: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims.values():
        for name in claim.objects:
            uploads[name].append(claim)
    owners: dict[str, str] = {}
    for asset_id, asset in tables.assets.items():
        row_id, place = asset["person_row_id"], tables.asset_place(asset, "assets")
        for column in ("legacy_object_key", "legacy_object_uuid"):
            if (name := asset[column]) is None:
                continue
            own = [
                claim
                for claim in uploads[name]
                if claim.row.row_id == row_id and asset_id in claim.assets
            ]
            if not own:
                reason = "no row of this person claims this object for this medium"
                yield wrong(place, column, row_id, "", name, reason)
            elif all(claim.key in listed for claim in own):
                reason = "a claim that is listed as doubtful is a fact in assets"
                yield wrong(own[0].row.place, column, row_id, "", name, reason)
            elif any(
                listed[claim.key]["standing"] == "contested"
                for claim in uploads[name]
                if claim.key in listed and claim.said["object_key"] == asset["legacy_object_key"]
            ):
                reason = "an object that is contested is a fact in assets"
                yield wrong(own[0].row.place, column, row_id, "", name, reason)
            if owners.setdefault(name, asset_id) != asset_id:
                reason = "assets gives one object to two media"
                yield wrong(place, column, row_id, owners[name], asset_id, reason)
