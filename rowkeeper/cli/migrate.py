"""``rowkeeper migrate``: out of the old system, step by step."""

from pathlib import Path

import click
from rich.markup import escape

from rowkeeper.cli.options import prepare, warehouse_options
from rowkeeper.cli.terminal import console, plain


@click.group()
def command() -> None:
    """Move what the old system left into the archive."""


@command.command("adopt")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@warehouse_options
def adopt_command(folders: tuple[Path, ...], target: str | None, data_dir: str | None) -> None:
    """Take over downloaded files, such as those in youtube_downloads/ and drive_downloads/.

    A file is adopted if it is certain whose it is: by the media id in its name, by a sidecar that
    names medium and person, or by a name that the CSV gives to one medium alone. It is copied and
    hashed, and not fetched again; the old file stays. All others are listed with the reason.
    """
    from rowkeeper.cli.adopt import adopt_files
    from rowkeeper.cli.build import build
    from rowkeeper.cli.catalog import publish
    from rowkeeper.cli.run import run_lock

    context = prepare(target, data_dir=data_dir)
    out = console()
    with run_lock(context):
        adopted = adopt_files(context, folders)
        if adopted.matches:
            build(context)
            publish(context)
    for found in adopted.matches:
        request = found.wanted.request
        what = f"{request.asset_kind} {request.media_id} of row {request.row_id}"
        out.print(escape(plain(f"Adopted {found.path}: {what}, {found.evidence}")), soft_wrap=True)
    for left in adopted.unmatched:
        out.print(escape(plain(f"Left {left.path}: {left.reason}")), soft_wrap=True)
    out.print(f"{len(adopted.matches)} adopted, {len(adopted.unmatched)} left where they are.")
