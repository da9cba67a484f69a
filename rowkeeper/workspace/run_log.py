"""That a run began and how it ended, for the table ``runs``: also where it had nothing to do."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from typing import TYPE_CHECKING

from rowkeeper.core.disk.faults import disk_error
from rowkeeper.core.drain import create_tables
from rowkeeper.core.errors import INTERRUPTED, RowkeeperError, WarehouseError
from rowkeeper.core.events import now
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.journal.journal import journal_dir
from rowkeeper.core.run_reports import deliver, note_report
from rowkeeper.core.said import without_secrets
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.locks import command_name

if TYPE_CHECKING:
    from loaders.pipeline import IngestSummary

PACKAGES = ("rowkeeper", "dlt", "dbt-core")


class RunLog:
    """One run. ``details``: what it read and how much it did of what, by name. ``shown``: the exit
    code that readers were shown."""

    def __init__(self, context: Context) -> None:
        self.details: dict[str, str | int | None] = {}
        self.shown: int | None = None
        self._context, self._run_id = context, new_id()
        self._code: int | None = None

    def begin(self) -> None:
        """The next drain tells the warehouse, too. Raises ``OSError``."""
        self._note("started")

    def ingested(self, summary: "IngestSummary") -> None:
        """Keep what an ingest read."""
        self.details |= {
            "load_id": summary.load_id,
            "sheet_source": summary.sheet_source,
            "sheet_rows": summary.sheet_rows,
            "legacy_files": summary.legacy_files,
            "rows_loaded": sum(summary.rows_loaded.values()),
        }

    def end(self, code: int = 0, message: str | None = None, *, tell: bool = True) -> None:
        """Report the exit code, once; ``tell`` the warehouse as well, if it listens."""
        if code == self._code:
            return
        self._code = code
        masked = without_secrets(message) if message else None
        self._note("ended", exit_code=code, message=masked, details=self.details)
        if tell:
            with suppress(RowkeeperError), connect(self._context.target) as warehouse:
                create_tables(warehouse)
                deliver(journal_dir(self._context.settings.data_dir), warehouse)

    def _note(self, said: str, **more: object) -> None:
        folder = self._context.settings.data_dir
        report = {
            "report_id": new_id(),
            "run_id": self._run_id,
            "said": said,
            "reported_at": now(),
            "command": command_name(),
            "target": self._context.target.name,
            "folder_id": folder_id(folder),
        }
        details = {"versions": {name: version(name) for name in PACKAGES}}
        note_report(journal_dir(folder), {**report, "details": details, **more})


@contextmanager
def recorded(context: Context) -> Iterator[RunLog]:
    """A run that reports how it begins and, whatever becomes of it, how it ends.

    The caller has the lock of the data folder. Raises ``OSError`` if it can't begin.
    """
    log = RunLog(context)
    log.begin()
    try:
        yield log
    except BaseException as error:
        message = str(error) if isinstance(error, RowkeeperError) else type(error).__name__
        is_heard = not isinstance(error, WarehouseError | KeyboardInterrupt)
        with suppress(RowkeeperError, OSError):  # what goes wrong here is not what went wrong
            log.end(exit_code_of(error), message, tell=is_heard)
        raise
    log.end()


def exit_code_of(error: BaseException) -> int:
    """With what a command ends that raises ``error``."""
    if isinstance(error, RowkeeperError):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    refused = disk_error(error) if isinstance(error, OSError) else None
    return refused.exit_code if refused else RowkeeperError.exit_code
