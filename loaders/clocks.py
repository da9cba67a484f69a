"""What is said of this machine's clock where it looks wrong. Nothing is ordered by it."""

from datetime import datetime, timedelta

from rowkeeper.core import clock
from rowkeeper.core.warehouse import Target, connect

FAR = timedelta(minutes=5)
"""From the database's clock: more than a request takes, and less than anybody would miss."""


def clock_notices(last: datetime | None, target: Target) -> list[str]:
    """Sentences on a clock that is behind ``last``, the last load's, or far from the database's."""
    now, said = clock.now(), []
    if last is not None and now < last:
        said.append(
            f"This machine's clock says {now:%Y-%m-%d %H:%M} UTC, before the last load's "
            f"{last:%Y-%m-%d %H:%M}: one of them was wrong. Loads keep their order; times that are "
            "shown may be off."
        )
    if target.type == "postgres":
        with connect(target) as warehouse:
            (there,) = warehouse.column("select clock_timestamp()")
        if abs(there - clock.now()) > FAR:
            said.append(
                f"This machine's clock says {now:%Y-%m-%d %H:%M} UTC, the database's "
                f"{there:%Y-%m-%d %H:%M}: set the one that is wrong."
            )
    return said
