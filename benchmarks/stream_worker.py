"""One way of the benchmark of streaming: from a source into the store, as a run has it.

``stream_worker.py PLAN WAY`` takes the plan of ``fetch_worker`` and prints the seconds without the
start of the process. ``stream``: past the disk; ``disk``: a run's downloads, then its uploads;
``boto3``: the same downloads, then boto3's own ``upload_file`` of each file.
"""

import json
import sys
import time
from pathlib import Path

from benchmarks.fetch_worker import request_of
from benchmarks.store_peers import plain_boto3
from downloaders.pool import download_all
from downloaders.registry import fetch_settings
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.settings import Settings
from rowkeeper.run.stream import StoreStreamer
from uploaders.layout import checked_layout
from uploaders.pool import upload_all
from uploaders.registry import open_store
from uploaders.values import UploadRequest


def main() -> None:
    plan, way = json.loads(Path(sys.argv[1]).read_text()), sys.argv[2]
    settings = Settings.model_validate(plan["settings"])
    requests = [request_of(number, *asked) for number, asked in enumerate(plan["requests"], 1)]
    begin, events = time.perf_counter(), list[AssetEvent]()
    with Journal(journal_dir(settings.data_dir)) as journal:

        def emit(event: AssetEvent) -> None:
            journal.append(event)
            events.append(event)

        streamer = None
        if way == "stream":
            store = open_store(settings)
            store.check()
            streamer = StoreStreamer(store, checked_layout(settings.store.layout), new_id())
        download_all(
            requests,
            fetch_settings(settings),
            emit,
            new_id(),
            streamer=streamer,
        )
        here = [event for event in events if event.event_type is EventType.DOWNLOADED]
        if way == "disk":
            upload_all([upload_of(settings, event) for event in here], settings, emit, new_id())
        elif way == "boto3":
            files = [settings.data_dir / str(event.local_path) for event in here]
            plain_boto3(plan["settings"]["store"], settings.upload.workers, files)
    if len(here) != len(requests):
        raise SystemExit(f"Only {len(here)} of {len(requests)}")
    print(time.perf_counter() - begin)  # noqa: T201


def upload_of(settings: Settings, event: AssetEvent) -> UploadRequest:
    return UploadRequest(
        asset_id=str(event.asset_id),
        row_id=str(event.row_id),
        provider=str(event.provider),
        media_id=str(event.media_id),
        asset_kind=str(event.asset_kind),
        path=settings.data_dir / str(event.local_path),
        sha256=str(event.sha256),
        size_bytes=event.size_bytes or 0,
        mime_type=event.mime_type,
    )


if __name__ == "__main__":
    main()
