"""Where everything is."""

from rowkeeper.catalogue.publish import published_path
from rowkeeper.catalogue.site.folder import site_folder
from rowkeeper.workspace.context import Context


def places(context: Context) -> dict[str, str]:
    """Where everything is: name of the thing -> place, without secrets."""
    settings, target = context.settings, context.target
    paths = {
        "warehouse": target.where,
        "archive": settings.store.url,
        "files": str(settings.data_dir / "files"),
        "journal": str(settings.data_dir / "journal"),
    }
    page = site_folder(context) / "index.html"
    if page.is_file():
        paths["pages for readers"] = str(page)
    if target.type == "duckdb":
        paths["catalogue for readers"] = str(published_path(target))
    return paths
