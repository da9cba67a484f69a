"""A part of the journal that a sync service keeps elsewhere: without it nothing ends well."""

from pathlib import Path

import pytest

from rowkeeper.archive.retrieve import Retrieved
from rowkeeper.cli.restore import complain_of_journal
from rowkeeper.core.drain import drain
from rowkeeper.core.errors import FixityError, JournalDamagedError
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.journal.journal import journal_dir, sealed_segments
from rowkeeper.core.journal.segments import Finding
from tests.helpers.archives import context_at, tell


def test_a_part_that_is_gone_never_ends_well(tmp_path: Path) -> None:
    context = context_at(tmp_path)
    folder = journal_dir(context.settings.data_dir)
    for number in range(3):
        tell(context, AssetEvent(event_type=EventType.DISCOVERED, session_id=str(number)))
    evicted = sorted(sealed_segments(folder).values())[1]
    evicted.rename(evicted.with_name(f".{evicted.name}.icloud"))
    came = Retrieved(restored=14)

    damage: list[Finding] = []
    drain(folder, context.target, damage)  # the warehouse has its events: nothing is unknown
    assert [item.lost for item in damage] == [False]
    complain_of_journal(context, came, damage)

    Path(str(context.target.path)).unlink()
    damage.clear()
    drain(folder, context.target, damage)
    with pytest.raises(FixityError, match=r"missing, with 1 events.*the sync service"):
        complain_of_journal(context, came, damage)
    with pytest.raises(JournalDamagedError, match="this sealed segment is missing"):
        drain(folder, context.target)
    complain_of_journal(context, came, [Finding(evicted, 1, "x", frozenset({"known"}))])
