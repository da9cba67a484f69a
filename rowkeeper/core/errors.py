"""The errors of the house. Each says what to do next: that is its verdict.

A failure is data, so a verdict is what a failure event carries, and the exit code is what a shell
sees. Messages are one sentence that names the thing and the remedy; they never hold a secret.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import ClassVar, Self

INTERRUPTED = 130
"""What a shell calls an end by Ctrl-C."""


class Verdict(StrEnum):
    """What to do about a failure."""

    RETRY = "retry"  # later, by itself
    PERMANENT = "permanent"  # never again
    NEEDS_PERSON = "needs_person"  # never by itself: somebody has to grant access
    PAUSE = "pause"  # stop asking this site for now, go on with the others


class RowkeeperError(Exception):
    """Base of all errors that a user may see: one sentence, and an exit code by kind."""

    exit_code: ClassVar[int] = 1


class UsageError(RowkeeperError):
    """The command or a setting is wrong. Change it, then run again."""

    exit_code = 2


class NewerVersionError(UsageError):
    """A newer rowkeeper wrote what is there. Upgrade, then run again; nothing was written."""

    @classmethod
    def of(cls, what: str, version: int, known: int) -> Self:
        """``what`` has the format ``version``, and this rowkeeper knows up to ``known``."""
        return cls(
            f"{what} has format {version} and this rowkeeper knows {known}: a newer rowkeeper "
            "wrote it; upgrade, then run again. Nothing was written."
        )


class InputError(RowkeeperError):
    """A sheet or a CSV can't be read as one. Mend the input, then run again."""

    exit_code = 3


class JournalDamagedError(InputError):
    """Bytes of the journal are not what was written. ``rowkeeper journal salvage`` goes on."""


class WarehouseError(RowkeeperError):
    """The warehouse is locked, down or refuses. Events stay in the journal; run again later."""

    exit_code = 4


class DamagedWarehouseError(WarehouseError):
    """The DuckDB file has other bytes than were written: ``rowkeeper rebuild`` makes it again."""


class StoreError(RowkeeperError):
    """The store as a whole refuses (no bucket, wrong keys). Files stay; mend it, then run again."""

    exit_code = 5


class StoreDiskError(StoreError):
    """The store is in the data folder, whose disk is full, read-only or not ours to write."""

    exit_code = 9


class BuildError(RowkeeperError):
    """A blocking data test failed, so the marts were left as they were."""

    exit_code = 6


class SourceUnavailableError(RowkeeperError):
    """A source did not answer. Nothing was loaded; run again later."""

    exit_code = 7


class BusyError(RowkeeperError):
    """Another run holds the lock of this data folder. Wait for it, then run again."""

    exit_code = 8


class JournalError(RowkeeperError):
    """The local disk does not take events. Free space on it, then run again."""

    exit_code = 9


class DiskFullError(RowkeeperError):
    """The local disk has no room for downloads. Free space on it, then run again."""

    exit_code = 9


class DiskError(RowkeeperError):
    """The local disk is full, read-only or not ours to write. Mend that, then run again."""

    exit_code = 9


class NothingError(RowkeeperError):
    """There is nothing that the command could work on. Name other people, or run first."""

    exit_code = 12


class ReconcileError(RowkeeperError):
    """A source row is not accounted for, or a cell is in no table. See the differences."""

    exit_code = 10


class FixityError(RowkeeperError):
    """Files or objects are not what was recorded of them. The next run repairs what can be."""

    exit_code = 11


class LossError(RowkeeperError):
    """A CSV for the old system would lack what is there now. Mend it, or accept the losses."""

    exit_code = 13


class ClusterError(RowkeeperError):
    """The cluster does not answer, or went away. What was stored is found; run again."""

    exit_code = 14


class TransferError(RowkeeperError):
    """One asset could not be moved; the run goes on and the failure becomes an event.

    ``code`` is a stable snake_case word (``private``, ``not_found``, ``http_503``);
    ``retry_after_s`` are the seconds that the site asks for, where it says so.
    """

    verdict: Verdict

    def __init__(self, code: str, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after_s = retry_after_s


class RetryLaterError(TransferError):
    """A passing fault: 5xx, transport, truncation."""

    verdict = Verdict.RETRY


class AmbiguousError(RetryLaterError):
    """A refusal that names no reason: final only when runs that are days apart get the same one."""


class PermanentError(TransferError):
    """Asking again can't help: private, removed, 404."""

    verdict = Verdict.PERMANENT


class NeedsPersonError(TransferError):
    """Somebody has to sign in or grant access first."""

    verdict = Verdict.NEEDS_PERSON


class PauseSiteError(TransferError):
    """The site wants no more requests for now: 429, bot check, quota."""

    verdict = Verdict.PAUSE


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """``error``, what caused it, and so on to the innermost one."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = getattr(error, "exception", None) or error.__cause__ or error.__context__
