"""rowkeeper against ``yt-dlp -a``: ``python -m benchmarks.fetch_youtube``.

Many small videos from a fake YouTube on loopback, each answer 100 ms late, through yt-dlp's own
extractor on both sides, over the same proxy with the same certificates and no limit on the pace.
rowkeeper goes its whole way, down to the event in the journal. The two take turns.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.internet_server import video_id
from benchmarks.processes import Cost, measure, running

WORKER = Path(__file__).with_name("fetch_worker.py")
FORMAT = "b[ext=mp4]"
COLUMNS = "workers|s: own|yt-dlp|ratio|CPU s: own|yt-dlp|ratio|peak RSS"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fetch_youtube", description=__doc__)
    parser.add_argument("--videos", type=int, default=40)
    parser.add_argument("--workers", type=int, default=[8, 16], nargs="+")
    parser.add_argument("--delay-ms", type=float, default=100.0)
    parser.add_argument("--pairs", type=int, default=3)
    arguments = parser.parse_args()
    table = Table(title=f"{arguments.videos} videos: rowkeeper and yt-dlp -a")
    for column in COLUMNS.split("|"):
        table.add_column(column, justify="right")
    options = ["--videos", str(arguments.videos), "--delay-ms", str(arguments.delay_ms)]
    with running("benchmarks.internet_server", *options) as line:
        internet: dict[str, str] = json.loads(line)
        for workers in arguments.workers:
            pairs = []
            for turn in range(arguments.pairs):
                first = peer_side(internet, arguments.videos) if turn % 2 else None
                own = own_side(internet, arguments.videos, workers)
                pairs.append((own, first or peer_side(internet, arguments.videos)))
            table.add_row(str(workers), *figures(pairs))
    Console(width=110).print(table)


def own_side(internet: dict[str, str], videos: int, workers: int) -> Cost:
    with tempfile.TemporaryDirectory(prefix="fetch-youtube-") as name:
        folder = Path(name)
        download = {
            "workers": workers,
            "concurrency": {"youtube": workers},
            "rates": {"youtube": 0},
            "format": FORMAT,
            "pace_dir": str(folder / "pace"),
        }
        settings = {"data_dir": str(folder / "data"), "download": download, "network": internet}
        requests = [("youtube", video_id(number), "video") for number in range(videos)]
        plan = folder / "plan.json"
        plan.write_text(json.dumps({"settings": settings, "requests": requests}))
        cost = measure([sys.executable, str(WORKER), str(plan)], folder)
        check(folder, videos)
        return cost


def peer_side(internet: dict[str, str], videos: int) -> Cost:
    """yt-dlp as its users run it: one process, one video after the other."""
    with tempfile.TemporaryDirectory(prefix="fetch-youtube-") as name:
        folder = Path(name)
        urls = [f"https://www.youtube.com/watch?v={video_id(number)}" for number in range(videos)]
        (folder / "list").write_text("\n".join(urls))
        options = ["--ignore-config", "--quiet", "--no-warnings", "--no-cache-dir"]
        options += ["--proxy", internet["proxy"], "--format", FORMAT, "-a", "list"]
        command = [sys.executable, "-m", "yt_dlp", *options]
        trusted = {"SSL_CERT_FILE": internet["ca_file"], "SSL_CERT_DIR": str(folder)}
        cost = measure([*command, "--compat-options", "no-certifi"], folder, trusted)
        check(folder, videos)
        return cost


def check(folder: Path, videos: int) -> None:
    count = len(list(folder.rglob("*.mp4")))
    if count != videos:
        raise SystemExit(f"{count} of {videos} videos came")


def figures(pairs: list[tuple[Cost, Cost]]) -> list[str]:
    """Medians over ``pairs``; the memory is the largest of all."""
    median = statistics.median
    return [
        f"{median(own.wall_s for own, _ in pairs):.1f}",
        f"{median(peer.wall_s for _, peer in pairs):.1f}",
        f"{median(peer.wall_s / own.wall_s for own, peer in pairs):.1f}",
        f"{median(own.cpu_s for own, _ in pairs):.1f}",
        f"{median(peer.cpu_s for _, peer in pairs):.1f}",
        f"{median(own.cpu_s / peer.cpu_s for own, peer in pairs):.2f}",
        f"{max(own.rss_bytes for own, _ in pairs) / 1e6:.0f} MB",
    ]


if __name__ == "__main__":
    main()
