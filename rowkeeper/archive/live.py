"""What a run that is under way has done so far, read beside it: its note and its open journal."""

import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rowkeeper.core.events import EventType
from rowkeeper.core.journal.journal import journal_dir
from rowkeeper.core.text import harmless

TOLD = {
    EventType.DOWNLOADED: "downloaded",
    EventType.UPLOADED: "archived",
    EventType.DOWNLOAD_FAILED: "downloads failed",
    EventType.UPLOAD_FAILED: "uploads failed",
}
PATTERNS = {kind: f'"event_type":"{kind.value}"'.encode() for kind in TOLD}


@dataclass
class Live:
    """Looks at a data folder again and again; reads only what was written since."""

    data_dir: Path
    _places: dict[Path, int] = field(default_factory=dict)
    _counts: Counter[EventType] = field(default_factory=Counter)

    def said(self) -> str:
        """What is under way in a sentence; '' where nothing is."""
        try:
            note = json.loads((self.data_dir / "run.json").read_bytes())
            words = f"{note['command']} is at work since {note['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            self._places, self._counts = {}, Counter()
            return ""
        self._look()
        counts = [f"{self._counts[kind]} {name}" for kind, name in TOLD.items()]
        return harmless(f"{words}: {', '.join(counts)}.")

    def _look(self) -> None:
        for path in (journal_dir(self.data_dir) / "open").glob("*.jsonl"):
            with suppress(OSError), path.open("rb") as file:  # it may be sealed meanwhile
                file.seek(self._places.get(path, 0))
                fresh = file.read()
                whole = fresh[: fresh.rfind(b"\n") + 1]
                self._places[path] = self._places.get(path, 0) + len(whole)
                for kind, pattern in PATTERNS.items():
                    self._counts[kind] += whole.count(pattern)
