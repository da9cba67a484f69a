"""What the guarantees cost alone: files fetched, hashed, synced and renamed, in the fewest calls.

Takes a file with an address a line and how many to fetch at a time. The floor for rowkeeper in
Python: no plan, no limits, no second try, no names, no sidecar, no event.
"""

import hashlib
import os
import sys
import threading
from http.client import HTTPConnection
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

BUFFER = 1 << 18


def main() -> None:
    waiting: SimpleQueue[str] = SimpleQueue()
    for url in Path(sys.argv[1]).read_text().split():
        waiting.put(url)
    threads = [threading.Thread(target=work, args=(waiting,)) for _ in range(int(sys.argv[2]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def work(waiting: "SimpleQueue[str]") -> None:
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
        fetch(connection, Path(url.path).name, buffer)


def fetch(connection: HTTPConnection, name: str, buffer: memoryview) -> None:
    digest, response = hashlib.sha256(), connection.getresponse()
    part = Path(f"{name}.part")
    with part.open("wb", buffering=0) as file:
        while size := response.readinto(buffer):
            digest.update(buffer[:size])
            file.write(buffer[:size])
        os.fsync(file.fileno())
    part.replace(name)
    digest.hexdigest()


if __name__ == "__main__":
    main()
