"""The web application, wired: the one place where parts meet."""

import gc
import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import httpx2
import jinja2
from litestar import Litestar, Request, Router, route
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.middleware.base import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig
from litestar.types import ExceptionHandler
from litestar_htmx import HTMXRequest

from inference.client import installed_model
from lti.keys import PlatformKeys
from lti.public_web import PublicWeb
from service import i18n, lifeline, numbers, words
from service.clock import utc_now
from service.i18n import _
from service.keys import ensure_key
from service.limits import Limits, per_minute
from service.pages import (
    attempt,
    by_hand,
    clips,
    explaining,
    home,
    language,
    lti,
    model_cards,
    notices,
    operator,
    own_clip,
    pick,
    progress,
    register,
    regrading,
    review,
    teaching,
    upload,
    view_check,
)
from service.pages import settings as settings_pages
from service.pages.bodies import only_whole_bodies
from service.pages.errors import show_error
from service.pages.guard import provide_here
from service.pages.headers import add_headers, no_body_for_a_head
from service.pages.hosts import only_plain_hosts
from service.pages.site import GET_OR_HEAD, Site, page
from service.settings import Settings
from service.signing import Signer
from service.store.allowances import Rate
from service.store.database import Database
from service.storing import make_clips

LONGEST_STATIC_PATH = 200
YOUNG_OBJECTS = 5_000  # before the collector looks among them; Python looks at every 700
GZIP = CompressionConfig(backend="gzip")
STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parents[1] / "templates"


ERRORS: "dict[int | type[Exception], ExceptionHandler[Exception]]" = {Exception: show_error}


def from_environment() -> Litestar:
    """What the web server's workers call."""
    lifeline.log_as("web")
    lifeline.end_with_parent()
    app = create_app(Settings.from_environment())
    spare_what_stays()
    return app


def spare_what_stays() -> None:
    """Let the garbage collector pass over all that has been loaded, which lives as long as we do.

    Looking through it all took 50 ms and more of every waiting learner's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = utc_now,
    http: httpx2.AsyncClient | None = None,
    public_web: PublicWeb | None = None,
) -> Litestar:
    """The application of one web process; `http` is how it reaches platforms that it knows, and
    `public_web` those that are only about to be known."""
    return application(make_site(settings, clock, http, public_web))


def make_site(
    settings: Settings,
    clock: Callable[[], datetime],
    http: httpx2.AsyncClient | None,
    public_web: PublicWeb | None,
    database: Database | None = None,
) -> Site:
    """The parts of one web process, none of them open yet."""
    signer = Signer(settings.secret)
    http = http or httpx2.AsyncClient(follow_redirects=False)
    database = database or Database(settings.database)
    return Site(
        settings=settings,
        database=database,
        clips=make_clips(settings, signer),
        signer=signer,
        platform_keys=PlatformKeys(http),
        limits=Limits(database, clock, rates_of(settings)),
        http=http,
        public_web=public_web or PublicWeb(also=settings.dev_platforms),
        clock=clock,
    )


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncGenerator[None]:
    """Open the parts, and close them in the end."""
    site: Site = app.state.site
    await site.database.open()
    await ensure_key(site.database, site.signer, site.clock())
    try:
        async with site.public_web:
            yield
    finally:
        await site.database.close()
        await site.clips.close()
        await site.http.aclose()


async def provide_site(state: State) -> Site:
    """The parts, for whoever answers a request."""
    return cast("Site", state.site)


def application(site: Site) -> Litestar:
    """What answers requests, with these parts."""
    settings = site.settings
    return Litestar(
        route_handlers=[
            front_door,
            alive,
            lti.login,
            lti.kept,
            lti.launch,
            lti.verify,
            lti.tool_keys,
            notices.take_notices,
            register.show_offer,
            register.connect,
            by_hand.show_addresses,
            by_hand.canvas_file,
            operator.offer_entry,
            operator.enter,
            operator.routes,
            clips.send_clip,
            clips.watch_clip,
            explaining.still,
            model_cards.show_model,
            Router(
                "/l/{launch_id:uuid}",
                route_handlers=[
                    home.routes,
                    teaching.routes,
                    attempt.routes,
                    upload.routes,
                    own_clip.routes,
                    progress.routes,
                    review.routes,
                    language.routes,
                    explaining.explained,
                    explaining.mark,
                    pick.routes,
                    settings_pages.routes,
                    view_check.learner_routes,
                    view_check.teacher_routes,
                    regrading.routes,
                ],
                dependencies={"here": Provide(provide_here)},
            ),
            static_files(),
        ],
        dependencies={"site": Provide(provide_site)},
        request_class=HTMXRequest,
        template_config=TemplateConfig(instance=templates(settings.models_folder)),
        middleware=[
            only_plain_hosts,
            only_whole_bodies(settings.body_patience),
            i18n.in_the_readers_language,
        ],
        before_send=[add_headers, no_body_for_a_head],
        state=State({"site": site}),
        exception_handlers=ERRORS,
        lifespan=[lifespan],
        request_max_body_size=64_000,
        openapi_config=None,
        logging_config=None,
    )


@route("/", http_method=GET_OR_HEAD, status_code=200)
async def front_door() -> Template:
    """Whoever comes without an LMS is told where to start."""
    return page(
        "notice",
        title="Eyeball",
        sentence=_("Blinded ejection-fraction practice. Open it from an activity in your course."),
        hint=None,
        reference=None,
        launch=None,
    )


@route("/alive", http_method=GET_OR_HEAD, status_code=200, sync_to_thread=False)
def alive() -> dict[str, str]:
    """For a load balancer: the process answers."""
    return {"alive": "yes"}


def rates_of(settings: Settings) -> dict[str, Rate]:
    """How often one address may come to our doors, and one LMS may begin a login."""
    return {
        "address": per_minute(settings.address_rate),
        "registration": per_minute(settings.registration_rate),
    }


def static_files() -> Router:
    """Our own files, compressed. Pages are not: one that holds a secret beside what somebody typed
    would tell it by its size (BREACH); and clips are compressed already."""
    return create_static_files_router(
        path="/static",
        directories=[STATIC],
        include_in_schema=False,
        before_request=refuse_odd_names,
        middleware=[DefineMiddleware(CompressionMiddleware, config=GZIP)],
    )


def refuse_odd_names(request: Request[Any, Any, Any]) -> None:
    """No file of ours has such a name, and the file system would stumble over it."""
    path = request.scope["path"]  # request.url would believe the Host header, and stumble over it
    if not path.isprintable() or len(path) > LONGEST_STATIC_PATH:
        raise NotFoundException


def templates(models: Path) -> JinjaTemplateEngine:
    """Jinja, strict about names and with every sentence translatable."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        auto_reload=False,  # they change with a release, and not before every page
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        i18n.gettext, i18n.ngettext, newstyle=True
    )
    environment.filters |= {
        "decimal": numbers.decimal,
        "signed": numbers.signed,
        "day": words.day,
        "at_time": words.at_time,
    }
    made_known: dict[str, Any] = environment.globals
    made_known |= {
        "decimal_mark": numbers.decimal_mark,
        "language": i18n.language,
        "direction": i18n.direction,
        "isolated": i18n.isolated,
        "languages": i18n.LANGUAGES,
    }
    made_known["static_version"] = static_version()
    model = installed_model(models)
    made_known["model_label"] = model.label
    made_known["model_page"] = model_cards.address(model.sha256)
    return JinjaTemplateEngine.from_environment(environment)


def static_version() -> str:
    """A short digest over our static files."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
