"""A pooler before Postgres that does what pgbouncer does to a client, for machines without one.

It refuses the startup parameter ``options``, makes up its own process numbers, and hands out
backends for a session or, as ``pool_mode = transaction`` does, for a transaction. And it can be
the network that is cut when a client says certain words.
"""

import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

SSL_REQUEST = 80877103
READY = b"Z"
KEY_DATA = b"K"


@dataclass
class Pooler:
    """``backend`` is the path of the server's socket; ``port`` is where clients connect.

    ``cut_at``: words of a client at which every connection is cut, once; ``stays_cut``: and no new
    one is taken then, until ``mended``.
    """

    backend: str
    mode: str
    cut_at: bytes = b""
    stays_cut: bool = False
    is_cut: bool = False
    clients: list[socket.socket] = field(default_factory=list)
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    lock: threading.Lock = field(default_factory=threading.Lock)
    shared: socket.socket | None = None
    greeting: bytes = b""

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                if self.is_cut and self.stays_cut:
                    client.close()
                    continue
                threading.Thread(target=self._client, args=(client,), daemon=True).start()

    def _client(self, client: socket.socket) -> None:
        with client, suppress(OSError, ConnectionError):
            startup = _startup(client)
            if b"\0options\0" in startup:
                client.sendall(_refusal("unsupported startup parameter: options"))
            elif self.mode == "session":
                with self._connected(startup) as (server, greeting):
                    client.sendall(greeting)
                    threading.Thread(target=_pipe, args=(server, client), daemon=True).start()
                    self._pass_on(client, server)
            else:
                self._transactions(client, startup)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        """All that ``client`` says, up to the words at which all are cut."""
        self.clients.append(client)
        while data := client.recv(65536):
            if self.cut_at and not self.is_cut and self.cut_at in data:
                self.is_cut = True
                for open_one in self.clients:
                    with suppress(OSError):
                        open_one.shutdown(socket.SHUT_RDWR)
                return
            server.sendall(data)
        server.shutdown(socket.SHUT_WR)

    def mended(self) -> None:
        """From now on nothing is cut."""
        self.cut_at, self.stays_cut = b"", False

    def _transactions(self, client: socket.socket, startup: bytes) -> None:
        with self.lock:
            if self.shared is None:
                self.shared = _backend(self.backend)
                self.shared.sendall(startup)
                self.greeting = _greeting(self.shared)
        client.sendall(self.greeting)
        while (message := _message(client))[0] != b"X":
            with self.lock:
                state = b"T"
                while True:
                    self.shared.sendall(_packed(message))
                    while (answer := _message(self.shared))[0] != READY:
                        client.sendall(_packed(answer))
                    client.sendall(_packed(answer))
                    state = answer[1]
                    if state == b"I":
                        break
                    message = _message(client)

    @contextmanager
    def _connected(self, startup: bytes) -> Iterator[tuple[socket.socket, bytes]]:
        with _backend(self.backend) as server:
            server.sendall(startup)
            yield server, _greeting(server)


@contextmanager
def pooler(socket_path: str, mode: str) -> Iterator[Pooler]:
    """A pooler on loopback before the server at ``socket_path``."""
    running = Pooler(socket_path, mode)
    threading.Thread(target=running.serve, daemon=True).start()
    try:
        yield running
    finally:
        running.listener.close()
        if running.shared:
            running.shared.close()


def _backend(path: str) -> socket.socket:
    server = socket.socket(socket.AF_UNIX)
    server.connect(path)
    return server


def _startup(client: socket.socket) -> bytes:
    """The startup packet, after a request for TLS has been declined."""
    while True:
        head = _exactly(client, 4)
        packet = head + _exactly(client, struct.unpack("!I", head)[0] - 4)
        if struct.unpack("!I", packet[4:8])[0] != SSL_REQUEST:
            return packet
        client.sendall(b"N")


def _greeting(server: socket.socket) -> bytes:
    """All that the server says up to its first ReadyForQuery, with a process number of our own."""
    said = b""
    while True:
        kind, body = _message(server)
        if kind == KEY_DATA:
            body = os.urandom(4) + body[4:]
        said += _packed((kind, body))
        if kind == READY:
            return said


def _message(side: socket.socket) -> tuple[bytes, bytes]:
    head = _exactly(side, 5)
    return head[:1], _exactly(side, struct.unpack("!I", head[1:])[0] - 4)


def _packed(message: tuple[bytes, bytes]) -> bytes:
    kind, body = message
    return kind + struct.pack("!I", len(body) + 4) + body


def _refusal(words: str) -> bytes:
    body = b"SFATAL\0C08P01\0M" + words.encode() + b"\0\0"
    return _packed((b"E", body))


def _exactly(side: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        piece = side.recv(size - len(received))
        if not piece:
            raise ConnectionError("closed")
        received += piece
    return received


def _pipe(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
