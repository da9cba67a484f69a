"""Dask as this house uses it: TLS or nothing, an executor, and its faults in our words."""

import asyncio
import logging
import re
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future, InvalidStateError
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from rowkeeper.core.errors import ClusterError, UsageError

if TYPE_CHECKING:
    from distributed import Client, Security

P = ParamSpec("P")
R = TypeVar("R")
LOCAL = re.compile(r"local:([1-9]\d{0,2})")
TLS = re.compile(r"tls://[^\s/@]+:\d{1,5}")
TLS_KEYS = ("ca-file", "client.cert", "client.key")
LOUD = ("distributed", "distributed.client", "distributed.gc", "tornado.application")
QUIET = {"logging": dict.fromkeys(LOUD, "critical"), "distributed.scheduler.http.routes": []}
"""Dask says nothing by itself, and a scheduler of ours shows no pages."""
UNINTERRUPTED = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
"""Workers that begin here are in the terminal's group: who is interrupted is the driver."""
CONNECT_S = 15


@contextmanager
def client_of(address: str, threads: int) -> Iterator["Client"]:
    """A client of the scheduler at ``address``, or of ``local:N`` workers of so many threads.

    Raises ``ClusterError``, and ``UsageError`` where there are no certificates.
    """
    import dask

    dask.config.set(QUIET)
    from distributed import Client

    with ExitStack() as stack:
        with faults(address):
            if local := LOCAL.fullmatch(address):
                at, security = _local(int(local[1]), threads, stack)
            else:
                at, security = address, _certificates()
                _require_scheduler(at, security)
            client = stack.enter_context(Client(at, security=security, timeout=CONNECT_S))
        yield client


def _local(workers: int, threads: int, stack: ExitStack) -> tuple[Any, "Security"]:
    """Workers on this machine, on loopback, with certificates that live in memory."""
    from distributed import LocalCluster, Security

    security = Security.temporary()
    cluster = LocalCluster(
        n_workers=workers,
        threads_per_worker=threads,
        host="127.0.0.1",
        protocol="tls://",
        security=security,
        dashboard_address=None,
        preload=[UNINTERRUPTED],
        silence_logs=logging.CRITICAL,
    )
    return stack.enter_context(cluster), security


def _certificates() -> "Security":
    """As Dask's own settings name them. Raises ``UsageError`` without them."""
    import dask
    from distributed import Security

    for key in TLS_KEYS:
        if not dask.config.get(f"distributed.comm.tls.{key}", default=None):
            name = key.upper().replace(".", "__").replace("-", "_")
            raise UsageError(
                f"--cluster tls:// needs certificates: set DASK_DISTRIBUTED__COMM__TLS__{name} "
                "(docs/scale.md makes them), then run again."
            )
    security = Security(require_encryption=True)
    try:
        security.get_connection_args("client")
    except OSError as error:
        raise UsageError(
            f"The certificates of --cluster can't be read ({error}): see what "
            "DASK_DISTRIBUTED__COMM__TLS__* name, then run again."
        ) from error
    return security


def _require_scheduler(address: str, security: "Security") -> None:
    """Raise ``ClusterError`` unless a scheduler answers: a client would wait for it forever."""
    from distributed.comm.core import connect
    from distributed.core import send_recv

    async def identity() -> Any:
        comm = await connect(address, CONNECT_S, **security.get_connection_args("client"))
        try:
            return await send_recv(comm, op="identity")
        finally:
            comm.abort()

    found = asyncio.run(asyncio.wait_for(identity(), CONNECT_S))
    if found["type"] != "Scheduler":
        raise ClusterError(f"At {address} is a {found['type']} of Dask: name its scheduler.")


@contextmanager
def faults(address: str) -> Iterator[None]:
    """Dask's faults as a ``ClusterError``; as a ``UsageError`` that a worker has no rowkeeper."""
    from distributed.comm.core import CommClosedError

    try:
        yield
    except (OSError, CommClosedError, CancelledError, asyncio.CancelledError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ClusterError(
            f"The cluster at {address} does not answer ({reason}): see that its scheduler and "
            "workers run, then run again; what they stored is found."
        ) from error
    except Exception as error:
        # what a worker can't even read comes back as Dask's own words, without a type
        if not isinstance(error, ImportError) and type(error) is not Exception:
            raise
        raise UsageError(
            f"A worker of the cluster at {address} can't do what it is sent ({error}): install "
            f"rowkeeper[cluster]=={version('rowkeeper')} where it runs, then run again."
        ) from error


class DaskExecutor(Executor):
    """Work on the workers of ``client``.

    Dask has one of its own (2026.8), which takes the result of a worker that dies just then for an
    error: the task runs again, and its future has to be waited for once more.
    """

    def __init__(self, client: "Client") -> None:
        self._client = client

    def submit(self, work: Callable[P, R], /, *arguments: P.args, **named: P.kwargs) -> "Future[R]":
        """``work``, which is sent by its name, and its arguments, which are pickled."""
        theirs = self._client.submit(work, *arguments, pure=False, **named)
        ours: Future[R] = Future()

        def done(_: object) -> None:
            with suppress(InvalidStateError):  # it was cancelled
                try:
                    ours.set_result(theirs.result())
                except BaseException as error:
                    ours.set_exception(error)

        theirs.add_done_callback(done)
        ours.add_done_callback(lambda future: theirs.cancel() if future.cancelled() else None)
        return ours
