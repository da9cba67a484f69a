"""What a browser shall make of an object that it opens by an address."""

import re
from dataclasses import dataclass
from urllib.parse import quote

MAX_NAME = 150
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.A)
_SHOWN = re.compile(r"(audio|video)/.+|image/(?!svg).+|application/pdf|text/(plain|vtt|csv)")
_PART = re.compile(r"[\\/]")


def plain_type(mime_type: str | None) -> str | None:
    """``mime_type``, if it is a plain one and no text of somebody's making."""
    return mime_type if _TYPE.fullmatch(mime_type or "") else None


@dataclass(frozen=True)
class Shown:
    """How an object is shown or saved. ``filename`` is what the source calls it: data, not safe."""

    filename: str
    mime_type: str | None = None

    @property
    def content_type(self) -> str | None:
        """The type that the store shall say; None leaves its own."""
        return plain_type(self.mime_type)

    @property
    def disposition(self) -> str:
        """The Content-Disposition: media is shown, a page that could run something is saved.

        The name comes twice, plain for old browsers and in full as RFC 5987 writes it.
        """
        kind = "inline" if _SHOWN.fullmatch(self.content_type or "") else "attachment"
        name = _PART.sub("_", self.filename.encode("utf-8", "replace").decode())
        name = " ".join("".join(c if c.isprintable() else " " for c in name).split())[:MAX_NAME]
        plain = re.sub(r"[^\w .()+-]", "_", name or "file", flags=re.A)
        return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name or 'file', safe='')}"

    @property
    def query(self) -> dict[str, str]:
        """What S3 and Google's XML API are asked to answer with."""
        asked = {"response-content-disposition": self.disposition}
        if self.content_type:
            asked["response-content-type"] = self.content_type
        return asked
