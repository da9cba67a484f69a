"""Where everything is."""

from typing import TYPE_CHECKING

from rowkeeper.catalogue.publish import published_path
from rowkeeper.workspace.context import Context

if TYPE_CHECKING:
    pass


def places(context: Context) -> dict[str, str]:
    """Where everything is: name of the thing -> place, without secrets."""
    settings, target = context.settings, context.target
    found = {
        "warehouse": target.where,
        "archive": settings.store.url,
        "files": str(settings.data_dir / "files"),
        "journal": str(settings.data_dir / "journal"),
    }
    if target.type == "duckdb":
        found["catalogue for readers"] = str(published_path(target))
    return found
