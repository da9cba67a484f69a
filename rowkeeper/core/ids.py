"""Identity is computed, not drawn: the same asset has the same id in every run and every source."""

import re
import uuid

NAMESPACE = uuid.UUID("6f0b6a1e-52f6-5c55-9d3f-0d6f1f6c7a10")
"""Fixed for ever: another value would give every asset a new id."""
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Its canonical text, in lower case."""


def asset_id(row_id: str, provider: str, media_id: str, kind: str) -> str:
    """The id of one person's copy of one medium, as canonical UUID text.

    ``|`` parts the fields and is escaped inside them, so that no two different quadruples meet.
    """
    fields = (row_id, provider, media_id, kind)
    name = "|".join(field.replace("\\", "\\\\").replace("|", "\\|") for field in fields)
    return str(uuid.uuid5(NAMESPACE, name))


def new_id() -> str:
    """A fresh id for an event or a session, minted once, before the first write."""
    return str(uuid.uuid4())
