"""The project as dbt parsed it, kept: to parse it takes longer than all else that a small run does.

In the target folder of a data folder, where dbt writes it, and in the user's cache for the data
folders that are yet to come. Both are named after all that went into it, and can be deleted at any
time.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rowkeeper.core.disk.own import put_whole

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

KEPT_PARSE = "partial_parse.msgpack"
"""What dbt writes when it has parsed, in its target folder."""
SHARED = 10
"""The parses in the cache: those that were asked for last."""


def read_parse(folder: Path) -> "Manifest | None":
    """What an earlier process parsed into the target folder, or one of the same name."""
    if kept := _read(folder / KEPT_PARSE):
        return kept
    with suppress(OSError, RuntimeError):
        shared = _shared(folder)
        if kept := _read(shared / KEPT_PARSE):
            os.utime(shared)
    return kept


def share_parse(folder: Path) -> None:
    """Put the parse of the target folder into the cache, where that can be written."""
    with suppress(OSError, RuntimeError):
        shared = _shared(folder)
        shared.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = (folder / KEPT_PARSE).read_bytes()
        put_whole(shared / KEPT_PARSE, data, f".{os.getpid()}", flush=False)
        others = sorted(shared.parent.iterdir(), key=lambda path: path.stat().st_mtime)
        for old in others[:-SHARED]:
            shutil.rmtree(old, ignore_errors=True)


def _shared(folder: Path) -> Path:
    """Raises ``RuntimeError`` for a user without a home, as in some containers."""
    from platformdirs import user_cache_path

    return user_cache_path("rowkeeper") / "dbt" / folder.name


def _read(path: Path) -> "Manifest | None":
    """None if there is nothing whole."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    with suppress(Exception):  # whatever it is, the project is parsed again
        manifest = Manifest.from_msgpack(path.read_bytes(), decoder=extended_mashumuro_decoder)
        manifest.build_flat_graph()  # type: ignore[no-untyped-call]  # what macros call graph
        return manifest
    return None
