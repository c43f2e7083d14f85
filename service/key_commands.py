"""`eyeball keys`: the signing keys of the tool, added, shown and retired."""

import click

from service.command_line import with_settings
from service.settings import Settings


@click.group("keys")
def keys_group() -> None:
    """The keys that this tool signs with."""


@keys_group.command("list")
def list_keys() -> None:
    """Show every key, and what it is good for."""
    from service.clock import utc_now
    from service.keys import describe
    from service.operating import with_database

    def act(settings: Settings) -> None:
        for line in with_database(settings, lambda database: describe(database, utc_now())):
            click.echo(line)

    with_settings(act)


@keys_group.command("rotate")
def rotate_keys() -> None:
    """Add a key. It is published at once, and signs after ten minutes."""
    from service.clock import utc_now
    from service.keys import rotate
    from service.operating import with_database
    from service.signing import Signer

    def act(settings: Settings) -> None:
        signer = Signer(settings.secret)
        kid = with_database(settings, lambda database: rotate(database, signer, utc_now()))
        click.echo(f"{kid} is published, and signs after ten minutes. Then retire the old one.")

    with_settings(act)


@keys_group.command("retire")
@click.argument("kid")
def retire_key(kid: str) -> None:
    """Never sign with this key again; it stays published for a week."""
    from service.clock import utc_now
    from service.keys import retire
    from service.operating import with_database

    def act(settings: Settings) -> None:
        with_database(settings, lambda database: retire(database, kid, utc_now()))
        click.echo(f"{kid} signs no more; it stays published for a week.")

    with_settings(act)
