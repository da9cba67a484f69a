"""The command ``rowkeeper``. Commands are imported when they are called: ``--help`` stays quick."""

import io
import logging
import os
import signal
import sys
from difflib import get_close_matches
from importlib import import_module

import click
from click.exceptions import NoArgsIsHelpError
from click.shell_completion import CompletionItem

from rowkeeper.cli.examples import show_examples
from rowkeeper.core.disk.faults import disk_error
from rowkeeper.core.errors import INTERRUPTED, RowkeeperError, UsageError
from rowkeeper.core.project import PROJECT_VARIABLE
from rowkeeper.core.said import tell, without_secrets
from rowkeeper.core.text import quoted

ENDED = "Interrupted; the next run goes on from here."

COMMANDS = {
    "init": "Begin a team's folder: read its sheet, offer a mapping, write the config.",
    "run": "Ingest, build, download, upload, build: the whole road, once.",
    "retry": "Try again what failed, by reason, provider and people.",
    "status": "Who has what, is it archived, what failed and why.",
    "export": "Write the legacy CSV of any generation, or a BagIt bag of the archive.",
    "migrate": "Move what the old system left into the archive.",
    "providers": "What can be fetched from where, and at what pace.",
    "reconcile": "Prove that each cell of the sources is in the tables.",
    "verify": "Read files and objects again and hold them to their SHA-256.",
    "store": "Take over what the old system stored; give the archive other keys.",
    "restore": "Bring the archive back as files, each held to its SHA-256.",
    "rebuild": "Make the warehouse again from the journal and the kept loads.",
    "journal": "Check the journal; salvage what is whole of a damaged one.",
    "person": "Who somebody is, what there is of them, and what to do next.",
    "search": "Search what people say and write: who, where, at which second.",
    "site": "Write the catalogue as pages: files alone, no server.",
    "serve": "Serve those pages on this machine alone, with media and a live run.",
    "read-words": "Read archived transcripts and documents, so that they can be searched.",
    "url": "Print an address at which a browser opens an archived asset.",
    "doctor": "Check this machine, the warehouse, the store and the sheet.",
}


class LazyGroup(click.Group):
    """Lists the commands without importing any."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"rowkeeper.cli.{name.replace('-', '_')}").command
        show_examples(command, name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with the near match of a name that is none."""
        near = get_close_matches(args[0], COMMANDS, n=1)
        if near and args[0] not in COMMANDS and not ctx.resilient_parsing:
            ctx.fail(f"No such command {quoted(args[0])}: did you mean {near[0]}?")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands, with what they do; click would import each to ask it."""
        completions = [
            CompletionItem(name, help=does)
            for name, does in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return completions + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rowkeeper")
@click.option("--project", metavar="DIR", help="The team's folder; else the nearest with a config.")
def cli(project: str | None) -> None:
    """A sheet of people in, clean tables and a verified archive out.

    Settings come from flags, then ROWKEEPER_* in the environment, then .dlt/secrets.toml and
    .dlt/config.toml of the project's folder. The warehouse is the target of profiles.yml.
    """
    if project:
        os.environ[PROJECT_VARIABLE] = project


def main() -> None:
    """The console script: an error is one line and the exit code of its kind."""
    signal.signal(signal.SIGINT, _interrupted)
    _quiet()
    code = run_command(sys.argv[1:])
    sys.exit(INTERRUPTED if _interrupts else code)


def _quiet() -> None:
    """Libraries say nothing of their own, which could be anybody's text; what can't be shown in the
    terminal's encoding stands as an escape."""
    logging.getLogger().addHandler(logging.NullHandler())
    logging.captureWarnings(True)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def run_command(arguments: list[str]) -> int:
    """Run a command line; its exit code. Errors are printed, never raised."""
    try:
        code = cli(arguments, prog_name="rowkeeper", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except RowkeeperError as error:
        if _interrupts:  # dbt and dlt make errors of an interrupt
            return _said(ENDED, INTERRUPTED)
        return _said(str(error), error.exit_code)
    except NoArgsIsHelpError:  # a bare group asks what there is
        return run_command([*arguments, "--help"])
    except click.ClickException as error:
        return _said(f"{error.format_message()} Try rowkeeper --help.", UsageError.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return _said(ENDED, INTERRUPTED)
    except Exception as error:
        if _interrupts:
            return _said(ENDED, INTERRUPTED)
        if refused := disk_error(error):
            return _said(str(refused), refused.exit_code)
        return _said(_report(error), RowkeeperError.exit_code)


_interrupts: list[int] = []
"""The interrupts of this process so far: whatever became of them, it ends with 130."""


def _interrupted(number: int, _: object) -> None:
    """The first Ctrl-C ends a run in order, the second one at once: a kill loses nothing."""
    _interrupts.append(number)
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    os.write(2, b"Ending what is in flight; Ctrl-C again quits at once.\n")
    raise KeyboardInterrupt


def _said(sentence: str, code: int) -> int:
    tell(sentence)
    return code


def _report(error: Exception) -> str:
    """A fault of rowkeeper itself: its traceback goes to a file, a sentence to the user."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="rowkeeper-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(without_secrets("".join(traceback.format_exception(error))))
    kind = type(error).__name__
    return f"Unexpected {kind}: a fault in rowkeeper. Nothing is lost; please report {file.name}."
