"""rowkeeper's side of the benchmark of stores: a whole run of uploads, as a command has it.

``store_worker.py PLAN`` takes ``{"settings": …, "folder": …}`` and prints the seconds of the run
itself, without the start of the process.
"""

import hashlib
import json
import sys
import time
from pathlib import Path

from rowkeeper.core.ids import asset_id, new_id
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.settings import Settings
from uploaders.pool import upload_all
from uploaders.values import UploadRequest


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text())
    settings = Settings.model_validate(plan["settings"])
    files = sorted(Path(plan["folder"]).iterdir())
    requests = [request_of(path, plan["sha256"][path.name]) for path in files]
    begin = time.perf_counter()
    with Journal(journal_dir(settings.data_dir)) as journal:
        summary = upload_all(requests, settings, journal.append, new_id())
    if summary.uploaded != len(files) or summary.existed:
        raise SystemExit(f"Only {summary.uploaded} of {len(files)}: {summary}")
    print(time.perf_counter() - begin)  # noqa: T201


def request_of(path: Path, sha256: str) -> UploadRequest:
    row_id = path.stem
    return UploadRequest(
        asset_id=asset_id(row_id, "direct", path.name, "file"),
        row_id=row_id,
        provider="direct",
        media_id=path.name,
        asset_kind="file",
        path=path,
        sha256=sha256,
        size_bytes=path.stat().st_size,
        mime_type="video/mp4",
    )


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main()
