"""dlt as rowkeeper uses it: which settings it reads, and that it tells nobody anything.

dlt looks for ``.dlt/*.toml`` in the current folder and at home, and starts its telemetry with the
first thing that is asked of it. Our plugin gives it this context before that.
"""

import os
from pathlib import Path
from typing import Any

from dlt.common.configuration.providers import ConfigTomlProvider, EnvironProvider
from dlt.common.configuration.providers.doc import CustomLoaderDocProvider
from dlt.common.configuration.providers.provider import ConfigProvider
from dlt.common.configuration.providers.toml import SecretsTomlProvider
from dlt.common.configuration.resolve import resolve_configuration
from dlt.common.configuration.specs import RuntimeConfiguration
from dlt.common.runtime.run_context import RunContext

from rowkeeper.core.settings import PROJECT_DIR

FIXED: dict[str, Any] = {
    "runtime": {"dlthub_telemetry": False, "log_level": "CRITICAL"},
    "load": {
        "delete_completed_jobs": True,  # loaded rows hold e-mail addresses
        "raise_on_failed_jobs": True,
        "truncate_staging_dataset": True,
    },
    "data_writer": {"buffer_max_items": 1000},
    "normalize": {"parquet_normalizer": {"add_dlt_load_id": True, "add_dlt_id": True}},
    # a trace is a pickle: whoever reads it runs what it says
    "enable_runtime_trace": False,
}
"""What the raw tables rely on and what is never told, whatever the environment and files say."""


class ProjectContext(RunContext):
    """The project's ``.dlt`` (or that of ``DLT_PROJECT_DIR``), and no file anywhere else."""

    def __init__(self) -> None:
        super().__init__(str(PROJECT_DIR))

    @property
    def local_dir(self) -> str:
        """Where a destination that names no folder puts its files: not where rowkeeper is."""
        return os.environ.get("DLT_LOCAL_DIR") or str(Path.cwd())

    def initial_providers(self) -> list[ConfigProvider]:
        return [
            CustomLoaderDocProvider("rowkeeper", lambda: FIXED, supports_secrets=False),
            EnvironProvider(),
            SecretsTomlProvider(self.settings_dir),
            ConfigTomlProvider(self.settings_dir),
        ]

    def initialize_runtime(self, runtime_config: RuntimeConfiguration | None = None) -> None:
        """Start dlt's runtime without anything that reports: rows would leave the machine so."""
        config = runtime_config or resolve_configuration(RuntimeConfiguration())
        config.dlthub_telemetry = False
        config.sentry_dsn = config.slack_incoming_hook = config.dlthub_dsn = None
        super().initialize_runtime(config)
