"""``rowkeeper providers``: what can be fetched from where, and at what pace."""

from dataclasses import asdict, dataclass

import click

from rowkeeper.cli.options import prepare, warehouse_options
from rowkeeper.cli.terminal import console, say_json
from rowkeeper.core.links.classify import ASSET_KINDS
from rowkeeper.workspace.context import Context


@dataclass(frozen=True)
class Provider:
    """One provider. ``rate``: requests a second, 0 for any number; ``at_a_time``: transfers."""

    name: str
    kinds: list[str]
    links: list[str]
    rate: float
    burst: int
    at_a_time: int
    paused_s: float


@click.command()
@click.option("--json", "as_json", is_flag=True, help="All of it as a JSON list.")
@warehouse_options
def command(as_json: bool, target: str | None, data_dir: str | None) -> None:
    """List the providers: kinds of asset, links that ask for them, pace, and who is paused."""
    providers = listed(prepare(target, data_dir=data_dir))
    if as_json:
        say_json([asdict(item) for item in providers])
        return
    rows = []
    for item in providers:
        paused = f"{item.paused_s:.0f} s" if item.paused_s else ""
        pace = f"{item.rate:g}", str(item.burst), str(item.at_a_time)
        rows.append([item.name, ", ".join(item.kinds), ", ".join(item.links), *pace, paused])
    columns = ("provider", "kinds", "links", "requests/s", "burst", "at a time", "paused")
    console().table(None, columns, rows)


def listed(context: Context) -> list[Provider]:
    """The providers of this machine, by name."""
    from downloaders.registry import downloader_class, providers
    from rowkeeper.workspace.pace import throttle_of

    download = context.settings.download
    with throttle_of(context) as throttle:
        paces = throttle.limits
        return [
            Provider(
                name=name,
                kinds=sorted(downloader_class(name).kinds),
                links=sorted(link_type for provider, link_type in ASSET_KINDS if provider == name),
                rate=paces[name].rate,
                burst=paces[name].burst,
                at_a_time=paces[name].slots or download.workers,
                paused_s=round(max(throttle.paused_s(name), throttle.paused_hosts(name)), 1),
            )
            for name in sorted(providers())
        ]
