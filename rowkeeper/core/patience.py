"""Nobody waits in silence: what is awaited is said after five seconds, then once a minute."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rowkeeper.core import clock
from rowkeeper.core.said import tell

TELL_AGAIN_S = 60.0


@dataclass
class Patience:
    """How long something has been awaited by now, and whether it is time to say so."""

    awaited: str
    say: Callable[[str], object] = tell
    begun: float = field(default_factory=clock.seconds)
    told_at_s: float | None = None

    @property
    def waited_s(self) -> float:
        return clock.seconds() - self.begun

    def tell(self, whose: Callable[[], str]) -> None:
        """Say what is awaited and ``whose`` it is: after five seconds, then once a minute."""
        due = clock.TELL_AFTER_S if self.told_at_s is None else self.told_at_s + TELL_AGAIN_S
        if self.waited_s >= due:
            self.told_at_s = self.waited_s
            self.say(f"Waiting for {self.awaited} for {self.waited_s:.0f} s: {whose()}.")
