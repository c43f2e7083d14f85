"""The parts of one running demo LMS, which its handlers share."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Request

from service.demo.flavours.known import FLAVOURS
from service.demo.keys import Http, SigningKeys, ToolKeys
from service.demo.platform import (
    ATTEMPTS_ALLOWED,
    ATTEMPTS_USED,
    CLIENT_ID,
    DUE_AT,
    USERS,
    Activity,
    Column,
    User,
)
from service.demo.settings import DemoSettings
from service.demo.store import Store
from service.demo.tools import Client, built_in

Asked = Request[Any, Any, Any]  # a request, of which only its own parts are used
SESSION_COOKIE = "demo_lms_session"


class Outage:
    """How the score service misbehaves, when a test asked for it."""

    def __init__(self) -> None:
        self.scores = "ok"
        self._hold_seconds = 0.0
        self._released = asyncio.Event()

    def set(self, scores: str, hold_seconds: float = 0.0) -> None:
        """From now on; answers that are being held back go out."""
        self.scores = scores
        self._hold_seconds = hold_seconds if scores == "slow" else 0.0
        self._released.set()
        self._released = asyncio.Event()

    async def hold(self) -> None:
        """Keeps an answer back for as long as a test asked."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._released.wait(), self._hold_seconds)


class Lms:
    """Settings, store, keys and clock of one demo LMS."""

    def __init__(
        self,
        settings: DemoSettings,
        http: Http,
        clock: Callable[[], datetime],
    ) -> None:
        settings.folder.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self.flavour = FLAVOURS[settings.flavour]()
        self.store = Store(settings.folder)
        self.signing_keys = SigningKeys(settings.folder, clock, hourly=self.flavour.rotates_keys)
        self._http = http
        self._keys: dict[str, ToolKeys] = {}
        self.now = clock
        self.outage = Outage()

    @property
    def line_items_url(self) -> str:
        """All line items."""
        return self.settings.lms_url + self.flavour.line_items()

    def line_item_url(self, number: int) -> str:
        """One line item."""
        return self.settings.lms_url + self.flavour.line_item(number)

    def client(self, client_id: str) -> Client | None:
        """The tool with this client id: our own, or one that an admin has turned on."""
        if client_id == CLIENT_ID:
            return built_in(self.settings)
        tool = self.store.tool(client_id)
        return tool.client if tool and tool.active else None

    def activities(self) -> list[Activity]:
        """What is in the course: what it came with, then what teachers have added; with what tools
        have made of their columns."""
        columns = self.store.columns()
        found = [*self.settings.activities, *self.store.activities()]
        return [self._with_column(one, columns.get(one.line_item or 0)) for one in found]

    def _with_column(self, activity: Activity, column: Column | None) -> Activity:
        if column is None:
            return activity
        return replace(
            activity,
            title=column.label if self.flavour.labels_are_titles else activity.title,
            line_item=None if column.deleted else activity.line_item,
            points=column.points,
            resource_id=column.resource_id,
            tag=column.tag,
            column=column,
        )

    def activity(self, activity_id: str) -> Activity | None:
        """The activity with this resource link id."""
        return next((one for one in self.activities() if one.id == activity_id), None)

    def activity_of_line_item(self, line_item: int) -> Activity | None:
        """The activity whose gradebook column this is."""
        return next((one for one in self.activities() if one.line_item == line_item), None)

    def known_of(self, activity: Activity, user: User) -> dict[str, Any]:
        """What this LMS could put in place of the variables that a link asks for; None where there
        is no such value, as Canvas has it."""
        due = None
        if activity.due_days is not None:
            day = (self.now() + timedelta(days=activity.due_days)).astimezone(UTC)
            due = day.replace(hour=23, minute=59, second=59, microsecond=0)
        return {
            DUE_AT: due and due.isoformat().replace("+00:00", "Z"),
            ATTEMPTS_ALLOWED: activity.attempts_allowed,
            ATTEMPTS_USED: self.store.submissions_of(activity.id, user.id) or None,
        }

    def keys_of(self, client: Client) -> ToolKeys:
        """The public keys of a tool, cached."""
        return self._keys.setdefault(client.jwks_url, ToolKeys(client.jwks_url, self._http))

    def viewer(self, request: Asked) -> User | None:
        """Who is signed in, going by the session cookie."""
        session = request.cookies.get(SESSION_COOKIE)
        user_id = self.store.signed_in(session) if session else None
        return USERS.get(user_id) if user_id else None
