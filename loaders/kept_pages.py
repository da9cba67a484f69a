"""Pages that were fetched, kept so that a site need send one again only when it has changed."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rowkeeper.core.disk.own import read_file
from rowkeeper.core.errors import UsageError
from rowkeeper.core.files import write_whole
from rowkeeper.core.text import from_json

VALIDATORS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
"""What a site says of a page -> how to ask whether that still holds."""


@dataclass(frozen=True)
class KeptPage:
    """A page's bytes and what the site said of them."""

    validators: Mapping[str, str]
    body: bytes

    def conditions(self) -> dict[str, str]:
        """The headers that ask for the page only if it has changed."""
        return {VALIDATORS[name]: value for name, value in self.validators.items()}


class KeptPages:
    """Pages in a folder, one file each, named by the hash of the URL: it may hold a secret.

    A file is a line of JSON, then the body. One that is damaged counts as not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, url: str) -> KeptPage | None:
        """The page as it was when it was last fetched."""
        try:
            with read_file(self._path(url)) as file:
                head, _, body = file.read().partition(b"\n")
            facts = from_json(head)
            validators = {str(name): str(facts["validators"][name]) for name in facts["validators"]}
            intact = facts["sha256"] == hashlib.sha256(body).hexdigest()
        except (OSError, ValueError, KeyError, TypeError):
            return None
        known = validators and validators.keys() <= VALIDATORS.keys()
        return KeptPage(validators, body) if intact and known else None

    def keep(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Keep a page that the site can be asked about; a full disk keeps none, and that is all."""
        validators = {name: headers[name] for name in VALIDATORS if name in headers}
        head = {"validators": validators, "sha256": hashlib.sha256(body).hexdigest()}
        with suppress(UsageError):
            if validators:
                write_whole(self._path(url), json.dumps(head).encode() + b"\n" + body)
            else:
                self._path(url).unlink(missing_ok=True)

    def _path(self, url: str) -> Path:
        return self.folder / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.page"
