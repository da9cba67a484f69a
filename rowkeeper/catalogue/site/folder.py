"""Where the site is."""

from pathlib import Path

from rowkeeper.workspace.context import Context


def site_folder(context: Context) -> Path:
    """Where the site is unless told otherwise."""
    return context.settings.data_dir / "site"
