"""Files that an upload refused, for they are not what was recorded: found lost, to be got again."""

from rowkeeper.archive.fixity import FILE, Copy, FixityCheck, find_places
from rowkeeper.archive.work import in_session
from rowkeeper.core.events import EventType
from rowkeeper.core.progress import Reporter
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context

REFUSED = """
select asset_id, upload_attempts from {state}.asset_states
where upload_status = 'failed' and error_code in ('local_file_changed', 'local_file_missing')
"""
"""What is asked for again below is no longer among them."""


def find_lost(context: Context, reporter: Reporter) -> int:
    """Read what uploads refused, and say what of it is lost; how many copies that is.

    A disk that kept less than it was given is found out so. The next run brings the file back from
    the archive or fetches it again, and archives it: the refusal counts no more.
    """
    from uploaders.registry import open_store

    with connect(context.target) as warehouse:
        refused: dict[str, int] = warehouse.lookup("asset_id", "upload_attempts", REFUSED)
    if not refused:
        return 0
    store = open_store(context.settings)
    places = [
        place
        for place in find_places(context, store)[0]
        if place.kind == FILE and any(copy.asset_id in refused for copy in place.copies)
    ]
    with in_session(context, reporter, "verify", "Verifying") as work:
        copies: list[Copy] = [copy for place in places for copy in place.copies]
        work.session.new({copy.asset_id for copy in copies})
        check = FixityCheck(context, store, work.session.session_id, work.emit, work.shown)
        losses = check.run(places).losses
        for copy in copies:
            if copy.asset_id in refused:
                attempt = refused[copy.asset_id]
                check.tell(copy, EventType.UPLOAD_REQUESTED, attempt=attempt)
    return len(losses)
