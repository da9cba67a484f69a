"""The first config of a project: what is known of its sheet, and in comments what may be said."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from loaders.names import NAME_PARTS
from loaders.offer import Offer
from rowkeeper.core.disk.own import refuse_links
from rowkeeper.core.errors import UsageError
from rowkeeper.core.files import write_whole
from rowkeeper.core.project import CHECKOUT, config_path
from rowkeeper.core.text import harmless

HEAD = """\
# Settings of rowkeeper in this folder, begun by `rowkeeper init`. Flags and ROWKEEPER_* in the
# environment go before them; secrets belong into secrets.toml beside this file, under the same
# names. All settings: docs/settings.md.
"""


def config_text(source: str, offer: Offer, folder_id: str | None, hosts: Sequence[str] = ()) -> str:
    """The config as TOML. ``folder_id``: of the data folder, None where it isn't begun; ``hosts``:
    of direct links, offered in a comment."""
    parts = (HEAD, *_sheet(source, offer), "", *_rest(hosts), "", *_disk(folder_id))
    return "\n".join(parts) + "\n"


def _sheet(source: str, offer: Offer) -> Iterator[str]:
    yield "[rowkeeper.sheet]"
    yield f"source = {toml(source)}"
    if offer.tab is not None:
        yield f"tab = {toml(offer.tab)}"
    yield ""
    yield "# What this sheet calls our columns, where its titles don't say so themselves."
    known = {name for name in offer.snapshot.columns.places if name not in offer.columns} - set(
        NAME_PARTS
    )
    for name in sorted(known):
        yield f"# {name}: {_shown(offer, name)}, known by its title"
    for name in sorted(offer.guessed):
        yield f"# {name}: {_shown(offer, name)}, a guess: mend it if it is wrong"
    table = ", ".join(f"{toml_key(name)} = {_titles(on)}" for name, on in offer.columns.items())
    yield f"columns = {{ {table} }}" if table else '# columns = { name = "Who", link = ["Video"] }'
    yield ""
    yield "# What all content of a person hangs on. Made of columns, an id changes with their text,"
    yield "# and who has another id is another person: take what changes least."
    yield f"row_id = {_titles(offer.row_id)}" if offer.row_id else '# row_id = "email"'


def _rest(hosts: Sequence[str]) -> Iterator[str]:
    yield "[rowkeeper.download]"
    yield "# Files that links lead to directly are fetched from these hosts alone."
    named = ", ".join(map(toml, hosts)) or '"media.example.org"'
    yield f"# hosts = [{named}]"
    yield ""
    yield "[rowkeeper.store]"
    yield "# The archive: a folder, or a bucket; without it data/archive beside this folder."
    yield '# url = "s3://our-archive/people"'


def _disk(folder_id: str | None) -> Iterator[str]:
    yield "[rowkeeper.disk]"
    yield "# Which data folder is meant: where it is missing, as with a disk that isn't mounted, or"
    yield "# another is in its place, each command ends before it writes anything. Machines that"
    yield "# share this config, each with a data folder of its own, do without the line."
    yield f"folder_id = {toml(folder_id)}" if folder_id else "# folder_id = (init draws one)"


def _shown(offer: Offer, name: str) -> str:
    titles = offer.snapshot.columns.titles
    places = offer.snapshot.columns.places.get(name, ())
    return ", ".join(harmless(titles[place]) or f"column {place + 1}" for place in places)


def _titles(titles: Sequence[str]) -> str:
    return toml(titles[0]) if len(titles) == 1 else f"[{', '.join(map(toml, titles))}]"


def toml(text: str) -> str:
    """``text`` as a string of TOML; what can't be seen stands as an escape."""
    shown = (
        char if char.isprintable() else f"\\U{ord(char):08x}"
        for char in text.replace("\\", "\\\\").replace('"', '\\"')
    )
    return f'"{"".join(shown)}"'


def toml_key(name: str) -> str:
    """``name`` as a key of TOML."""
    return name if name.isascii() and name.replace("_", "").isalnum() else toml(name)


def check_folder_is_free(folder: Path) -> None:
    """Raises ``UsageError`` where a first config can't be, for one is there or it is the checkout;
    ``DiskError`` where a link leads elsewhere."""
    path = config_path(folder)
    if folder == CHECKOUT:
        raise UsageError(
            f"{folder} is rowkeeper's own checkout: make a folder for the team and call rowkeeper "
            "init in it, or name it with rowkeeper --project DIR init."
        )
    refuse_links(folder, path)
    if path.exists():
        raise UsageError(
            f"{path} is there already and stays as it is: rowkeeper init --dry-run prints what can "
            "be added to it, or name another folder with rowkeeper --project DIR init."
        )


def write_config(folder: Path, text: str) -> Path:
    """Put the config into ``folder``, where none is. Raises ``UsageError``, ``DiskError``."""
    check_folder_is_free(folder)
    path = config_path(folder)
    write_whole(path, text.encode("utf-8"))
    return path
