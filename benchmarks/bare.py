"""What the guarantees cost alone: files fetched, hashed and kept as ours are, in the fewest calls.

Takes a file with an address a line and how many to fetch at a time; prints the CPU seconds without
the start of the process. A file is synced, renamed and its folder synced, then an event of it is
appended and synced. The floor for rowkeeper in Python: no plan, no limits, no second try, no names,
no sidecar.
"""

import hashlib
import json
import os
import sys
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

BUFFER = 1 << 18
EVENTS = threading.Lock()


def main() -> None:
    begin = time.process_time()
    waiting: SimpleQueue[str] = SimpleQueue()
    for url in Path(sys.argv[1]).read_text().split():
        waiting.put(url)
    with Path("events.jsonl").open("xb", buffering=0) as events:
        handles = (events.fileno(), os.open(".", os.O_RDONLY))
        threads = [
            threading.Thread(target=work, args=(waiting, *handles)) for _ in range(int(sys.argv[2]))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(time.process_time() - begin)  # noqa: T201


def work(waiting: "SimpleQueue[str]", events: int, folder: int) -> None:
    """Fetch until nothing is left, over one connection."""
    connection: HTTPConnection | None = None
    buffer = memoryview(bytearray(BUFFER))
    while True:
        try:
            url = urlsplit(waiting.get_nowait())
        except Empty:
            return
        connection = connection or HTTPConnection(url.netloc, timeout=30)
        connection.request("GET", url.path)
        name = Path(url.path).name
        sha256 = fetch(connection, name, buffer)
        os.fsync(folder)
        line = json.dumps({"event_type": "downloaded", "local_path": name, "sha256": sha256})
        with EVENTS:
            os.write(events, f"{line}\n".encode())
            os.fsync(events)


def fetch(connection: HTTPConnection, name: str, buffer: memoryview) -> str:
    digest, response = hashlib.sha256(), connection.getresponse()
    part = Path(f"{name}.part")
    with part.open("wb", buffering=0) as file:
        while size := response.readinto(buffer):
            digest.update(buffer[:size])
            file.write(buffer[:size])
        os.fsync(file.fileno())
    part.replace(name)
    return digest.hexdigest()


if __name__ == "__main__":
    main()
