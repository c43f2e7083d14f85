"""The demo LMS as an app: the one place where it is wired."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx2
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig
from litestar.types import ControllerRouterHandler

from service.demo import admin, columns, deep_linking, faults, grades, launch, pages, tokens
from service.demo.answers import exception_handlers, headers_of, only_at
from service.demo.flavours import registration
from service.demo.keys import Http
from service.demo.lms import Lms
from service.demo.settings import DemoSettings

HERE = Path(__file__).parent
LARGEST_BODY = 1_000_000


def create_demo_lms(
    settings: DemoSettings,
    http: Http | None = None,
    clock: Callable[[], datetime] | None = None,
) -> Litestar:
    """An LMS with one course; `http` makes the client that fetches the tool's keys."""
    return application(settings, Lms(settings, http or _client, clock or _now))


def application(settings: DemoSettings, lms: Lms) -> Litestar:
    """The app around an LMS, which it finds in its state."""
    return Litestar(
        route_handlers=[
            *_handlers(),
            create_static_files_router("/static", directories=[HERE / "static"]),
        ],
        state=State({"lms": lms}),
        dependencies={"lms": Provide(_lms, sync_to_thread=False)},
        template_config=TemplateConfig(instance=_templates()),
        exception_handlers=exception_handlers(settings, lms.flavour),
        before_request=only_at(settings),
        before_send=[headers_of(settings)],
        request_max_body_size=LARGEST_BODY,
        openapi_config=None,
        logging_config=None,
    )


def _lms(state: State) -> Lms:
    return state["lms"]


def _handlers() -> list[ControllerRouterHandler]:
    return [
        pages.show_course,
        pages.sign_in,
        pages.show_activity,
        pages.launch,
        pages.return_from_tool,
        pages.show_gradebook,
        pages.open_work,
        pages.read_gradebook,
        deep_linking.add_activity,
        deep_linking.launch_picker,
        deep_linking.take_choice,
        admin.show_tools,
        admin.add_tool,
        admin.activate,
        registration.moodle_configuration,
        registration.canvas_configuration,
        registration.moodle_registration,
        registration.canvas_registration,
        launch.jwks,
        launch.authorize_by_link,
        launch.authorize_by_form,
        tokens.issue_token,
        grades.receive_score,
        grades.refuse_post_to_line_item,
        grades.show_line_item,
        grades.list_line_items,
        columns.make_line_item,
        columns.change_line_item,
        columns.delete_line_item,
        grades.list_results,
        grades.list_members,
        faults.set_outage,
    ]


def _client() -> httpx2.AsyncClient:
    """No proxy from the environment, no redirects: the tool's keys are at one local address."""
    return httpx2.AsyncClient(timeout=5, trust_env=False, follow_redirects=False)


def _now() -> datetime:
    return datetime.now(UTC)


def _templates() -> JinjaTemplateEngine:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["moment"] = _moment
    return JinjaTemplateEngine.from_environment(environment)


def _moment(iso_8601: str) -> str:
    return datetime.fromisoformat(iso_8601).astimezone(UTC).strftime("%d %b %Y, %H:%M:%S UTC")
