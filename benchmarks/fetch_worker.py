"""rowkeeper's side of the benchmarks of fetching: a whole run of downloads, as a command has it.

Takes a JSON object ``{"settings": …, "requests": [[provider, media id, kind], …]}`` as its only
argument, a file; prints the seconds of the run itself, by the clock and of CPU, without the start
of the process.
"""

import json
import sys
import time
from pathlib import Path

from downloaders.base import AssetOwner, Request
from downloaders.pool import download_all
from downloaders.registry import fetch_settings
from rowkeeper.core.ids import asset_id, new_id
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.settings import Settings


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text())
    settings = Settings.model_validate(plan["settings"])
    requests = [request_of(number, *asked) for number, asked in enumerate(plan["requests"], 1)]
    begin, begin_cpu = time.perf_counter(), time.process_time()
    with Journal(journal_dir(settings.data_dir)) as journal:
        summary = download_all(
            requests,
            fetch_settings(settings),
            journal.append,
            new_id(),
        )
    seconds, cpu_s = time.perf_counter() - begin, time.process_time() - begin_cpu
    if summary.downloaded != len(requests):
        raise SystemExit(f"Only {summary.downloaded} of {len(requests)}: {summary}")
    print(seconds, cpu_s)  # noqa: T201


def request_of(number: int, provider: str, media_id: str, kind: str) -> Request:
    row_id = str(number)
    return Request(
        asset_id=asset_id(row_id, provider, media_id, kind),
        row_id=row_id,
        provider=provider,
        media_id=media_id,
        asset_kind=kind,
        original_url=media_id,
        person=AssetOwner(name=f"Person {number}", email=f"person{number}@example.org"),
    )


if __name__ == "__main__":
    main()
