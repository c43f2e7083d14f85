"""`python -m service.demo`: serves the demo LMS on this machine alone, in one process."""

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from granian.constants import Interfaces
from granian.server.embed import Server

from service.demo.app import create_demo_lms
from service.demo.settings import DemoSettings


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--tool-url", default="http://127.0.0.1:8001", show_default=True)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=".eyeball/demo-lms",
    show_default=True,
    help="Where the gradebook and the signing key live.",
)
@click.option(
    "--flavour",
    type=click.Choice(["plain", "moodle", "canvas"]),
    default="plain",
    show_default=True,
    help="Whose manners it has.",
)
@click.option("--allow-faults", is_flag=True, help="Let tests break the score service.")
@click.option("--stop-with-stdin", is_flag=True, help="Stop when standard input ends.")
def main(port: int, stop_with_stdin: bool, **options: Any) -> None:
    """Serve the demo LMS at http://localhost:PORT."""
    tool_url = options.pop("tool_url").rstrip("/")
    settings = DemoSettings(lms_url=f"http://localhost:{port}", tool_url=tool_url, **options)
    logging.basicConfig(level=logging.WARNING)
    _check_free(port)
    asyncio.run(_serve(settings, port, stop_with_stdin=stop_with_stdin))


def _check_free(port: int) -> None:
    """Granian would share a taken port with its owner, and a browser tries ::1 as well."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            socket.create_server((address, port), family=family).close()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise click.ClickException(f"Port {port} is taken: choose another.") from error
            if family == socket.AF_INET:
                raise


async def _serve(settings: DemoSettings, port: int, *, stop_with_stdin: bool) -> None:
    """Embedded, so that there is one process: killing it leaves no worker behind."""
    app = create_demo_lms(settings)
    server = Server(
        app,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
    )

    def stop() -> None:
        app.state.lms.outage.set("ok")  # the server would wait for what is held back
        server.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    if stop_with_stdin:
        threading.Thread(target=_stop_at_end_of_stdin, args=(loop, stop), daemon=True).start()
    await server.serve()


def _stop_at_end_of_stdin(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """A supervisor that is killed cannot say goodbye, but its end of the pipe closes."""
    # Unbuffered: a lock on sys.stdin, held by this thread, would crash Python at its end.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    loop.call_soon_threadsafe(stop)


if __name__ == "__main__":
    main()
