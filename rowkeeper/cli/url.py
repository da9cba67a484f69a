"""``rowkeeper url``: addresses at which a person finds archived assets, made when asked for.

An address is printed and kept nowhere else: whoever has a signed one has the file.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from rowkeeper.archive.addresses import FoundAddresses, addresses, lifetime_of
from rowkeeper.cli.options import prepare, store_option, warehouse_options
from rowkeeper.cli.terminal import hand_over, say_json
from rowkeeper.core.errors import UsageError
from rowkeeper.core.said import tell
from rowkeeper.core.text import harmless

if TYPE_CHECKING:
    pass

TEMPORARY = "X-Amz-Security-Token="
"""In an address that is signed by keys which end by themselves."""


@click.command()
@click.argument("wanted", metavar="ASSET_OR_PERSON")
@click.option(
    "--kind", metavar="KIND", help="Only assets of this kind, such as video or google_doc."
)
@click.option("--lifetime", metavar="TIME", default="1h", help="15m, 1h (so without), 7d at most.")
@click.option("--plain", "unsigned", is_flag=True, help="Unsigned, for a store that all may read.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@store_option
@warehouse_options
def command(
    wanted: str,
    kind: str | None,
    lifetime: str,
    unsigned: bool,
    as_json: bool,
    store: str | None,
    target: str | None,
    data_dir: str | None,
) -> None:
    """Print an address at which a browser opens an archived asset.

    ASSET_OR_PERSON is an asset's id, or a row id for all that is archived of a person. The store
    is not asked. A signed address opens for whoever has it until its time is over: it is printed
    here and kept nowhere.
    """
    seconds = None if unsigned else lifetime_of(lifetime)
    context = prepare(target, data_dir=data_dir, store=store)
    places = addresses(context, wanted, kind, seconds)
    if as_json:
        say_json(asdict(places), secrets=True)
    else:
        _print(places)
    if not places.addresses:
        raise UsageError(next(iter(places.missing.values())))


def _print(places: FoundAddresses) -> None:
    """The addresses alone on standard output, what they are beside them on standard error."""
    for address in places.addresses:
        what = f"{address.asset_kind} of row {address.row_id}: {address.filename}"
        tell(what)
        hand_over(f"{harmless(address.url)}\n")
    if any(TEMPORARY in address.url for address in places.addresses):
        tell("The store's keys are temporary: an address ends with them, if not sooner.")
    if places.addresses:
        for why in places.missing.values():
            tell(why)
