"""`eyeball modal`: the reader on Modal, deployed, looked at, and kept warm for a class."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import click

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


def told_of(cloud: Cloud) -> dict[str, str]:
    """What the deployment has to agree on with the service: else it answers that it failed."""
    triage = cloud.triage
    return {
        "EYEBALL_TRIAGE": triage.provider,
        "EYEBALL_GEMINI_MODEL": triage.model,
        "EYEBALL_VERTEX_PROJECT": triage.project or "",
        "EYEBALL_VERTEX_LOCATION": triage.location,
        "EYEBALL_GEMINI_URL": triage.base_url or "",
    }


@modal_group.command("deploy")
def deploy_reader() -> None:
    """Build the reader's images and publish it; the first time takes some minutes."""
    from inference.modal_desk import deploy

    def act(settings: Settings) -> None:
        access = access_of(settings)
        click.echo("Deploying; Modal builds the images the first time …", err=True)
        address = asked(deploy(access, told_of(settings.cloud)))
        click.echo(
            f"{access.app} is deployed ({address}). The view is checked by"
            f" {settings.cloud.triage.provider}; `eyeball doctor` reads a phantom with it."
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
        asked(keep_warm(access, 60.0 * minutes))
        click.echo("The GPU is let go of.")

    with_settings(act)
