"""A whole run of 500 links into a bucket: ``python -m benchmarks.run_cost`` shows its parts.

Beside it ``yt-dlp -a`` fetches the same files, one after the other, and boto3's ``upload_file``
sends them, each in a process of its own. They have no sheet, no tables, no hashes, and nothing
synced.
"""

import csv
import json
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from benchmarks.fetch import Case, yt_dlp
from benchmarks.figure import Figure
from benchmarks.processes import Cost, measure, running
from benchmarks.store import BUCKET, KEY, SECRET
from rowkeeper.core.said import tell
from rowkeeper.core.settings import PROJECT_DIR

CASE = Case("500 x 100 KB", 500, 100_000, 8)


def archived(folder: Path) -> Iterator[Figure]:
    """The two ways in CPU seconds and by the clock, the start of the processes counted."""
    with (
        running("benchmarks.byte_server", "--largest", str(CASE.size)) as source,
        running("benchmarks.sink_server") as sink,
    ):
        folder.mkdir(exist_ok=True)
        ours = own_side(folder / "run", source, sink)
        theirs = peer_side(folder / "peer", source, sink)
    parts = json.loads(ours.output.splitlines()[-1])
    tell(", ".join(f"{name} {cpu_s:.2f} s" for name, cpu_s in parts.items()))
    title = f"{CASE.count} links into a bucket, to yt-dlp -a and boto3"
    yield Figure(title, ours.cpu_s, sum(cost.cpu_s for cost in theirs), 2.0)
    yield Figure(f"{title}, by the clock", ours.wall_s, sum(cost.wall_s for cost in theirs), 1.0)


def own_side(folder: Path, source: str, sink: str) -> Cost:
    folder.mkdir()
    with (folder / "people.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("row_id", "name", "email", "type", "link"))
        for number, url in enumerate(CASE.urls(source), 1):
            rows.writerow((number, f"Person {number}", f"p{number}@example.org", "", url))
    variables = {
        "PYTHONPATH": str(PROJECT_DIR),
        "ROWKEEPER_DATA_DIR": str(folder / "data"),
        "ROWKEEPER_DOWNLOAD_HOSTS": f"127.0.0.1:{source}",
        "ROWKEEPER_DOWNLOAD_RATES": '{"direct": 0}',
        "ROWKEEPER_DOWNLOAD_PACE_DIR": str(folder / "pace"),
        "ROWKEEPER_NETWORK_PRIVATE_ADDRESSES": "127.0.0.1",
        "ROWKEEPER_STORE_ENDPOINT_URL": f"http://127.0.0.1:{sink}",
        "ROWKEEPER_STORE_ACCESS_KEY_ID": KEY,
        "ROWKEEPER_STORE_SECRET_ACCESS_KEY": SECRET,
    }
    store = f"s3://{BUCKET}/{uuid.uuid4()}"
    command = ["-m", "benchmarks.run_worker", "--sheet", "people.csv", "--store", store]
    cost = measure([sys.executable, *command], folder, variables)
    files = sum(1 for _ in (folder / "data" / "files").rglob("*.mp4"))
    if files != CASE.count:
        raise SystemExit(f"Only {files} of {CASE.count} files came")
    return cost


def peer_side(folder: Path, source: str, sink: str) -> list[Cost]:
    """What it costs to fetch, and to send."""
    fetched = folder / "files"
    fetched.mkdir(parents=True)
    program = str(Path(sys.executable).with_name("yt-dlp"))
    fetching = measure(yt_dlp(program, CASE, CASE.urls(source), fetched), fetched)
    for extra in ("list", "stdout", "stderr"):
        (fetched / extra).unlink()
    store = {
        "url": f"s3://{BUCKET}/{uuid.uuid4()}",
        "endpoint_url": f"http://127.0.0.1:{sink}",
        "access_key_id": KEY,
        "secret_access_key": SECRET,
    }
    settings = {"data_dir": str(folder), "upload": {"workers": CASE.parallel}, "store": store}
    plan = folder / "plan.json"
    plan.write_text(json.dumps({"settings": settings, "folder": str(fetched)}))
    command = [sys.executable, "-m", "benchmarks.store_peers", str(plan), "boto3"]
    return [fetching, measure(command, folder, {"PYTHONPATH": str(PROJECT_DIR)})]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="run-cost-") as name:
        for figure in archived(Path(name)):
            tell(f"{figure.ours:.2f} s to {figure.theirs:.2f} s: {figure.ratio}, {figure.name}")


if __name__ == "__main__":
    main()
