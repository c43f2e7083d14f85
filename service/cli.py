"""The `eyeball` command."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import click

from service import lifeline
from service.settings import ConnectionRefused, Settings, SettingsRefused


@click.group()
def main() -> None:
    """Blinded ejection-fraction practice inside Canvas and Moodle."""


def with_settings(act: Callable[[Settings], None]) -> None:
    """Run with the settings of the environment, or say in a sentence what is wrong with them."""
    try:
        act(Settings.from_environment())
    except (SettingsRefused, ConnectionRefused) as error:
        raise click.ClickException(str(error)) from error


@main.command()
def demo() -> None:
    """Try it out: everything on this machine, with an LMS of its own."""
    from service.running import run_demo

    with_settings(run_demo)


@main.command()
def serve() -> None:
    """Run the tool and its worker, with an embedded Postgres unless DATABASE_URL is set."""
    from service.running import run_serve

    with_settings(run_serve)


@main.command()
def web() -> None:
    """Run the web process alone; it needs DATABASE_URL."""
    from service.web import serve as serve_web

    with_settings(serve_web)


@main.command()
def worker() -> None:
    """Run a worker process alone; it needs DATABASE_URL. Start as many as you like."""
    from service.jobs import work

    lifeline.log_as("worker")
    with_settings(lambda settings: asyncio.run(work(settings)))


@main.command()
def migrate() -> None:
    """Bring the database's schema up to date; run it once before each deploy."""
    from service.migrations import migrate as bring_up_to_date
    from service.store.reach import why_unusable

    def act(settings: Settings) -> None:
        url = settings.migration_database_url or settings.database
        if problem := why_unusable(url):
            raise SettingsRefused(problem)
        bring_up_to_date(url, schema=settings.database_schema)
        click.echo("The schema is up to date.")

    with_settings(act)


@main.group()
def registrations() -> None:
    """The LMSs that know this tool."""


@registrations.command("add")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def add_registration(file: Path) -> None:
    """Add the LMS that a JSON FILE describes (see the README), or bring it up to date."""
    from service.operating import with_database
    from service.registering import add_connection, read_connection

    def act(settings: Settings) -> None:
        connection = read_connection(file)
        with_database(settings, lambda database: add_connection(database, connection))
        click.echo(f"{connection.name} can launch now.")

    with_settings(act)


@registrations.command("list")
def list_registrations() -> None:
    """Show every LMS with its deployments."""
    from service.operating import with_database
    from service.registering import list_connections

    def act(settings: Settings) -> None:
        for line in with_database(settings, list_connections) or ["No LMS knows this tool yet."]:
            click.echo(line)

    with_settings(act)


@registrations.command("approve")
@click.argument("issuer")
@click.argument("deployment_id")
def approve_registration(issuer: str, deployment_id: str) -> None:
    """Let one more DEPLOYMENT_ID of an ISSUER launch."""
    from service.operating import with_database
    from service.registering import approve_deployment

    def act(settings: Settings) -> None:
        if not with_database(
            settings, lambda database: approve_deployment(database, issuer, deployment_id)
        ):
            raise click.ClickException(f"No LMS with issuer {issuer}; see `registrations list`.")
        click.echo(f"Deployment {deployment_id} can launch now.")

    with_settings(act)


@main.group()
def weights() -> None:
    """The model that reads clips."""


@weights.command("install")
@click.argument("source")
@click.option("--accept-licence", is_flag=True, help="You have read the licence note, and agree.")
def install_weights(source: str, *, accept_licence: bool) -> None:
    """Install EchoNet-Dynamic's EF checkpoint from a FILE or an https URL, after checking it."""
    from inference.installing import LICENCE, InstallRefused
    from service.weights import install

    click.echo(LICENCE)
    if not accept_licence:
        click.confirm("Do you accept this?", abort=True)

    def act(settings: Settings) -> None:
        try:
            card = asyncio.run(install(settings, source, click.echo))
        except InstallRefused as error:
            raise click.ClickException(f"Not installed: {error}") from error
        click.echo(f"{card.name} reads clips from now on; restart the tool and its workers.")

    with_settings(act)


@main.command()
def doctor() -> None:
    """Check every part that is set up, by using it, and say what to do."""
    from service.doctor import examine

    def act(settings: Settings) -> None:
        if not examine(settings, click.echo):
            raise SystemExit(1)

    with_settings(act)


if __name__ == "__main__":
    main()
