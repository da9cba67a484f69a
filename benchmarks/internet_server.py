"""The fake internet of the tests in a process of its own, ``--delay-ms`` late with each answer.

Prints one line of JSON: its ``proxy`` and the ``ca_file`` of its certificates.
"""

import argparse
import json
import threading
import time

from benchmarks.processes import until_told
from tests.fakes.internet import FakeInternet
from tests.fakes.site import Site, Stream, Video, WebRequest, WebResponse

AVC_AAC = 'video/mp4; codecs="avc1.42001E, mp4a.40.2"'


class LateInternet(FakeInternet):
    """Answers late, as distant servers do."""

    delay_s = 0.0

    def answer(self, request: WebRequest, address: str) -> tuple[WebResponse, str | None]:
        time.sleep(self.delay_s)
        return super().answer(request, address)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.internet_server")
    parser.add_argument("--videos", type=int, default=40)
    parser.add_argument("--size", type=int, default=200_000)
    parser.add_argument("--delay-ms", type=float, default=100.0)
    arguments = parser.parse_args()
    body = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41".ljust(arguments.size, b"\0")
    stream = Stream(18, AVC_AAC, body, height=360, progressive=True)
    videos = [Video(video_id(number), streams=(stream,)) for number in range(arguments.videos)]
    internet = LateInternet(Site(videos=videos))
    internet.delay_s = arguments.delay_ms / 1000
    with until_told(), internet:
        addresses = {"proxy": internet.proxy, "ca_file": str(internet.ca_file)}
        print(json.dumps(addresses), flush=True)  # noqa: T201
        threading.Event().wait()


def video_id(number: int) -> str:
    """Eleven characters, as YouTube's are."""
    return f"video{number:06d}"


if __name__ == "__main__":
    main()
