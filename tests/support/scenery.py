"""A course in which somebody stands in every state before the answer, in every role."""

import html
import re
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import update

from inference.reading import (
    Box,
    ClipRefused,
    Outcome,
    ReaderUnavailable,
    RefusalCode,
    Verdict,
)
from inference.triaged import Triaged
from service.models import (
    Activity,
    Answers,
    Attempt,
    Case,
    Estimate,
    Kind,
    Learner,
    Reading,
    Score,
    Still,
)
from tests.support.campus import INSTRUCTOR, LEARNER, MENTOR, TEST_USER, Campus, open_campus
from tests.support.fakes import a_tracing
from tests.support.registrar import invited
from tests.support.stewards import a_link, a_steward
from tests.support.walks import (
    attempt_of,
    carried,
    granted,
    launch_of,
    locks,
    opens_case,
    uploads,
)
from tests.support.world import TOOL, Browser, World, form_to

ANOTHER_VIEW = Triaged(
    verdict=Verdict(
        outcome=Outcome.REJECTED, view="PLAX", checked_by="gemini", reasons=("wrong_view",)
    ),
    version="scripted",
)
NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass
class Actor:
    """Somebody in the course: what their browser holds, and the attempts that are theirs."""

    launch: str
    headers: dict[str, str]
    attempts: list[str] = field(default_factory=list[str])
    clips: list[str] = field(default_factory=list[str])


@dataclass
class Scene:
    """Everybody by the state that they are in, and what waits to be used once."""

    actors: dict[str, Actor]
    put_url: str
    launch_form: dict[str, str]
    launch_headers: dict[str, str]
    proof_form: dict[str, str]
    invite: str
    offer: str
    desk: "Desk"
    learners: list[str]
    anchors: list[str]  # the ids of hearts that lie beside answers, as addresses hold them


@dataclass
class Desk:
    """An operator who is signed in, a link for another, and what there is to decide."""

    headers: dict[str, str]
    csrf: str
    link: str
    actions: list[str]

    def action(self, ending: str) -> str:
        """The address of a button on the operator's page."""
        return next(one for one in self.actions if one.endswith(ending))


class Casting:
    """Brings people into their states, one after the other."""

    def __init__(self, world: World, campus: Campus) -> None:
        self.world = world
        self.campus = campus
        self.actors: dict[str, Actor] = {}

    def keeps(self, name: str, browser: Browser) -> Actor:
        """Write down what this browser holds."""
        cookies = "; ".join(f"{key}={value}" for key, value in browser.http.cookies.items())
        headers = carried(browser.text) | ({"Cookie": cookies} if cookies else {})
        found = re.findall(r"/attempts/([0-9a-f-]{36})", f"{browser.path} {browser.text}")
        clips = re.findall(r'<video src="([^"]+)"', browser.text)
        actor = Actor(launch_of(browser), headers, found[:1], [html.unescape(c) for c in clips])
        self.actors[name] = actor
        return actor

    async def own_clips(self) -> str:
        """Every state of an own-clip attempt before the answer; where one upload may still go."""
        self.keeps("no clip", await self.campus.arrives("no-clip", "own_clip"))
        awaited = await self.campus.arrives("awaited", "own_clip")
        put_url = (await granted(awaited))["url"]
        self.keeps("clip awaited", awaited)
        for code in (
            RefusalCode.NO_SECTOR,
            RefusalCode.FRAME_RATE_UNKNOWN,
            RefusalCode.TOO_LONG,
        ):
            self.world.preparer.fails = ClipRefused(code)
            self.keeps(f"refused: {code}", await self.sends(f"refused-{code}"))
        self.world.preparer.fails = None
        self.world.preparer.finds = (Box(x=40, y=32, width=80, height=16),)
        self.keeps("text over the picture", await self.sends("flagged"))
        self.world.preparer.finds = ()
        self.keeps("ready, and read already", await self.sends("ready"))
        self.world.reader.fails = ReaderUnavailable("away")
        waiting = await self.sends("waiting")
        await locks(waiting, "42", attest="true")
        assert "Your estimate is locked in" in waiting.text
        self.keeps("locked, no reading yet", waiting)
        self.world.reader.fails = None
        self.world.reader.sees = ANOTHER_VIEW
        self.keeps("another view", await self.sends("another-view"))
        self.world.reader.sees = None
        masking = await self.campus.arrives("masking", "own_clip")
        await uploads(masking)
        self.keeps("masking", masking)
        return put_url

    async def sends(self, sub: str, **claims: object) -> Browser:
        """Somebody's clip, as far as the worker gets with it."""
        browser = await self.campus.arrives(sub, "own_clip", **claims)
        if claims:
            await browser.opens(f"{TOOL}{launch_of(browser)}/try")
        await uploads(browser)
        await self.world.works()
        await browser.opens(f"{TOOL}{attempt_of(browser)}/")
        return browser

    async def practice(self) -> None:
        """A case in every state before the answer, for whoever may be there."""
        self.keeps("never opened", await self.campus.arrives("bea"))
        draft = await self.campus.arrives("draft")
        await opens_case(draft, 2)
        self.keeps("draft", draft)
        await self.without_cookies()
        for name, roles in (("teacher", [INSTRUCTOR]), ("test student", [LEARNER, TEST_USER])):
            previews = await self.campus.arrives(name, roles=roles)
            await opens_case(previews, 2)
            self.keeps(f"{name} previews a case", previews)
        self.keeps("mentor", await self.campus.arrives("mentor", roles=[MENTOR]))
        self.keeps("nobody known", await self.campus.arrives(""))

    async def exam(self) -> None:
        """One who sits an exam, and one who has locked everything in: its answers are sealed."""
        sits = await self.campus.arrives("sits", "exam")
        async with self.world.worker.database.begin() as work:
            await work.session.execute(
                update(Activity)
                .where(Activity.resource_link_id == "exam")
                .values(
                    kind=Kind.EXAM,
                    answers=Answers.AFTER_CLOSE,
                    minutes=60,
                    closes_at=self.world.clock() + timedelta(days=9),
                )
            )
        for name, browser in (
            ("sits an exam", sits),
            ("handed an exam in", await self.campus.arrives("handed-in", "exam")),
        ):
            await browser.opens(f"{TOOL}{launch_of(browser)}")
            await browser.sends(form_to(browser.text, "/begin"))
            if name.startswith("handed"):
                await locks(browser, "42")
                assert "Saved: your estimate is locked in" in browser.text
            self.keeps(name, browser)
        self.keeps("to sit an exam", await self.campus.arrives("to-sit", "exam"))

    async def parts(self) -> None:
        """One who has locked in the first of two parts: its answers wait for the second."""
        browser = await self.campus.arrives("half-way", "parts")
        async with self.world.worker.database.begin() as work:
            await work.session.execute(
                update(Activity)
                .where(Activity.resource_link_id == "parts")
                .values(
                    kind=Kind.PRE_POST,
                    case_ids=[str(case.id) for case in await self.world.stored(Case)][:2],
                    second_opens_at=self.world.clock() + timedelta(days=9),
                )
            )
        await opens_case(browser, 1)
        await locks(browser, "42")
        assert "Saved: your estimate is locked in" in browser.text
        self.keeps("half-way through two parts", browser)

    async def without_cookies(self) -> None:
        """A draft in a browser that keeps no cookie of ours."""
        browser = self.world.browser(keeps_our_cookies=False)
        await self.proves(browser, await self.asks_for_proof(browser, "cookieless"))
        await browser.sends(form_to(browser.text, "/cases/2"))
        self.keeps("draft without cookies", browser)

    async def asks_for_proof(
        self, browser: Browser, sub: str, activity: str = "practice"
    ) -> dict[str, str]:
        """A cookie-less launch as far as the storage page: what is to be proved."""
        asked = await self.campus.begins(browser, lti_storage_target="_parent")
        proof = browser.text.partition('data-value="')[2].partition('"')[0]
        form = self.campus.signs(
            asked,
            sub=sub,
            custom={"activity": activity},
            resource_link={"id": activity, "title": activity},
        )
        await self.campus.posts(browser, form)
        return {"ticket": form_to(browser.text, "/lti/verify").fields["ticket"], "proof": proof}

    async def proves(self, browser: Browser, form: dict[str, str]) -> None:
        """Go in by the platform's frame."""
        browser.page = await browser.http.post(f"{TOOL}/lti/verify", data=form)


async def set_up(world: World) -> Scene:
    """The whole course. No answer has been shown to anyone, and the readings are there."""
    campus = await open_campus(world)
    casting = Casting(world, campus)
    for position in (1, 2, 3):
        case = await world.adds_case(51.0, position, tracing=a_tracing())
        await world.worker.ingest.read(case.clip_id)
        await world.worker.ingest.draw(case.clip_id)
    await casting.practice()
    await casting.exam()
    await casting.parts()
    casting.keeps("teacher previews a clip", await casting.sends("t", roles=[INSTRUCTOR]))
    casting.keeps("teacher picks", await campus.picks())
    put_url = await casting.own_clips()
    comes_back = world.browser()
    asked = await campus.begins(comes_back)
    link = {"id": "own_clip", "title": "own_clip"}
    launch_form = campus.signs(asked, sub="ready", resource_link=link)
    cookies = "; ".join(f"{key}={value}" for key, value in comes_back.http.cookies.items())
    strange = world.browser(keeps_our_cookies=False)
    proof_form = await casting.asks_for_proof(strange, "ready", "own_clip")
    stranger = Actor(casting.actors["ready, and read already"].launch, {})
    stranger.attempts = casting.actors["ready, and read already"].attempts
    casting.actors["stranger"] = stranger
    assert len(await world.stored(Reading)) == 5
    assert len(await world.stored(Still)) == 6
    assert len(await world.stored(Estimate)) == 3
    assert len(await world.stored(Score)) == 2  # of the exam, and of the first of two parts
    assert len(await world.stored(Attempt)) >= 11
    invite, offer = await an_offer(world)
    return Scene(
        casting.actors,
        put_url,
        launch_form,
        {"Cookie": cookies},
        proof_form,
        invite,
        offer,
        await at_the_desk(world, campus),
        [str(learner.id) for learner in await world.stored(Learner)],
        [anchor.id.hex for anchor in await world.draws_anchors()],
    )


async def at_the_desk(world: World, campus: Campus) -> Desk:
    """An operator at the page of connections, where a deployment waits."""
    await campus.launches(world.browser(), deployment_id="waits")
    steward = await a_steward(world)
    cookies = "; ".join(f"{k}={v}" for k, v in steward.browser.http.cookies.items())
    forms = steward.forms("")
    return Desk(
        {"Cookie": cookies},
        forms[0].fields["csrf"],
        await a_link(world),
        [form.action for form in forms],
    )


async def an_offer(world: World) -> tuple[str, str]:
    """The path of an invite, and what its page carries for an LMS that asked."""
    admin = await invited(world)
    return admin.path, form_to(admin.browser.text, admin.path).fields["offer"]
