"""The tool, its worker and the demo LMS in one process, joined without sockets."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from html.parser import HTMLParser
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from litestar import Litestar
from litestar.plugins.jinja import JinjaTemplateEngine
from procrastinate import App
from sqlalchemy import select, text

from inference.client import installed_model
from inference.outlines import Outliner
from inference.reading import Tracing
from lti.keys import ToolKey as LtiKey
from lti.public_web import PublicWeb
from service import anchors
from service.app import application, make_site
from service.clips import LocalClips
from service.demo.app import application as demo_lms
from service.demo.lms import Lms
from service.demo.platform import DEPLOYMENT_ID
from service.demo.settings import DemoSettings, FlavourName
from service.jobs import Worker, make_worker, register
from service.models import Anchor, Case, Clip, ClipState, ToolKey
from service.pages.site import Site
from service.running import demo_registration
from service.seeding import seed_registration, tracing_row
from service.settings import Settings, SupabaseProject
from service.signing import Signer
from service.store import registrations
from service.store.database import Database
from tests.support.compiled import COMPILED
from tests.support.fakes import (
    MASKED,
    FakeClock,
    FakeHearts,
    FakeOutliner,
    FakePreparer,
    FakeReader,
    a_prepared_clip,
)
from tests.support.joined import Joined, Pinned, resolve, running
from tests.support.kept import ways_to

TOOL = "https://tool.test"
HOST = "lms.test"
LMS = f"https://{HOST}"


@dataclass
class Form:
    """A form of a page: where it goes and what it carries."""

    action: str = ""
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict[str, str])


class Forms(HTMLParser):
    """Finds the forms of a page, with their hidden fields."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note each form, and the hidden fields within."""
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(values.get("action", ""), values.get("method", "get")))
        # Some platforms hide a form instead of its fields.
        elif tag == "input" and values.get("type", "hidden") == "hidden" and self.found:
            self.found[-1].fields[values.get("name", "")] = values.get("value", "")


def form_to(html: str, ending: str) -> Form:
    """The form of a page whose address ends so."""
    return next(form for form in Forms(html).found if form.action.endswith(ending))


@dataclass
class Browser:
    """One browser profile: its cookies, and the page it is on."""

    http: httpx2.AsyncClient
    page: httpx2.Response | None = None

    @property
    def text(self) -> str:
        """What the page says, as HTML."""
        assert self.page is not None
        return self.page.text

    @property
    def path(self) -> str:
        """The path of the page that it is on."""
        assert self.page is not None
        return self.page.url.path

    async def opens(self, url: str) -> httpx2.Response:
        """Open an address, following redirects."""
        self.page = await self.http.get(url, follow_redirects=True)
        return self.page

    async def sends(self, form: Form, **typed: str) -> httpx2.Response:
        """Send a form of the page it is on, with what was typed."""
        assert self.page is not None
        url = str(self.page.url.join(form.action))
        self.page = await self.http.post(url, data={**form.fields, **typed}, follow_redirects=True)
        return self.page

    async def signs_in(self, user: str) -> None:
        """Choose a user on the LMS's course page."""
        await self.http.post(f"{LMS}/session", data={"user": user})

    async def launches(self, activity: str) -> httpx2.Response:
        """Go from the LMS's activity through login and launch to the tool's page."""
        return await self.comes_from(f"{LMS}/activities/{activity}/launch?target=window")

    async def comes_from(self, url: str) -> httpx2.Response:
        """The same from any page of the LMS that begins a launch."""
        await self.opens(url)
        await self.sends(form_to(self.text, "/lti/login"))
        if 'data-mode="put"' in self.text:
            start = self.text.index('data-next-url="') + len('data-next-url="')
            url = self.text[start : self.text.index('"', start)].replace("&amp;", "&")
            await self.opens(url)
        return await self.sends(form_to(self.text, "/lti/launch"))


@dataclass
class World:
    """Everything that the tests of one deployment need."""

    settings: Settings
    tool: Litestar
    lms: Litestar
    worker: Worker
    clock: FakeClock
    preparer: FakePreparer
    reader: FakeReader
    joined: Joined
    hearts: FakeHearts

    def browser(self, *, keeps_our_cookies: bool = True) -> Browser:
        """A fresh browser profile; one that blocks third parties' cookies keeps the LMS's only."""
        jar = CookieJar(None if keeps_our_cookies else DefaultCookiePolicy(allowed_domains=[HOST]))
        return Browser(httpx2.AsyncClient(transport=self.joined, cookies=jar))

    async def learner(self, activity: str, user: str = "learner-1") -> Browser:
        """A browser in which this user has opened this activity."""
        browser = self.browser()
        await browser.signs_in(user)
        await browser.launches(activity)
        return browser

    async def works(self) -> None:
        """Let the worker do all jobs that wait, and those that come of them."""
        app = App(connector=self.worker.database.queue.app.connector)
        register(app, self.worker)
        await app.run_worker_async(wait=False, listen_notify=False, delete_jobs="successful")

    async def gradebook(self) -> dict[str, list[dict[str, object]]]:
        """What the LMS holds: grades, and every score POST that it received."""
        answer = await self.browser().opens(f"{LMS}/gradebook.json")
        return answer.json()

    async def stored[Row](self, kind: type[Row]) -> list[Row]:
        """Every row of a table, in the order in which they were written."""
        wanted = select(kind).order_by(text("xmin::text::bigint"), text("cmin::text::bigint"))
        async with self.worker.database.begin() as work:
            return list((await work.session.scalars(wanted)).all())

    async def is_told(self, fault: str) -> None:
        """Let the LMS's score service be `down`, or `ok` again."""
        await self.browser().http.post(f"{LMS}/test/outage", json={"scores": fault})

    async def only_clip(self) -> UUID:
        """The id of the one clip that a learner has sent."""
        async with self.worker.database.begin() as work:
            return (await work.session.scalars(select(Clip.id).where(~Clip.phantom))).one()

    async def draws_anchors(self) -> list[Anchor]:
        """Every heart that is laid beside answers, as the worker draws them."""
        await anchors.plan(self.worker.database, self.clock())
        for anchor in await self.stored(Anchor):
            await self.worker.anchors.draw(anchor.id)
        return await self.stored(Anchor)

    async def adds_case(
        self, lvef: float, position: int = 1, tracing: Tracing | None = None
    ) -> Case:
        """A practice case with this reference, and perhaps the outline it was drawn with."""
        clip_id = uuid4()
        path = self.settings.home / "case.mp4"
        path.write_bytes(MASKED)
        await self.worker.clips.put_file(f"masked/{clip_id.hex}.mp4", path)
        clip = Clip(
            id=clip_id,
            state=ClipState.READY,
            phantom=True,
            masked_key=f"masked/{clip_id.hex}.mp4",
            masked_sha256=a_prepared_clip().sha256,
            prepared=a_prepared_clip().to_primitives(),
            stills_due=tracing is not None,
            prepare_tries=0,
            read_tries=0,
            created_at=self.clock(),
            ready_at=self.clock(),
        )
        case = Case(
            position=position,
            clip_id=clip_id,
            reference_lvef=lvef,
            reference_source="phantom",
            created_at=self.clock(),
        )
        async with self.worker.database.begin() as work:
            work.session.add(clip)
            await work.session.flush()
            work.session.add(case)
            if tracing is not None:
                work.session.add(tracing_row(clip, tracing))
        return case


@asynccontextmanager
async def running_world(
    database_url: str,
    folder: Path,
    clock: FakeClock | None = None,
    supabase: SupabaseProject | None = None,
    flavour: FlavourName = "plain",
    outliner: Outliner | None = None,
    phantom_outliner: Outliner | None = None,
    **set_otherwise: Any,
) -> AsyncIterator[World]:
    """A deployment, with the demo LMS registered and no practice case yet."""
    usual = Settings(
        home=folder,
        public_url=TOOL,
        database_url=database_url,
        secret="a secret of the tests",
        passback_delays=(30.0, 120.0),
        passback_apart=0.0,
        read_delays=(5.0,),
        supabase=supabase,
    )
    settings = replace(usual, **set_otherwise)
    clock, preparer, reader = clock or FakeClock(), FakePreparer(), FakeReader()
    hearts = FakeHearts()
    joined = Joined()

    def client() -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=joined)

    public = PublicWeb(resolve=resolve, transport=Pinned(joined))
    webs, workers = ways_to(settings.database)
    site = make_site(settings, clock, client(), public, webs)
    demo = DemoSettings(LMS, TOOL, folder / "demo-lms", allow_faults=True, flavour=flavour)
    has_a_signing_key(demo.folder)
    http = client()
    worker = make_worker(
        settings,
        http,
        preparer=preparer,
        reader=reader,
        outliner=outliner,
        phantom_outliner=phantom_outliner or FakeOutliner(None),
        draws_anchors=hearts,
        clock=clock,
        database=workers,
    )
    await worker.database.open()
    try:
        await have_a_tool_key(worker.database, settings, clock)
        with application_with(site) as tool, demo_lms_with(demo, client, clock) as lms:
            joined.add("tool.test", tool)
            joined.add("lms.test", lms)
            async with running(tool), running(lms), http:
                lms_row = demo_registration(LMS)
                await seed_registration(worker.database, lms_row, DEPLOYMENT_ID, clock())
                yield World(settings, tool, lms, worker, clock, preparer, reader, joined, hearts)
    finally:
        await worker.database.close()
        await worker.clips.close()


IDLE: defaultdict[object, list[Litestar]] = defaultdict(list)


@contextmanager
def application_with(site: Site) -> Iterator[Litestar]:
    """An application of these parts: one whose own are closed by now, if there is one. Making one
    takes longer than many a test, and all that is somebody's is in the parts."""
    made_for = (site.settings.body_patience, installed_model(site.settings.models_folder).sha256)
    idle = IDLE[made_for]
    tool = idle.pop() if idle else application(site)
    tool.state["site"] = site
    keeps_compiled(tool)
    yield tool
    idle.append(tool)


@contextmanager
def demo_lms_with(
    demo: DemoSettings, http: Callable[[], httpx2.AsyncClient], clock: FakeClock
) -> Iterator[Litestar]:
    """A demo LMS, likewise."""
    idle, lms = IDLE[demo.flavour], Lms(demo, http, clock)
    app = idle.pop() if idle else demo_lms(demo, lms)
    app.state["lms"] = lms
    keeps_compiled(app)
    yield app
    idle.append(app)


def keeps_compiled(app: Litestar) -> None:
    """Have it find its templates compiled."""
    assert isinstance(app.template_engine, JinjaTemplateEngine)
    app.template_engine.engine.bytecode_cache = COMPILED


async def have_a_tool_key(database: Database, settings: Settings, clock: FakeClock) -> None:
    """The same first key for every deployment of this run, as for every LMS."""
    async with database.begin() as work:
        if not await registrations.keys(work.session):
            key, signer = tool_key(), Signer(settings.secret)
            pem = signer.encrypt(key.private_pem)
            work.session.add(ToolKey(kid=key.kid, encrypted_pem=pem, created_at=clock()))


@cache
def tool_key() -> LtiKey:
    """A signing key of the tool."""
    return LtiKey.generate()


def has_a_signing_key(folder: Path) -> None:
    """The same key for every LMS of this run: making one takes longer than many a test."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "signing-key.pem"
    if not key.exists():
        key.write_bytes(signing_key())


@cache
def signing_key() -> bytes:
    """An RSA key as PEM."""
    return generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )


def signer_of(world: World) -> Signer:
    """The deployment's signer."""
    return Signer(world.settings.secret)


def local_clips(world: World) -> LocalClips:
    """The deployment's clip store."""
    assert isinstance(world.worker.clips, LocalClips)
    return world.worker.clips
