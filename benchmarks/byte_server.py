"""A web server that is no bottleneck: ``python -m benchmarks.byte_server`` prints its port.

``/SIZE/NUMBER.mp4`` has SIZE bytes of the same random stream, from NUMBER pages on, sent by the
kernel out of a file. Connections are kept alive, ``Range: bytes=N-`` is answered, each answer
begins ``--delay-ms`` after its request.
"""

import argparse
import os
import random
import re
import socket
import tempfile
import threading
import time
from typing import IO

from benchmarks.processes import until_told

PAGE = 4096
MAX_NUMBER = 2_000
BLOCK = 8 << 20
_REQUEST = re.compile(rb"(GET|HEAD) /(\d+)/(\d+)\.mp4[? ]")
_RANGE = re.compile(rb"\r\nrange: *bytes=(\d+)-(\d*)", re.IGNORECASE)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.byte_server", description=__doc__)
    parser.add_argument("--largest", type=int, default=1_000_000, help="bytes of a file at most")
    parser.add_argument("--delay-ms", type=float, default=0.0)
    arguments = parser.parse_args()
    with until_told(), tempfile.TemporaryFile() as content:
        fill(content, arguments.largest + MAX_NUMBER * PAGE)
        listen(content.fileno(), arguments.delay_ms / 1000)


def listen(content: int, delay_s: float) -> None:
    """Serve until interrupted, a thread a client."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.listen(256)
        print(server.getsockname()[1], flush=True)  # noqa: T201
        while True:
            connection, _ = server.accept()
            work = (connection, content, delay_s)
            threading.Thread(target=serve, args=work, daemon=True).start()


def fill(content: IO[bytes], size: int) -> None:
    """The same bytes each time: one random block, over and over."""
    block = random.Random(5).randbytes(min(size, BLOCK) | 1)  # odd: no two files are the same
    for start in range(0, size, len(block)):
        content.write(block[: size - start])
    content.flush()


def serve(connection: socket.socket, content: int, delay_s: float) -> None:
    """Answer one client until it hangs up."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        waiting = b""
        try:
            while True:
                while b"\r\n\r\n" not in waiting:
                    more = connection.recv(1 << 16)
                    if not more:
                        return
                    waiting += more
                head, _, waiting = waiting.partition(b"\r\n\r\n")
                time.sleep(delay_s)
                answer(connection, head, content)
        except OSError:
            return


def answer(connection: socket.socket, head: bytes, content: int) -> None:
    asked = _REQUEST.match(head)
    if not asked or int(asked[3]) > MAX_NUMBER:
        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        return
    size, start, first, status = int(asked[2]), int(asked[3]) * PAGE, 0, b"200 OK"
    last = size - 1
    lines = [b"Content-Type: video/mp4", b"Accept-Ranges: bytes", b'ETag: "%d"' % start]
    if wanted := _RANGE.search(head):
        first, status = int(wanted[1]), b"206 Partial Content"
        last = min(int(wanted[2] or last), last)
        lines.append(b"Content-Range: bytes %d-%d/%d" % (first, last, size))
    lines.append(b"Content-Length: %d" % (last - first + 1))
    connection.sendall(b"HTTP/1.1 " + status + b"\r\n" + b"\r\n".join(lines) + b"\r\n\r\n")
    position, end = start + first, start + last + 1
    while asked[1] == b"GET" and position < end:
        sent = os.sendfile(connection.fileno(), content, position, end - position)
        if sent == 0:
            raise BrokenPipeError
        position += sent


if __name__ == "__main__":
    main()
