"""Names that nobody should trust."""

from pathlib import Path

from hypothesis import strategies as st

from downloaders import files
from downloaders.base import Fetched, Request
from downloaders.places import Places
from rowkeeper.core.paths import sha256_file
from tests.fakes.clients import settings_in

HOSTILE = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        (
            *("", ".", "..", "../../etc/passwd", "CON", "nul.txt", "a\x00b", "C:\\x", " . "),
            *("~root", "-rf", "x" * 400 + ".mp4", "é" * 200, "a/b", "COM1.mp4", "\u202egpj.exe"),
            *("a." + "é" * 200, "a.b" + "c" * 300, "x" * 149 + " b", "aux .mp4", "CONIN$", "COM¹"),
            *("film.mp4_metadata.json", "a_Metadata.JSON", "half.part"),
        )
    ),
)


def settled(folder: Path, request: Request, body: str, **more: str) -> Fetched:
    settings = settings_in(folder, **more)
    with Places(settings) as places:
        return placed(places, folder, request, body)


def placed(places: Places, folder: Path, request: Request, body: str) -> Fetched:
    path = files.partial_folder(folder) / f"{request.asset_id}.mp4"
    path.write_text(body)
    digest, size = sha256_file(path)
    fetched = Fetched(
        path=path, filename="film.mp4", mime_type="video/mp4", size_bytes=size, sha256=digest
    )
    return places.settle(request, fetched)
