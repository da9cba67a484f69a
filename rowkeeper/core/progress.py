"""Where one piece of work stands: what workers tell and displays show."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Progress(Generic[T_co]):
    """``state``: running, or how it ended, ``message`` says why. Sizes are in bytes."""

    request: T_co
    state: str
    done_bytes: int = 0
    total_bytes: int | None = None
    message: str = ""
