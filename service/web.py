"""The web process: granian with our application."""

import granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from service import lifeline
from service.settings import Settings, SettingsRefused
from service.store.reach import why_unusable


def serve(settings: Settings) -> None:
    """Serve until told to stop; a worker that dies is replaced."""
    if problem := why_unusable(settings.database):
        raise SettingsRefused(problem)
    lifeline.end_with_stdin()
    granian.Granian(
        "service.app:from_environment",
        factory=True,
        interface=Interfaces.ASGI,
        # Where it guesses between 1 and 2, it waits for ever for a first byte (2.8.7, seen).
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=round(1000 * settings.body_patience)),
        websockets=False,
        address=settings.host,
        port=settings.port,
        workers=settings.web_workers,
        respawn_failed_workers=True,
        log_access=False,
        log_level=LogLevels.warning,  # the supervisor says where to go, once all is up
    ).serve()
