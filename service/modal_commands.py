"""`eyeball modal`: the reader on Modal, deployed, looked at, and kept warm for a class."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any

import click

from inference.cards import NoVerifiedWeights, read_card, verified_files
from inference.modal_reader import ModalAccess, ModalUnavailable
from service.cloud_settings import Cloud
from service.command_line import with_settings
from service.settings import Settings, SettingsRefused

WARM_DOLLARS_AN_HOUR = 0.72  # a T4 with two cores and 4 GiB, by Modal's list of October 2026


@click.group("modal")
def modal_group() -> None:
    """The reader on Modal (EYEBALL_READER=modal)."""


def access_of(settings: Settings) -> ModalAccess:
    """The token and the app that the settings name; SettingsRefused."""
    if settings.cloud.modal is None:
        raise SettingsRefused(
            "Clips are read on this machine here: set EYEBALL_READER=modal, MODAL_TOKEN_ID and"
            " MODAL_TOKEN_SECRET first."
        )
    return settings.cloud.modal


def asked[T](question: Coroutine[Any, Any, T]) -> T:
    """Modal's answer, or a sentence."""
    try:
        return asyncio.run(question)
    except ModalUnavailable as error:
        raise click.ClickException(f"{error}.") from error


async def until_stopped(question: Coroutine[Any, Any, None]) -> None:
    """Until its end, Ctrl-C, or a terminal that closes: what it has to undo is undone each time."""
    task = asyncio.ensure_future(question)
    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(stop, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def told_of(cloud: Cloud, weights_sha256: str) -> dict[str, str]:
    """What the deployment has to agree on with the service: else it answers that it failed."""
    triage = cloud.triage
    return {
        "EYEBALL_WEIGHTS_SHA256": weights_sha256,
        "EYEBALL_TRIAGE": triage.provider,
        "EYEBALL_GEMINI_MODEL": triage.model,
        "EYEBALL_VERTEX_PROJECT": triage.project or "",
        "EYEBALL_VERTEX_LOCATION": triage.location,
        "EYEBALL_GEMINI_URL": triage.base_url or "",
    }


@modal_group.command("deploy")
def deploy_reader() -> None:
    """Store the installed weights, build the reader's images and publish it.

    The first time takes some minutes. Deploy again after other weights or another view check.
    """
    from inference.modal_desk import deploy

    def act(settings: Settings) -> None:
        access = access_of(settings)
        try:
            card, model = read_card(settings.models_folder), verified_files(settings.models_folder)
        except NoVerifiedWeights as error:
            raise click.ClickException(f"Not deployed: {error}.") from error
        click.echo("Deploying; Modal builds the images the first time …", err=True)
        address = asked(deploy(access, told_of(settings.cloud, card.sha256), model))
        click.echo(
            f"{access.app} is deployed ({address}), and reads by {card.name}. The view is checked"
            f" by {settings.cloud.triage.checker}; `eyeball doctor` reads a phantom with it."
        )

    with_settings(act)


@modal_group.command("status")
def show_status() -> None:
    """Say whether the reader is deployed, and what waits and runs there; starts nothing."""
    from inference.modal_desk import standing

    def act(settings: Settings) -> None:
        access = access_of(settings)
        found = asked(standing(access))
        version = f"version {access.version}" if access.version else "its latest version"
        click.echo(f"{access.app} is deployed; {version} is called.")
        click.echo(f"View check: {found.checks_waiting} waiting, {found.checkers} containers.")
        click.echo(f"Reader: {found.readings_waiting} waiting, {found.readers} with a GPU.")

    with_settings(act)


@modal_group.command("prewarm")
@click.option("--minutes", type=click.IntRange(1, 240), default=60, show_default=True)
def prewarm(minutes: int) -> None:
    """Keep one GPU waiting for a class, and let go of it afterwards or at Ctrl-C."""
    from inference.modal_desk import keep_warm

    def act(settings: Settings) -> None:
        access = access_of(settings)
        cost = WARM_DOLLARS_AN_HOUR * minutes / 60
        click.echo(f"One GPU waits for {minutes} minutes, for about ${cost:.2f}; Ctrl-C ends it.")
        asked(until_stopped(keep_warm(access, 60.0 * minutes)))
        click.echo("The GPU is let go of.")

    with_settings(act)
