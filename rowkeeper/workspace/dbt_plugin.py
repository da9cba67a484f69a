"""What plain ``dbt build`` does before it opens the DuckDB file: dbt-duckdb calls it a plugin.

It takes the lock of the data folder until dbt ends, and stops where the folder is not the one that
it should be, or where a newer rowkeeper wrote. Where dbt runs within a run of ours, that has done
all of it. On Postgres ``guard_build()`` does as much.
"""

import os
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError


class Plugin(BasePlugin):
    """Keeps plain dbt apart from runs, and from what it does not know."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:  # noqa: ARG002
        """Raises ``DbtRuntimeError``, a sentence."""
        from rowkeeper.core.errors import RowkeeperError
        from rowkeeper.core.journal.formats import check_formats
        from rowkeeper.core.journal.journal import journal_dir
        from rowkeeper.core.said import shown
        from rowkeeper.core.settings import load_settings
        from rowkeeper.core.warehouse import Target, connect
        from rowkeeper.workspace.data_folder import check_folder
        from rowkeeper.workspace.dbt_project import RUN_BY_ROWKEEPER
        from rowkeeper.workspace.locks import is_ours, keep_folder

        try:
            settings = load_settings({})
            folder = settings.data_dir
            os.umask(int(settings.disk.umask, 8))
            if RUN_BY_ROWKEEPER in os.environ:
                return
            check_folder(settings)
            if not is_ours(folder):
                keep_folder(folder)
            check_formats(journal_dir(folder))
            path = str(Path(str(self.creds and self.creds.path)).absolute())
            with connect(Target(name="dbt", type="duckdb", path=path)):
                pass  # held or of a newer version, it says so
        except RowkeeperError as error:
            raise DbtRuntimeError(shown(error)) from None
