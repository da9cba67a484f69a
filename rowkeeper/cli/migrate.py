"""``rowkeeper migrate``: out of the old system, step by step."""

from dataclasses import asdict
from pathlib import Path

import click

from rowkeeper.cli.options import (
    accept_losses_option,
    json_option,
    prepare,
    quiet_option,
    warehouse_options,
)
from rowkeeper.cli.terminal import console, say_json
from rowkeeper.core.csv.legacy import GENERATIONS


@click.group()
def command() -> None:
    """Move out of the old system in five phases, each of which can be undone.

    foundation: all is loaded and accounted for. dual-write: each run also writes the CSV. read:
    people read the tables. cloud: every asset has a verified place. deprecation: the CSV goes into
    the archive.
    """


@command.command("status")
@json_option("All of it")
@warehouse_options
def status_command(as_json: bool, target: str | None, data_dir: str | None) -> None:
    """Show which phase holds, and what blocks the next one; all of it follows from the data."""
    from rowkeeper.migration.phases import find_phases

    phases = find_phases(prepare(target, data_dir=data_dir))
    current = next((phase for phase in phases if phase.blockers), None)
    if as_json:
        answer = {"phase": current and current.name, "phases": [asdict(phase) for phase in phases]}
        say_json(answer)
        return
    out = console()
    for phase in phases:
        mark = "now" if phase is current else "open" if phase.blockers else "done"
        out.say(f"{phase.name}: {phase.purpose}", lead=f"{mark:5} ")
        for blocker in phase.blockers:
            out.say(blocker, style="yellow")
    if current is None:
        out.say("The move is complete; rowkeeper migrate rollback still leads back.")


@command.command("archive")
@click.option("--store", metavar="URL", help="The archive: file:///folder or s3://bucket.")
@json_option("What was archived")
@quiet_option
@warehouse_options
def archive_command(
    as_json: bool, store: str | None, target: str | None, data_dir: str | None
) -> None:
    """Put the loaded CSVs, byte for byte, and a manifest of their hashes into the store."""
    from rowkeeper.migration.csv_archive import archive_csvs

    archived = list(archive_csvs(prepare(target, store=store, data_dir=data_dir)))
    if as_json:
        say_json([asdict(file) for file in archived])
        return
    out = console()
    for file in archived:
        verb = "There already" if file.existed else "Archived"
        out.say(f"{verb}: {file.name} {file.cloud_url}")


@command.command("rollback")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--generation",
    type=click.Choice([str(number) for number in GENERATIONS]),
    help="Its number of columns; that of --base, else 21.",
)
@click.option("--base", metavar="NAME", help="The loaded file to start from: name or SHA-256.")
@accept_losses_option
@quiet_option
@warehouse_options
def rollback_command(
    path: Path,
    generation: str | None,
    base: str | None,
    accept_losses: bool | None,
    target: str | None,
    data_dir: str | None,
) -> None:
    """Write the CSV as the old system needs it to FILE, and say what it can't express.

    It starts from the loaded file that has most people and objects; what other files know fills
    what is blank there. If FILE or a loaded file has a filled cell or a row that the new one would
    lack, FILE stays as it is and the command ends with 13. What was in FILE is kept beside it. The
    warehouse and the archive stay as they are.
    """
    from rowkeeper.cli.export import describe
    from rowkeeper.migration.rollback import roll_back

    context = prepare(target, accept_losses=accept_losses, data_dir=data_dir)
    path = path.expanduser().absolute()
    number = int(generation) if generation else None
    done = roll_back(context, path, number, base)
    out = console()
    out.say(describe(done.made, str(path)))
    for loss in done.losses:
        out.say(f"The CSV can't express {loss}.")


@command.command("adopt")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@quiet_option
@warehouse_options
def adopt_command(folders: tuple[Path, ...], target: str | None, data_dir: str | None) -> None:
    """Take over downloaded files, such as those in youtube_downloads/ and drive_downloads/.

    A file is adopted if it is certain whose it is: by the media id in its name, by a sidecar that
    names medium and person, or by a name that the CSV gives to one medium alone. It is copied and
    hashed, and not fetched again; the old file stays. All others are listed with the reason.
    """
    from rowkeeper.catalogue.publish import publish
    from rowkeeper.migration.adopt_files import adopt_files
    from rowkeeper.workspace.build import refresh
    from rowkeeper.workspace.locks import run_lock

    context = prepare(target, data_dir=data_dir)
    out = console()
    with run_lock(context):
        adopted = adopt_files(context, folders)
        if adopted.matches:
            refresh(context, out.say)
            publish(context)
    for match in adopted.matches:
        request = match.wanted.request
        what = f"{request.asset_kind} {request.media_id} of row {request.row_id}"
        out.say(f"Adopted {match.path}: {what}, {match.evidence}")
    for left in adopted.unmatched:
        out.say(f"Left {left.path}: {left.reason}")
    out.say(f"{len(adopted.matches)} adopted, {len(adopted.unmatched)} left where they are.")


@command.command("evidence")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@quiet_option
@warehouse_options
def evidence_command(files: tuple[Path, ...], target: str | None, data_dir: str | None) -> None:
    """Load lists that the old system left, such as audits, gold standards, orphans, proposals.

    CSV, JSON or JSON lines that name a file (or its id, URL or UUID) with a row id, a person or
    both. They decide between claims of the legacy CSVs, and are never taken for facts themselves.
    """
    from rowkeeper.migration.evidence import load_lists

    context, out = prepare(target, data_dir=data_dir), console()
    for said in load_lists(context, files):
        out.say(said)


@command.command("accept")
@click.argument("rows", nargs=-1, required=True, metavar="ROW…")
@click.option("--as", "row_id", metavar="ROW_ID", help="Whose they are.")
@click.option("--undo", is_flag=True, help="Undo it: they go back to quarantine.")
@quiet_option
@warehouse_options
def accept_command(
    rows: tuple[str, ...], row_id: str | None, undo: bool, target: str | None, data_dir: str | None
) -> None:
    """Accept rows that are in quarantine as a person's: ROW is FILE:LINE, or sheet:LINE.

    Their content and claims become the person's, name, e-mail and type stay as other rows have
    them. Equal rows of other files follow. It is an event in the journal, and can be undone.
    """
    from rowkeeper.core.errors import UsageError
    from rowkeeper.migration.accept import accept, release

    if undo == bool(row_id):
        raise UsageError("Give either --as and a row id, such as --as 432, or --undo.")
    context, out = prepare(target, data_dir=data_dir), console()
    done = release(context, rows) if row_id is None else accept(context, rows, row_id)
    for row in done:
        words = f"as row id {row_id}" if row_id else "again in quarantine"
        out.say(f"{row.place} ({row.name}): {words}")
