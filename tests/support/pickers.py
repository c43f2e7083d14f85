"""Teachers who pick activities by deep linking, and what their LMS gets."""

from typing import Any

import jwt

from tests.support.campus import (
    CAMPUS,
    COURSE,
    RETURN,
    Campus,
    open_campus,
)
from tests.support.walks import csrf_of, launch_of
from tests.support.world import TOOL, Browser, Form, Forms, World

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
TYPED = {
    "title": "Week 3: EF",
    "points": "100",
    "kind": "practice",
    "cases": "2",
    "grade_by": "blend",
    "full_within": "5",
    "none_beyond": "20",
}


async def campus_with_cases(world: World) -> Campus:
    """A platform that says what a test wants it to say; the library has a case of each category."""
    for position, lvef in enumerate((30.0, 45.0, 60.0, 70.0), start=1):
        await world.adds_case(lvef, position)
    return await open_campus(world)


async def presses(browser: Browser, step: str, **typed: str) -> None:
    """Press a button of the picker, with this typed in."""
    fields = {**TYPED, **typed, "csrf": csrf_of(browser)}
    assert browser.page is not None
    url = f"{TOOL}{launch_of(browser)}/pick/{step}"
    browser.page = await browser.http.post(url, data=fields, follow_redirects=True)


async def answered(browser: Browser) -> dict[str, Any]:
    """What the page's form takes to the LMS, with its signature checked."""
    form = next(one for one in forms(browser) if "JWT" in one.fields)
    assert form.action == RETURN
    token = form.fields["JWT"]
    header = jwt.get_unverified_header(token)
    assert header["alg"] == "RS256"
    published = (await browser.http.get(f"{TOOL}/lti/jwks")).json()
    return jwt.decode(
        token,
        jwt.PyJWKSet.from_dict(published)[header["kid"]],
        algorithms=["RS256"],
        audience=CAMPUS,
        options={"verify_exp": False, "verify_iat": False},
    )


def forms(browser: Browser) -> list[Form]:
    """The forms of the page."""
    return Forms(browser.text).found


def links(claims: dict[str, Any], at: int = 0) -> str:
    """The id that an item of the answer carries."""
    return claims[f"{DL}content_items"][at]["custom"]["eyeball_activity"]


async def opens(campus: Campus, named: str, link: str = "11", **claims: Any) -> Browser:
    """Somebody opens the link that the LMS made of an item."""
    browser = campus.world.browser()
    said = {
        "context": COURSE,
        "custom": {"eyeball_activity": named},
        "resource_link": {"id": link, "title": "Week 3, as the LMS calls it"},
        **claims,
    }
    await campus.launches(browser, **said)
    return browser
