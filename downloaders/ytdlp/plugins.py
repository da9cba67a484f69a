"""yt-dlp's plugins, which somebody has opted in to: each one pinned by the hash of its files.

A plugin is code that runs as rowkeeper does. So none is looked for, only what
``download.youtube.plugins`` names is loaded, and what is loaded is a copy that was hashed while it
was made: nothing that lies beside the files, and nothing that changes later, is run.
"""

import atexit
import hashlib
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import yt_dlp.globals  # type: ignore[import-untyped]
from yt_dlp.plugins import load_all_plugins  # type: ignore[import-untyped]

from rowkeeper.core.disk.own import is_own_file, is_own_folder
from rowkeeper.core.errors import UsageError

MAX_BYTES = 64 << 20
CACHES = "__pycache__"

yt_dlp.globals.plugin_dirs.value = []  # nothing that lies about on the machine is run
_lock = threading.Lock()
_loaded: dict[str, str] = {}


def load(plugins: Mapping[str, str]) -> None:
    """Load the plugins at those paths, once for the process; {path: SHA-256 of its files}.

    Raises ``UsageError`` for a path that can't be read or that has other files than its hash says.
    """
    with _lock:
        new = {path: wanted for path, wanted in plugins.items() if _loaded.get(path) != wanted}
        if not new:
            return
        folder = Path(tempfile.mkdtemp(prefix="rowkeeper-plugins-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        for number, (path, wanted) in enumerate(sorted(new.items())):
            _copy(Path(path).expanduser(), wanted.lower(), folder / str(number))
        yt_dlp.globals.plugin_dirs.value = [*yt_dlp.globals.plugin_dirs.value, str(folder)]
        load_all_plugins()
        _loaded.update(new)


def hash_of(files: Mapping[str, bytes]) -> str:
    """What a plugin is pinned by: SHA-256 over what ``sha256sum`` prints of its files, by name."""
    lines = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _copy(path: Path, wanted: str, place: Path) -> None:
    files = dict(_files(path))
    if (digest := hash_of(files)) != wanted:
        raise UsageError(
            f"download.youtube.plugins: the files in {path} have the hash {digest}, not the one "
            "that is set: see what has changed, and set the new one if you trust it."
        )
    if not any(PurePosixPath(name).parts[0] == "yt_dlp_plugins" for name in files):
        raise UsageError(
            f"download.youtube.plugins: {path} holds no folder yt_dlp_plugins: name the folder "
            "that it is in."
        )
    for name, body in files.items():
        copy = place / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(body)


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each file below ``path`` by its relative name; compiled caches are none of it."""
    if not path.is_dir():
        raise UsageError(f"download.youtube.plugins: {path} is no folder: unpack the plugin there.")
    total = 0
    try:
        for file in sorted(path.rglob("*")):
            name = file.relative_to(path)
            if CACHES in name.parts or is_own_folder(file):
                continue
            if not is_own_file(file):
                words = f"{file} is a link or no plain file: copy the plugin, do not link it."
                raise UsageError(f"download.youtube.plugins: {words}")
            total += file.stat().st_size
            if total > MAX_BYTES:
                raise UsageError(f"download.youtube.plugins: {path} holds more than 64 MiB.")
            yield name.as_posix(), file.read_bytes()
    except OSError as error:
        raise UsageError(f"download.youtube.plugins: {path}: {error.strerror}.") from None
