"""The pace of each site in Postgres: held across all machines that share the warehouse.

The server's clock is the only one. A turn is one statement, so waiting holds neither a transaction
nor a row. Slots are advisory locks of one session: they end with their process, or, where its
machine is cut off, as soon as the server notices.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from rowkeeper.core.errors import WarehouseError
from rowkeeper.core.net.throttle import LONGEST_AHEAD_S, LONGEST_PAUSE_S, Limit, OwnSlots, Throttle
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.lasting import LastingSession
from rowkeeper.workspace.locks import SLOTS

TURN = f"""
insert into raw.site_pace as pace (site, ahead_until)
values (?, clock_timestamp() + ? * interval '1 second')
on conflict (site) do update set ahead_until = ? * interval '1 second' + greatest(
    clock_timestamp(),
    least(
        coalesce(pace.ahead_until, clock_timestamp()),
        clock_timestamp() + interval '{LONGEST_AHEAD_S:.0f} seconds'
    )
)
returning extract(epoch from ahead_until - clock_timestamp())
"""
PAUSE = """
insert into raw.site_pace as pace (site, paused_until, pause_s)
values (?, clock_timestamp() + ? * interval '1 second', ?)
on conflict (site) do update set
    pause_s = case
        when pace.paused_until > excluded.paused_until then pace.pause_s else excluded.pause_s
    end,
    paused_until = greatest(pace.paused_until, excluded.paused_until)
returning 1
"""
RESUME = """
update raw.site_pace set paused_until = null where site = ? or starts_with(site, ?) returning 1
"""
PAUSED = f"""
select
    site,
    extract(epoch from paused_until - clock_timestamp()),
    coalesce(cast(to_jsonb(pace) ->> 'pause_s' as double precision), {LONGEST_PAUSE_S})
from raw.site_pace as pace
where paused_until > clock_timestamp() and
"""
"""Of each pause how much is left, and how long it was; of older ones nobody wrote that down."""
SHORTEN = """
update raw.site_pace set paused_until = clock_timestamp() + ? * interval '1 second'
where site = ? and paused_until > clock_timestamp() + ? * interval '1 second' returning 1
"""
"""The server's clock went back: from its new time on a pause lasts as long as it was meant to."""
TAKE = "select pg_try_advisory_lock(?, hashtext(?))"
GIVE_BACK = "select pg_advisory_unlock(?, hashtext(?))"


@contextmanager
def throttle_of(context: Context) -> Iterator[Throttle]:
    """The pace of each site, held on all machines with this warehouse where it is on Postgres."""
    from downloaders.registry import throttle_of as on_this_machine

    if context.target.type != "postgres":
        yield on_this_machine(context.settings.download)
        return
    with LastingSession(context.target) as session:
        yield on_this_machine(context.settings.download, PostgresPace(session))


class PostgresPace:
    """The pace of those who share the Postgres of ``session``."""

    poll_s = 0.5

    def __init__(self, session: LastingSession) -> None:
        self._ask = session.ask
        self._slots = OwnSlots()

    def turn(self, site: str, limit: Limit) -> float:
        """Take the next turn; the seconds until it comes."""
        interval = 1.0 / limit.rate
        ((ahead,),) = self._ask(TURN, site.lower(), interval, interval)
        return float(ahead) - limit.burst * interval

    def pause(self, site: str, seconds: float) -> None:
        """Let nobody ask ``site`` for so long; a longer pause stays."""
        self._paused("site = ?", site.lower())  # one that a clock made longer does not stay
        self._ask(PAUSE, site.lower(), seconds, seconds)

    def resume(self, site: str) -> None:
        """End the pause of ``site``, and of all its hosts."""
        self._ask(RESUME, site.lower(), f"{site.lower()} ", makes=False)

    def paused_s(self, site: str) -> float:
        """For how many seconds ``site`` wants no requests."""
        return self._paused("site = ?", site.lower())

    def paused_hosts(self, provider: str) -> float:
        """The longest pause of the hosts of ``provider``."""
        return self._paused("starts_with(site, ?)", f"{provider.lower()} ")

    def _paused(self, condition: str, value: str) -> float:
        """The seconds of the longest pause; one who only looks makes no table."""
        pauses = [0.0]
        for site, left, length in self._ask(f"{PAUSED} {condition}", value, makes=False):
            if left > length:
                self._ask(SHORTEN, length, site, length, makes=False)
            pauses.append(min(float(left), float(length)))
        return max(pauses)

    def slot(self, site: str, slots: int) -> Callable[[], None] | None:
        """What gives a slot back that is ours from now on: an advisory lock."""
        return self._slots.first(
            (f"{site.lower()} {number}" for number in range(slots)), self._take
        )

    def _take(self, key: str) -> Callable[[], None] | None:
        # a session is given a lock again that it has, but no thread asks for what is ours
        is_taken = self._ask(TAKE, SLOTS, key) == [(True,)]
        return partial(self._give_back, key) if is_taken else None

    def _give_back(self, key: str) -> None:
        with suppress(WarehouseError):  # a session that ended has none
            self._ask(GIVE_BACK, SLOTS, key)
