"""Open edX's LTI consumer as a small LMS of its own, without the rest of Open edX.

Run by the interpreter of .venv-platform, never by ours: `python serve.py TOOL_URL`. It prints its
address and what the tool has to know of it, as one line of JSON, and ends with its parent's pipe.

Launch, token, line items, scores and deep linking are the package's own. What it asks of Open
edX's core (a course, a user, a gradebook) is answered here: that core is not on any index.
"""

import json
import logging
import sys
import threading
from collections.abc import Callable
from socketserver import ThreadingMixIn
from types import SimpleNamespace
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.http import HttpResponseRedirect, JsonResponse

LOCATION = "block-v1:Eyeball+Echo+101+type@lti_consumer+block@practice"
USAGE_ID = r"(?P<usage_id>(?:[^/]+))"
GRADES: list[dict[str, Any]] = []
FOUND: dict[str, Any] = {}


class Threaded(ThreadingMixIn, WSGIServer):
    """The tool asks for keys while it is being asked: one thread would wait for itself."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """No access log."""

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def configure(base: str) -> None:
    """Django, with nothing but what the package needs; the database is gone with the process."""
    settings.configure(
        SECRET_KEY="of a test",
        DEBUG=False,
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "rest_framework",
            "django_filters",
            "config_models",
            "waffle",
            "lti_consumer",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            __name__ + ".signed_in",
        ],
        TEMPLATES=[
            {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": "file:platform?mode=memory&cache=shared",
                "OPTIONS": {"uri": True, "timeout": 20},
            }
        },
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        USAGE_ID_PATTERN=USAGE_ID,
        LMS_ROOT_URL=base,
        LMS_BASE=base.partition("//")[2],
        PLATFORM_NAME="Open edX",
        LTI_NRPS_DISALLOW_PII=False,
        FEATURES={},
    )
    django.setup()


def signed_in(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Everybody who answers a deep-linking choice here is staff."""
    from django.contrib.auth.models import AnonymousUser

    def respond(request: Any) -> Any:
        request.user = AnonymousUser()
        return get_response(request)

    return respond


class Block:
    """The gradebook's side of an activity."""

    has_score = True
    accept_grades_past_due = True
    display_name = "Practice cases"
    weight = 10.0
    start = due = None
    lti_1p3_passport_id = None
    scope_ids = SimpleNamespace(usage_id=LOCATION)  # the package logs where a block is

    def is_past_due(self) -> bool:
        """Never."""
        return False

    def max_score(self) -> float:
        """What the activity is worth in the course."""
        return self.weight

    def set_user_module_score(self, user: str, score: float, most: float, comment: str) -> None:
        """What the gradebook is told."""
        GRADES.append({"user": user, "score": score, "maximum": most, "comment": comment})


class Off:
    """A switch that is off."""

    def is_enabled(self, *args: Any) -> bool:
        """Whether it is on."""
        return False


def stand_in_for_core() -> None:
    """What the package asks of Open edX's core."""
    from lti_consumer.plugin import compat, views

    answers = {
        "load_enough_xblock": lambda location: Block(),
        "load_block_as_user": lambda location: Block(),
        "get_user_from_external_user_id": lambda user: user,
        "user_has_studio_write_access": lambda *args: True,
        "get_external_config_waffle_flag": Off,
        "get_database_config_waffle_flag": Off,
        "get_external_multiple_launch_urls_waffle_flag": Off,
        "get_external_user_id_1p1_launches_waffle_flag": Off,
    }
    for name, answer in answers.items():
        setattr(compat, name, answer)
    views.track_event = lambda *args: None


def make_course(tool: str) -> None:
    """One activity, and the tool as its administrator would set it up."""
    from lti_consumer.models import Lti1p3Passport, LtiConfiguration

    passport = Lti1p3Passport.objects.create(lti_1p3_tool_keyset_url=f"{tool}/lti/jwks")
    FOUND["passport"] = passport
    FOUND["configuration"] = LtiConfiguration.objects.create(
        version=LtiConfiguration.LTI_1P3,
        config_store=LtiConfiguration.CONFIG_ON_DB,
        location=LOCATION,
        lti_1p3_passport=passport,
        lti_1p3_oidc_url=f"{tool}/lti/login",
        lti_1p3_launch_url=f"{tool}/lti/launch",
        lti_advantage_ags_mode=LtiConfiguration.LTI_ADVANTAGE_AGS_DECLARATIVE,
        lti_advantage_deep_linking_enabled=True,
        lti_advantage_deep_linking_launch_url=f"{tool}/lti/launch",
    )


def start(request: Any) -> Any:
    """A person opens the activity, or with `item` what deep linking has brought: off to the tool's
    login."""
    from lti_consumer.api import get_lti_consumer
    from lti_consumer.data import Lti1p3LaunchData
    from lti_consumer.models import LtiDlContentItem

    asked = request.GET
    custom = {"activity": asked.get("activity", "practice")}
    if "item" in asked:
        custom = LtiDlContentItem.objects.get().attributes["custom"]
    launch = Lti1p3LaunchData(
        user_id=asked["user"],
        user_role=asked.get("role", "student"),
        config_id=FOUND["configuration"].config_id,
        resource_link_id=LOCATION,
        name=asked.get("name"),
        message_type=asked.get("message", "LtiResourceLinkRequest"),
        context_id="course-v1:Eyeball+Echo+101",
        context_type=["course_offering"],
        context_title="Echo 101",
        launch_presentation_document_target="window",
        custom_parameters=custom,
    )
    consumer = get_lti_consumer(launch.config_id)
    return HttpResponseRedirect(consumer.prepare_preflight_url(launch))


def told(request: Any) -> Any:
    """What the platform holds: posts, grades, and what deep linking has brought."""
    from lti_consumer.models import LtiAgsScore, LtiDlContentItem

    scores = LtiAgsScore.objects.values(
        "user_id",
        "score_given",
        "score_maximum",
        "activity_progress",
        "grading_progress",
        "comment",
    )
    items = LtiDlContentItem.objects.values("content_type", "attributes")
    return JsonResponse({"scores": list(scores), "grades": GRADES, "items": list(items)})


def urls() -> list[Any]:
    """The package's addresses, and two of ours."""
    from django.urls import include, path

    return [
        path("start", start),
        path("told", told),
        path("", include("lti_consumer.plugin.urls")),
    ]


def main() -> None:
    """Serve until the parent closes our input."""
    tool = sys.argv[1]
    server = make_server("127.0.0.1", 0, lambda *args: [], Threaded, Quiet)
    base = f"http://127.0.0.1:{server.server_port}"
    logging.disable(logging.CRITICAL)
    configure(base)
    stand_in_for_core()
    call_command("migrate", verbosity=0)
    make_course(tool)
    cache.clear()
    globals()["urlpatterns"] = urls()
    from django.core.wsgi import get_wsgi_application

    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    passport = FOUND["passport"]
    says = {
        "address": base,
        "client_id": passport.lti_1p3_client_id,
        "auth_login_url": f"{base}/lti_consumer/v1/launch/",
        "auth_token_url": f"{base}/lti_consumer/v1/token/{passport.passport_id}",
        "jwks_url": f"{base}/lti_consumer/v1/public_keysets/{passport.passport_id}",
    }
    sys.stdout.write(json.dumps(says) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
