"""``rowkeeper serve``: the site on loopback, with media and what a run does."""

import secrets
import socket

import click

from rowkeeper.cli.options import prepare, store_option, warehouse_options
from rowkeeper.cli.terminal import hand_over
from rowkeeper.core.errors import UsageError
from rowkeeper.core.said import tell

HOST = "127.0.0.1"


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8777, help="8777; 0 for a free one.")
@click.option("--no-token", is_flag=True, help="Let every program of this machine read it.")
@store_option
@warehouse_options
def command(
    port: int, no_token: bool, store: str | None, target: str | None, data_dir: str | None
) -> None:
    """Serve the site on this machine, until Ctrl-C: with media, and what a run does meanwhile.

    Nobody else reaches it, and nothing is changed by it. The address that it prints has a token,
    which a browser then keeps until it is closed.
    """
    import uvicorn

    from rowkeeper.archive.serve import make_app
    from rowkeeper.catalogue.site.folder import site_folder
    from rowkeeper.catalogue.site.write import write_site

    context = prepare(target, data_dir=data_dir, store=store)
    write_site(context)
    token = None if no_token else secrets.token_urlsafe(24)
    listening = listen(port)
    address = f"http://{HOST}:{listening.getsockname()[1]}/"
    tell("Open this address in a browser of this machine; Ctrl-C ends it:")
    hand_over(f"{address}{f'?token={token}' if token else ''}\n")
    app = make_app(context, site_folder(context), token)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listening])


def listen(port: int) -> socket.socket:
    """A socket of this machine alone. Raises ``UsageError`` for a port that is taken."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        raise UsageError(
            f"Port {port} can't be used ({error.strerror}): name another with --port, or 0."
        ) from None
    return listening
