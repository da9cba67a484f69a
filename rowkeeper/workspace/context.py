"""What a command works with."""

from dataclasses import dataclass

from rowkeeper.core.settings import Settings
from rowkeeper.core.warehouse import Target


@dataclass(frozen=True)
class Context:
    """The settings, and the warehouse that they are about."""

    settings: Settings
    target: Target
