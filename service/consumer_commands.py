"""`eyeball consumer-keys`: who may come over from LTI 1.1 without waiting for approval."""

import click

from service.command_line import with_settings
from service.settings import Settings


@click.group("consumer-keys")
def consumer_keys_group() -> None:
    """Keys of LTI 1.1, by which an institution that moves over is let in."""


@consumer_keys_group.command("add")
@click.argument("key")
@click.option("--secret", prompt=True, hide_input=True, help="Asked for if it is left out.")
def add_key(key: str, secret: str) -> None:
    """Let in whoever proves, in a launch, to hold the secret of this consumer KEY."""
    from service.clock import utc_now
    from service.consumer_keys import add
    from service.operating import with_database
    from service.signing import Signer

    def act(settings: Settings) -> None:
        signer = Signer(settings.secret)
        with_database(settings, lambda database: add(database, signer, key, secret, utc_now()))
        click.echo(f"{key} is known: a deployment that proves it needs no approval.")

    with_settings(act)


@consumer_keys_group.command("list")
def list_keys() -> None:
    """Show every key, and when it was proven last."""
    from service.consumer_keys import describe
    from service.operating import with_database

    def act(settings: Settings) -> None:
        for line in with_database(settings, describe):
            click.echo(line)

    with_settings(act)


@consumer_keys_group.command("remove")
@click.argument("key")
def remove_key(key: str) -> None:
    """Let nobody in by this KEY any more; what it has let in stays."""
    from service.consumer_keys import remove
    from service.operating import with_database

    def act(settings: Settings) -> None:
        with_database(settings, lambda database: remove(database, key))
        click.echo(f"{key} lets nobody in any more.")

    with_settings(act)
