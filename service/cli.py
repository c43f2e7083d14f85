"""The `eyeball` command."""

import asyncio
from datetime import timedelta
from pathlib import Path

import click

from service import lifeline
from service.command_line import with_settings
from service.consumer_commands import consumer_keys_group
from service.key_commands import keys_group
from service.modal_commands import modal_group
from service.settings import Settings, SettingsRefused


@click.group()
def main() -> None:
    """Blinded ejection-fraction practice inside Canvas and Moodle."""


main.add_command(modal_group)
main.add_command(consumer_keys_group)
main.add_command(keys_group)


@main.command()
@click.option(
    "--flavour",
    type=click.Choice(["plain", "moodle", "canvas"]),
    default="plain",
    show_default=True,
    help="Whose manners the LMS has; each is a course of its own.",
)
def demo(flavour: str) -> None:
    """Try it out: everything on this machine, with an LMS of its own."""
    from service.running import run_demo

    with_settings(lambda settings: run_demo(settings, flavour))


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
    from service.anchors import plan_at
    from service.clock import utc_now
    from service.migrations import migrate as bring_up_to_date
    from service.store.reach import why_unusable

    def act(settings: Settings) -> None:
        url = settings.migration_database_url or settings.database
        if problem := why_unusable(url):
            raise SettingsRefused(problem)
        bring_up_to_date(url, schema=settings.database_schema)
        asyncio.run(plan_at(url, utc_now()))
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
@click.argument("deployment_id", required=False)
@click.option("--client-id", help="Which LMS, where several share the issuer.")
def approve_registration(issuer: str, deployment_id: str | None, client_id: str | None) -> None:
    """Let the LMS of an ISSUER launch, or one more DEPLOYMENT_ID of it."""
    from service.operating import with_database
    from service.registering import approve

    def act(settings: Settings) -> None:
        name = with_database(
            settings, lambda database: approve(database, issuer, client_id, deployment_id)
        )
        which = f"Deployment {deployment_id} of {name}" if deployment_id else name
        click.echo(f"{which} can launch now.")

    with_settings(act)


@registrations.command("set-default")
@click.argument("issuer")
@click.argument("activity", type=click.Choice(["practice", "own_clip", "none"]))
@click.option("--client-id", help="Which LMS, where several share the issuer.")
def set_default_activity(issuer: str, activity: str, client_id: str | None) -> None:
    """Say what a link of an ISSUER opens that nobody has configured: an ACTIVITY, or none."""
    from service.models import DefaultActivity
    from service.operating import with_database
    from service.registering import set_default

    def act(settings: Settings) -> None:
        default = DefaultActivity(activity)
        name = with_database(
            settings, lambda database: set_default(database, issuer, client_id, default)
        )
        click.echo(f"{name}: links that nobody has configured open {activity} from now on.")

    with_settings(act)


@registrations.command("deployments")
@click.argument("issuer")
@click.argument("policy", type=click.Choice(["auto", "pending"]))
@click.option("--client-id", help="Which LMS, where several share the issuer.")
def set_deployment_policy(issuer: str, policy: str, client_id: str | None) -> None:
    """Let deployments of an ISSUER that turn up launch at once (auto), or wait (pending)."""
    from service.operating import with_database
    from service.registering import approve_all_deployments

    def act(settings: Settings) -> None:
        at_once = policy == "auto"
        name = with_database(
            settings,
            lambda database: approve_all_deployments(database, issuer, client_id, at_once=at_once),
        )
        click.echo(
            f"{name}: deployments that turn up {'launch' if at_once else 'wait'} from now on."
        )

    with_settings(act)


@registrations.command("test")
@click.argument("issuer")
@click.option("--client-id", help="Which LMS, where several share the issuer.")
def test_registration(issuer: str, client_id: str | None) -> None:
    """Try the keys, the clock, the token and the scopes of an ISSUER's LMS, step by step."""
    from service.operating import with_database
    from service.registering import try_connection

    def act(settings: Settings) -> None:
        steps = with_database(
            settings, lambda database: try_connection(settings, database, issuer, client_id)
        )
        for step in steps:
            click.echo(f"{step.found.value:>8}  {step.name}: {step.sentence}")
        if any(step.found.value == "wrong" for step in steps):
            raise SystemExit(1)

    with_settings(act)


@main.group()
def operator() -> None:
    """Whoever runs this tool."""


@operator.command("link")
def operator_link() -> None:
    """Print an address that lets you into the operator's pages, once, within ten minutes."""
    from service.clock import utc_now
    from service.operating import with_database
    from service.operators import make_link

    def act(settings: Settings) -> None:
        click.echo(
            with_database(
                settings, lambda database: make_link(database, settings.public_url, utc_now())
            )
        )

    with_settings(act)


@main.command()
@click.option("--uses", type=click.IntRange(1, 1000), default=1, show_default=True)
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True)
@click.option("--approve", is_flag=True, help="What registers by it may launch at once.")
@click.option("--auto-deployments", is_flag=True, help="And so may each of its deployments.")
@click.option("--note", help="For whom it is.")
def invite(
    uses: int, days: int, note: str | None, *, approve: bool, auto_deployments: bool
) -> None:
    """Make an address by which an LMS's administrator connects it to this tool."""
    from service.clock import utc_now
    from service.invites import Terms, make_invite
    from service.operating import with_database

    terms = Terms(
        uses=uses,
        lasts=timedelta(days=days),
        approves=approve,
        approves_deployments=auto_deployments,
        note=note,
    )

    def act(settings: Settings) -> None:
        address = with_database(
            settings,
            lambda database: make_invite(database, settings.public_url, terms, utc_now()),
        )
        click.echo(address)
        click.echo(
            f"Good for {uses} LMS{'' if uses == 1 else 's'} and {days} days; it is shown this once."
            + (
                ""
                if approve
                else " What registers by it waits for `eyeball registrations approve`."
            ),
            err=True,
        )

    with_settings(act)


@main.group()
def weights() -> None:
    """The model that reads clips."""


@weights.command("install")
@click.argument("source")
@click.option("--accept-licence", is_flag=True, help="You have read the licence note, and agree.")
def install_weights(source: str, *, accept_licence: bool) -> None:
    """Install a checkpoint of EchoNet-Dynamic from a FILE or an https URL, after checking it.

    Either is taken: the one that reads the LVEF, and the one that outlines the ventricle.
    """
    from inference.installing import LICENCE, InstallRefused
    from service.weights import install, what_it_does

    click.echo(LICENCE)
    if not accept_licence:
        click.confirm("Do you accept this?", abort=True)

    def act(settings: Settings) -> None:
        try:
            card = asyncio.run(install(settings, source, click.echo))
        except InstallRefused as error:
            raise click.ClickException(f"Not installed: {error}") from error
        click.echo(what_it_does(card, reads_on_modal=settings.cloud.modal is not None))

    with_settings(act)


@main.command()
@click.argument("clip", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Everything that is known, as JSON.")
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write what the reader saw, with its words, to this PNG.",
)
@click.option("--frame-rate", type=float, help="Frames a second, as the scanner shows them.")
@click.option("--trim", type=(float, float), metavar="FROM TO", help="Seconds: read this part.")
@click.option("--cover", is_flag=True, help="Black out what looks like writing over the picture.")
@click.option("--phantom", is_flag=True, help="It shows a phantom that this tool has drawn.")
@click.option(
    "--view-check",
    type=click.Choice(["local", "off"]),
    default="local",
    show_default=True,
    help="Technical checks, or none; nobody else is asked.",
)
def read(
    clip: Path,
    picture: Path | None,
    frame_rate: float | None,
    trim: tuple[float, float] | None,
    view_check: str,
    *,
    as_json: bool,
    cover: bool,
    phantom: bool,
) -> None:
    """Mask and read a CLIP (video, GIF or DICOM) on this machine, as the tool would.

    Exits with 0 after a reading, 3 where the file is refused, 4 where writing lies over it, and 5
    where the reader is not available.
    """
    from service.trying import Wanted, try_and_tell

    wanted = Wanted(
        told_frame_rate=frame_rate,
        trim=trim,
        cover=cover,
        view_check=view_check == "local",
        phantom=phantom,
        picture=picture,
    )

    def act(settings: Settings) -> None:
        raise SystemExit(try_and_tell(settings, clip, wanted, as_json=as_json))

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
