"""Plain ``dbt build`` in a team's folder: links there lead to the dbt project of rowkeeper.

dbt takes the ``dbt_project.yml`` and the ``profiles.yml`` of the folder that it is called in. A
link is of the version that is installed, where a copy would be of the one that began the folder.
"""

from pathlib import Path

from rowkeeper.core.settings import PROJECT_DIR

NAMES = ("dbt_project.yml", "profiles.yml", "dbt_project")


def link_dbt(folder: Path) -> str:
    """Make the links; what is there already stays. A sentence if plain dbt won't work so, or ''."""
    refused = [name for name in NAMES if not _link(folder / name)]
    if not refused:
        return ""
    return (
        f"{', '.join(refused)} in {folder} could not be made a link to rowkeeper's: for plain dbt "
        f"set DBT_PROJECT_DIR={PROJECT_DIR} and DBT_PROFILES_DIR={PROJECT_DIR}."
    )


def renew_links(folder: Path) -> None:
    """A link that leads nowhere, for rowkeeper was installed anew elsewhere, is renewed."""
    for path in (folder / name for name in NAMES):
        if path.is_symlink() and not path.exists():
            path.unlink(missing_ok=True)
            _link(path)


def _link(path: Path) -> bool:
    try:
        path.symlink_to(PROJECT_DIR / path.name)
    except FileExistsError:
        return path.resolve() == (PROJECT_DIR / path.name).resolve()
    except OSError:
        return False  # a disk that knows no links
    return True
