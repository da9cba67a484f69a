"""All that Python asks of the tables that people and commands read, as found in its modules."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

from rowkeeper.core.settings import PROJECT_DIR
from rowkeeper.migration.export.warehouse import ATTEMPTS
from rowkeeper.migration.reconcile.rows import LINK_COLUMNS
from rowkeeper.run.held_media import ASKED

ROOMS = ("rowkeeper", "loaders")
PLACES = re.compile("{schema}|{state}")
WORDS = {
    "schema": "{schema}",
    "state": "{schema}",
    "asked": ASKED,
    "attempts": ATTEMPTS,
    "base64": "cast(null as text)",
    "mapped": "true",
    "most": "1",
    "filled": "1",
    "columns": LINK_COLUMNS,
    "wanted": "true",
    "activity": "activity",
    "archived": "('uploaded')",
    "known_earlier": "false",
}
"""What else stands in braces in them -> something that fits."""
PARAMETERS: tuple[tuple[str, Any], ...] = (
    (r"\? as boolean", [True]),
    (r"(any\(|cast\()\?", ["x"]),
    (r"\bor \?", True),
    (r"(limit|-|<) \?", 1),
    (r"\?", "x"),
)
"""What stands around a question mark -> a value that fits."""


def questions() -> Iterator[tuple[str, str, list[Any]]]:
    """Module and name, SQL and parameters of each."""
    for room in ROOMS:
        for path in sorted((PROJECT_DIR / room).rglob("*.py")):
            if not PLACES.search(path.read_text("utf-8")):
                continue
            module = ".".join(path.relative_to(PROJECT_DIR).with_suffix("").parts)
            for name, sql in vars(importlib.import_module(module)).items():
                if not isinstance(sql, str) or not PLACES.search(sql):
                    continue
                if re.match(r"\s*(select|with)\b", sql):
                    try:
                        asked = sql.format(**WORDS)
                    except KeyError:
                        continue
                    yield f"{module}.{name}", asked, list(_parameters(asked))


def _parameters(sql: str) -> Iterator[Any]:
    for match in re.finditer(r"[^?]{0,9}\?[^?]{0,11}", sql):
        yield next(value for pattern, value in PARAMETERS if re.search(pattern, match[0]))
