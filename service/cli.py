"""The `eyeball` command."""

import asyncio
import logging
import sys
from collections.abc import Callable

import click

from service.settings import Settings, SettingsRefused


@click.group()
def main() -> None:
    """Blinded ejection-fraction practice inside Canvas and Moodle."""


def with_settings(act: Callable[[Settings], None]) -> None:
    """Run with the settings of the environment, or say in a sentence what is wrong with them."""
    try:
        act(Settings.from_environment())
    except SettingsRefused as error:
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

    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="worker %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    with_settings(lambda settings: asyncio.run(work(settings)))


@main.command()
def migrate() -> None:
    """Bring the database's schema up to date; run it once before each deploy."""
    from service.migrations import migrate as bring_up_to_date

    def act(settings: Settings) -> None:
        bring_up_to_date(settings.migration_database_url or settings.database)
        click.echo("The schema is up to date.")

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
