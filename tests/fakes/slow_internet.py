"""Sites that take their time, and count what they are asked for."""

import threading
import time
from collections import Counter
from urllib.parse import parse_qs, urlsplit

from tests.fakes.internet import LOOPBACK, FakeInternet
from tests.fakes.site import Site, WebRequest, WebResponse


class SlowInternet(FakeInternet):
    """Answers each request after ``latency_s``, and counts what is asked for by its id.

    All others wait until what has ``first`` in its address was answered, and had time to be told.
    ``came``: when each request did.
    """

    def __init__(self, site: Site, latency_s: float, host: str = LOOPBACK) -> None:
        super().__init__(site, host=host)
        self.latency_s = latency_s
        self.asked: Counter[str] = Counter()
        self.came: list[float] = []
        self.first: str | None = None
        self._first_answered = threading.Event()

    @property
    def idle_s(self) -> float:
        """For how long nobody has asked."""
        return time.time() - max(self.came, default=0.0)

    def forget(self) -> None:
        """As if nobody had asked."""
        with self._lock:
            self.asked.clear()
            self.came.clear()

    def answer(self, request: WebRequest, address: str) -> tuple[WebResponse, str | None]:
        name = parse_qs(urlsplit(f"//{address}").query).get("id", [address])[0]
        with self._lock:
            self.asked[name] += 1
            self.came.append(time.time())
        if self.first and self.first in address:
            self._first_answered.set()
        elif self.first:
            self._first_answered.wait(60)
            time.sleep(30 * self.latency_s)
        time.sleep(self.latency_s)
        return super().answer(request, address)
