"""Lists of the old system as evidence: read, loaded and held against the claims of the CSVs."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rowkeeper.catalogue.publish import publish
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.build import refresh
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import run_lock, tables_lock

COUNTS = """
select
    count(*) as claims,
    coalesce(sum(case when standing = 'stands' and evidence is not null then 1 else 0 end), 0)
        as supported,
    coalesce(sum(case when standing = 'contested' then 1 else 0 end), 0) as contested
from {schema}.claimed_objects
"""


class ClaimCounts(NamedTuple):
    """How many objects are claimed, and how many of them stand or are contested by evidence."""

    claims: int
    supported: int
    contested: int


def load_lists(context: Context, paths: Sequence[Path]) -> list[str]:
    """Load the lists at ``paths`` and build; what came of it, in sentences.

    All are read before one is loaded. Raises ``InputError``, ``WarehouseError``, ``BusyError``.
    """
    from loaders.legacy_evidence import read_evidence
    from loaders.pipeline import load_evidence

    files = [read_evidence(path.expanduser()) for path in paths]
    with run_lock(context), tables_lock(context):
        load_evidence(context.settings, context.target, files)
        refresh(context)
        publish(context)
    said = []
    for file in files:
        over = f", {file.passed_over} records name no file or nobody" if file.passed_over else ""
        noticed = f" It {file.notice}." if file.notice else ""
        said.append(f"{file.path}: {len(file.rows)} files of people{over}.{noticed}")
    with connect(context.target, read_only=True) as warehouse:
        (claimed,) = warehouse.records(ClaimCounts, COUNTS)
    said.append(
        f"Of {claimed.claims} claimed objects {claimed.supported} stand by evidence beside their "
        f"own row, {claimed.contested} are contested: see the table unverified_claims."
    )
    return said
