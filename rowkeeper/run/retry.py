"""What failed, and how it is asked for again."""

from collections.abc import Sequence
from dataclasses import dataclass

from rowkeeper.core.errors import UsageError
from rowkeeper.core.events import Asset, AssetEvent, EventType
from rowkeeper.core.ids import new_id
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.selection import Selection

PERMANENT = "permanent"


FAILED = """
select
    asset_id,
    person_row_id as row_id,
    provider,
    media_id,
    asset_kind,
    original_url,
    case when download_status = 'failed' then 'download' else 'upload' end as stage,
    case when download_status = 'failed' then download_attempts else upload_attempts end
        as attempts,
    coalesce(error_code, '') as error_code,
    coalesce(verdict, 'retry') as verdict
from {state}.asset_states
where (is_wanted and download_status = 'failed') or (is_claimed and upload_status = 'failed')
union all
select
    asset_id, person_row_id, provider, media_id, asset_kind, original_url, 'download',
    download_attempts,
    coalesce(
        reread_error_code,
        case when is_provisional then 'provisional' else 'incomplete_list' end
    ),
    coalesce(reread_verdict, 'retry')
from {state}.asset_states
where is_wanted and left_at is null and archived_by = 'rowkeeper' and download_status != 'failed'
    and (reread_error_code is not null or next_read_at is not null)
order by 1
"""


@dataclass(frozen=True)
class Failure(Asset):
    """An asset that failed in the end. ``stage``: download or upload."""

    original_url: str
    stage: str
    attempts: int
    error_code: str
    verdict: str


def find(
    context: Context, reasons: Sequence[str], providers: Sequence[str], people: Selection
) -> list[Failure]:
    """The failures that the options name. Raises ``UsageError`` for a name that nothing has."""
    with connect(context.target) as warehouse:
        failures = warehouse.records(Failure, FAILED)
    _check(
        "--reason", reasons, {item.error_code for item in failures} | {i.verdict for i in failures}
    )
    _check("--provider", providers, {item.provider for item in failures})
    return [
        item
        for item in people.of(failures)
        if (not providers or item.provider in providers) and _is_meant(item, reasons)
    ]


def _is_meant(failure: Failure, reasons: Sequence[str]) -> bool:
    if not reasons:
        return failure.verdict != PERMANENT
    return failure.error_code in reasons or failure.verdict in reasons


def _check(option: str, named: Sequence[str], known: set[str]) -> None:
    if missing := sorted(set(named) - known):
        there = f"there are {', '.join(sorted(known - {''}))}" if known else "nothing has failed"
        raise UsageError(f"Nothing failed with {option} {missing[0]}: {there}.")


def ask_again(context: Context, failures: Sequence[Failure]) -> None:
    """Journal that the assets are asked for again, and end the pauses of their sites."""
    from rowkeeper.core.drain import drain
    from rowkeeper.core.journal.journal import Journal, journal_dir
    from rowkeeper.workspace.pace import throttle_of

    folder, asked_by = journal_dir(context.settings.data_dir), new_id()
    with Journal(folder) as journal:
        for failure in failures:
            journal.append(_event(failure, asked_by))
    drain(folder, context.target)
    with throttle_of(context) as throttle:
        for provider in {item.provider for item in failures if item.stage == "download"}:
            throttle.resume(provider)


def _event(failure: Failure, session_id: str) -> AssetEvent:
    types = {"download": EventType.DOWNLOAD_REQUESTED, "upload": EventType.UPLOAD_REQUESTED}
    return AssetEvent.about(
        failure,
        event_type=types[failure.stage],
        session_id=session_id,
        original_url=failure.original_url,
        attempt=failure.attempts,
    )
