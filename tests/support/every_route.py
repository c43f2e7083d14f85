"""A way to ask every route of the tool, for whoever compares what it answers."""

import re
from collections.abc import Callable
from uuid import UUID

from inference.cards import read_facts
from tests.support.fakes import a_prepared_clip
from tests.support.scenery import NOBODY, Scene
from tests.support.twins import Ask
from tests.support.walks import RAW
from tests.support.world import TOOL

HERE = "/l/{launch_id:uuid}"
ATTEMPT = f"{HERE}/attempts/{{attempt_id:uuid}}"
VIEW = f"{HERE}/views/{{attempt_id:uuid}}"
READY = "ready, and read already"
LOGIN = {
    "iss": "https://campus.test",
    "login_hint": "8",
    "target_link_uri": f"{TOOL}/lti/launch",
}
Asks = Callable[[Scene], list[Ask]]


def once(method: str, path: str, *, fresh: bool = False, **sent: object) -> Asks:
    """A request that belongs to no launch."""
    return lambda scene: [Ask("nobody", method, path, dict(sent), fresh)]


def each(method: str, tail: str = "", *, fresh: bool = False, **sent: object) -> Asks:
    """The same request by everybody, below their own launch."""
    return lambda scene: [
        Ask(who, method, f"{actor.launch}{tail}", dict(sent), fresh)
        for who, actor in scene.actors.items()
    ]


def cases(method: str, tail: str = "") -> Asks:
    """Every case, and one that is not there. Opening one makes an attempt, with a fresh id."""
    return lambda scene: [
        ask for n in (2, 1, 3, 99) for ask in each(method, f"/cases/{n}{tail}", fresh=True)(scene)
    ]


def attempts(method: str, tail: str, *bodies: dict[str, object], fresh: bool = False) -> Asks:
    """Everybody asks of their own attempts, of others' and of none."""

    def asks(scene: Scene) -> list[Ask]:
        others = [*scene.actors[READY].attempts, *scene.actors["draft"].attempts, NOBODY]
        return [
            Ask(who, method, f"{actor.launch}/attempts/{attempt}/{tail}", dict(body), fresh)
            for who, actor in scene.actors.items()
            for attempt in dict.fromkeys([*actor.attempts, *others])
            for body in bodies or ({},)
        ]

    return asks


def views(method: str, tail: str = "") -> Asks:
    """Everybody asks for the clips that wait for a teacher's word, which only one of them has."""

    def asks(scene: Scene) -> list[Ask]:
        [held] = scene.actors["another view"].attempts
        return [
            Ask(who, method, f"{actor.launch}/views/{held}/{tail}", {})
            for who, actor in scene.actors.items()
        ]

    return asks


def reviews(method: str) -> Asks:
    """Everybody asks for a learner's work, and for nobody's."""
    return lambda scene: [
        ask
        for learner in (*scene.learners[:2], NOBODY)
        for ask in each(method, f"/learners/{learner}")(scene)
    ]


def objections(method: str, tail: str = "", **sent: object) -> Asks:
    """Everybody asks for what a learner has said of an answer, which none has yet."""
    return lambda scene: [
        ask
        for attempt in (*scene.actors[READY].attempts, NOBODY)
        for ask in each(method, f"/requests/{attempt}{tail}", **sent)(scene)
    ]


def watched(method: str) -> Asks:
    """Every clip that a page shows, whole and in part."""

    def asks(scene: Scene) -> list[Ask]:
        found = [(who, url) for who, actor in scene.actors.items() for url in actor.clips]
        assert len(found) >= 5
        found += unsigned(scene)
        ranges = ({}, {"Range": "bytes=0-99"}, {"Range": "bytes=-7"}, {"Range": "bytes=99999-"})
        return [Ask(who, method, url, {"headers": part}) for who, url in found for part in ranges]

    return asks


def unsigned(scene: Scene) -> list[tuple[str, str]]:
    """Hearts that lie beside answers, at addresses that nobody was given: with no signature, and
    with that of the clip which somebody watches."""
    [watching] = scene.actors[READY].clips
    query = watching.partition("?")[2]
    keys = [f"/clips/masked/{anchor}.mp4" for anchor in scene.anchors]
    return [(READY, f"{key}{end}") for key in keys[:3] for end in ("", f"?{query}")]


def guessed_stills(method: str) -> Asks:
    """Stills at addresses that nobody was given: of frames that are drawn, and of others."""
    signed = {"params": {"expires": str(2**31), "launch": "0" * 32, "sig": "0" * 64}}

    def asks(scene: Scene) -> list[Ask]:
        return [
            Ask("nobody", method, f"/stills/{clip}/{frame}", sent)
            for clip in [UUID(name) for name in clip_names(scene)] or [UUID(NOBODY)]
            for frame in (7, 19, 20)
            for sent in (signed, {})
        ]

    return asks


def clip_names(scene: Scene) -> set[str]:
    """What the addresses of practice clips tell of their ids: here, as the tests store them."""
    urls = [url for actor in scene.actors.values() for url in actor.clips]
    return set(re.findall(r"masked/([0-9a-f]{32})\.mp4", " ".join(urls)))


def sent(scene: Scene) -> list[Ask]:
    """The upload that may still come, and one that may not."""
    body = {"content": RAW}
    return [Ask("nobody", "PUT", url, body) for url in (scene.put_url, f"{scene.put_url}0")]


def brought(scene: Scene) -> list[Ask]:
    """A launch that comes back from the platform, then the same again."""
    sent = {"data": scene.launch_form, "headers": scene.launch_headers}
    return [Ask("nobody", "POST", "/lti/launch", sent, fresh=True)] * 2


def proved(scene: Scene) -> list[Ask]:
    """A cookie-less launch, which answers with the learner's page, then the same again."""
    sent = {"data": scene.proof_form}
    return [Ask("nobody", "POST", "/lti/verify", sent, fresh=True)] * 2


def invited(scene: Scene) -> list[Ask]:
    """An invite's page, opened by hand and for an LMS that nobody knows."""
    odd = {"params": {"openid_configuration": "https://nobody.inner.test/"}}
    return [Ask("nobody", "GET", scene.invite, sent, fresh=True) for sent in ({}, odd)]


def connected(scene: Scene) -> list[Ask]:
    """An LMS connects itself, then tries again."""
    sent = {"data": {"offer": scene.offer, "agreed": "yes"}}
    return [Ask("nobody", "POST", scene.invite, sent, fresh=True)] * 2


SETUP = {
    "title": "Practice",
    "points": "100",
    "kind": "practice",
    "cases": "2",
    "grade_by": "linear",
    "full_within": "5",
    "none_beyond": "20",
    "version": "1",
}


def picker_and_settings() -> dict[tuple[str, str], Asks]:
    """Choosing and changing what an activity is: which cases make a set tells nothing of them."""
    found: dict[tuple[str, str], Asks] = {}
    for method in ("GET", "POST"):
        found[f"{HERE}/pick", method] = each(method, "/pick")
        found[f"{HERE}/settings", method] = each(method, "/settings")
        found[f"{HERE}/settings/saved", method] = each(method, "/settings/saved")
    for step in ("preview", "more", "drop", "try", "add", "cancel"):
        found[f"{HERE}/pick/{step}", "POST"] = each("POST", f"/pick/{step}", fresh=True, data=SETUP)
    for step in ("preview", "save"):
        found[f"{HERE}/settings/{step}", "POST"] = each("POST", f"/settings/{step}", data=SETUP)
    return found


def of_nobody(tail: str, **sent: object) -> Asks:
    """About a learner who is not in the class; for staff, of the activity that is theirs."""
    return each("POST", f"/class/{NOBODY}/{tail}", **sent)


CLASS_OF_ONE = f"{HERE}/class/{{learner_id:uuid}}"


def operator(method: str, ending: str, *, to: str = "") -> Asks:
    """The operator looks at a page, or presses a button; a stranger does, too."""

    def asks(scene: Scene) -> list[Ask]:
        path = ending if method == "GET" else scene.desk.action(ending)
        path = path.removesuffix(ending) + to if to else path
        sent = {"headers": scene.desk.headers, "data": {"csrf": scene.desk.csrf}}
        known = {"headers": scene.desk.headers} if method == "GET" else sent
        return [Ask("nobody", method, path, one, fresh=True) for one in (known, {})]

    return asks


def entered(method: str) -> Asks:
    """Somebody comes with a link, then again."""
    return lambda scene: [Ask("nobody", method, scene.desk.link, fresh=True)] * 2


WELL = {"data": {"lvef": "42", "attest": "true"}}
SEEN = {"picture": a_prepared_clip().sha256}
RECTANGLE = {"left": "0", "top": "0", "width": "9", "height": "9"}
ODD = {"data": {"lvef": "42.5"}}
# A practice case is locked by `lvef` alone: that is the reveal, so only what is refused goes here.
UNLOCKABLE = ({"data": {"lvef": "101"}}, {"data": {}}, {"headers": {"HX-Request": "true"}})

MODEL = f"/models/{read_facts()['sha256']}"
OPEN_TO_ALL = ("/", "/alive", "/lti/jwks", "/lti/connect", "/lti/canvas.json")

# In this order: what only looks, what asks back, what makes something, what takes away.
TABLE: dict[tuple[str, str], Asks] = {
    ("/", "GET"): once("GET", "/"),
    ("/alive", "GET"): once("GET", "/alive"),
    ("/lti/jwks", "GET"): once("GET", "/lti/jwks"),
    ("/lti/connect", "GET"): once("GET", "/lti/connect"),
    ("/lti/canvas.json", "GET"): once("GET", "/lti/canvas.json"),
    **{(path, "HEAD"): once("HEAD", path) for path in OPEN_TO_ALL},
    ("/operator", "GET"): operator("GET", "/operator"),
    ("/operator/events", "GET"): operator("GET", "/operator/events"),
    ("/static/{file_path:path}", "GET"): once("GET", "/static/clip.js"),
    ("/static/{file_path:path}", "HEAD"): once("HEAD", "/static/base.css"),
    ("/clips/{key:path}", "GET"): watched("GET"),
    ("/clips/{key:path}", "HEAD"): watched("HEAD"),
    ("/stills/{clip_id:uuid}/{frame:int}", "GET"): guessed_stills("GET"),
    ("/stills/{clip_id:uuid}/{frame:int}", "HEAD"): guessed_stills("HEAD"),
    ("/models/{sha256:str}", "GET"): once("GET", MODEL),
    ("/models/{sha256:str}", "HEAD"): once("HEAD", MODEL),
    (HERE, "GET"): each("GET"),
    (f"{HERE}/delivery", "GET"): each("GET", "/delivery"),
    (f"{HERE}/class/deliveries", "GET"): each("GET", "/class/deliveries"),
    (f"{HERE}/learners/{{learner_id:uuid}}", "GET"): reviews("GET"),
    (f"{HERE}/learners/{{learner_id:uuid}}", "POST"): reviews("POST"),
    (f"{HERE}/progress", "GET"): each("GET", "/progress"),
    (f"{HERE}/progress", "POST"): each("POST", "/progress"),
    (f"{HERE}/progress/cases", "GET"): each("GET", "/progress/cases", params={"category": "0"}),
    (f"{HERE}/progress/cases", "POST"): each("POST", "/progress/cases"),
    (f"{HERE}/language", "POST"): each("POST", "/language", data={"language": "en"}),
    (ATTEMPT, "GET"): attempts("GET", "", {}, {"headers": {"HX-Request": "true"}}),
    (f"{ATTEMPT}/step", "GET"): attempts(
        "GET", "step", {"params": {"seen": ""}}, {"params": {"seen": "masking-0"}}, {}
    ),
    (f"{ATTEMPT}/delivery", "GET"): attempts("GET", "delivery"),
    (f"{ATTEMPT}/explained", "GET"): attempts("GET", "explained"),
    # A clip that is covered, replaced or deleted waits for nobody: its view is asked about first.
    (f"{ATTEMPT}/view", "GET"): attempts("GET", "view", {"params": {"seen": ""}}),
    (f"{ATTEMPT}/ask-teacher", "POST"): attempts("POST", "ask-teacher"),
    (VIEW, "GET"): views("GET"),
    (VIEW, "POST"): views("POST"),
    (f"{VIEW}/reject", "POST"): views("POST", "reject"),
    (f"{VIEW}/confirm", "POST"): views("POST", "confirm"),
    (HERE, "POST"): each("POST"),
    (ATTEMPT, "POST"): attempts("POST", ""),
    (f"{ATTEMPT}/review", "POST"): attempts("POST", "review", WELL, ODD, {}),
    (f"{ATTEMPT}/back", "POST"): attempts("POST", "back", WELL, ODD),
    (f"{ATTEMPT}/draft", "POST"): attempts("POST", "draft", WELL, ODD, {}),
    (f"{ATTEMPT}/lock", "POST"): attempts("POST", "lock", *UNLOCKABLE),
    ("/lti/kept", "GET"): once("GET", "/lti/kept", params={"login": "x"}),
    ("/lti/login", "GET"): once("GET", "/lti/login", fresh=True, params=LOGIN),
    ("/lti/login", "POST"): once("POST", "/lti/login", fresh=True, data=LOGIN),
    ("/lti/launch", "POST"): brought,
    ("/lti/verify", "POST"): proved,
    ("/lti/notices", "POST"): once("POST", "/lti/notices", json={"notices": []}),
    ("/operator/enter/{secret:str}", "GET"): entered("GET"),
    ("/operator/enter/{secret:str}", "POST"): entered("POST"),
    ("/operator/invites", "POST"): operator("POST", "/invites"),
    ("/operator/registrations/{registration_id:uuid}/test", "POST"): operator("POST", "/test"),
    ("/operator/registrations/{registration_id:uuid}/approve", "POST"): operator(
        "POST", "/test", to="/approve"
    ),
    ("/operator/deployments/{deployment_id:uuid}/approve", "POST"): operator("POST", "/approve"),
    ("/operator/registrations/{registration_id:uuid}/deployments", "POST"): operator(
        "POST", "/deployments"
    ),
    ("/operator/sign-out", "POST"): operator("POST", "/sign-out"),
    ("/lti/register/{secret:str}", "GET"): invited,
    ("/lti/register/{secret:str}", "POST"): connected,
    (f"{HERE}/try", "GET"): each("GET", "/try", fresh=True),
    (f"{HERE}/try", "POST"): each("POST", "/try", fresh=True),
    (f"{HERE}/cases/{{position:int}}", "GET"): cases("GET"),
    (f"{HERE}/cases/{{position:int}}", "POST"): cases("POST"),
    (f"{HERE}/cases/{{position:int}}/again", "GET"): cases("GET", "/again"),
    (f"{HERE}/cases/{{position:int}}/again", "POST"): cases("POST", "/again"),
    (f"{HERE}/another", "GET"): each("GET", "/another", fresh=True),
    (f"{HERE}/another", "POST"): each("POST", "/another", fresh=True),
    ("/clips/{key:path}", "PUT"): sent,
    (f"{HERE}/begin", "POST"): each("POST", "/begin", fresh=True),
    (f"{HERE}/delivery/now", "POST"): each("POST", "/delivery/now"),
    (f"{HERE}/class.csv", "GET"): each("GET", "/class.csv"),
    (f"{HERE}/class.csv", "POST"): each("POST", "/class.csv"),
    (f"{HERE}/class/send", "POST"): each("POST", "/class/send"),
    (f"{HERE}/class/roster", "POST"): each("POST", "/class/roster"),
    (CLASS_OF_ONE + "/send", "POST"): of_nobody("send"),
    (CLASS_OF_ONE + "/send-anyway", "POST"): of_nobody("send-anyway"),
    (CLASS_OF_ONE + "/score", "POST"): of_nobody("score", data={"points": "101", "reason": "x"}),
    (CLASS_OF_ONE + "/exempt", "POST"): of_nobody("exempt", data={"reason": " "}),
    (CLASS_OF_ONE + "/restart", "POST"): of_nobody("restart"),
    (f"{HERE}/learners/{{learner_id:uuid}}/reopen", "POST"): each(
        "POST", f"/learners/{NOBODY}/reopen", data={"attempt": NOBODY, "reason": "x"}
    ),
    (CLASS_OF_ONE + "/time", "POST"): of_nobody("time", data={"factor": "2"}),
    (f"{ATTEMPT}/clip/done", "POST"): attempts("POST", "clip/done"),
    (f"{ATTEMPT}/frame-rate", "POST"): attempts(
        "POST",
        "frame-rate",
        {"data": {"frames_per_second": "x"}},
        {"data": {"frames_per_second": "30"}},
    ),
    (f"{ATTEMPT}/trim", "POST"): attempts(
        "POST", "trim", {"data": {"from": "9", "to": "0"}}, {"data": {"from": "0", "to": "9"}}
    ),
    (f"{ATTEMPT}/cover", "GET"): attempts("GET", "cover"),
    (f"{ATTEMPT}/cover", "POST"): attempts("POST", "cover"),
    (f"{ATTEMPT}/resolved", "POST"): attempts("POST", "resolved", {}, {"data": SEEN}),
    (f"{ATTEMPT}/covered", "POST"): attempts("POST", "covered", {}, {"data": RECTANGLE}),
    (f"{ATTEMPT}/clip/grant", "POST"): attempts(
        "POST", "clip/grant", {"json": {"bytes": 10**9}}, {"json": {"bytes": 10}}, fresh=True
    ),
    (f"{ATTEMPT}/regrade", "POST"): attempts(
        "POST", "regrade", {"data": {"said": "It looks wrong."}}, {}
    ),
    (f"{HERE}/requests", "GET"): each("GET", "/requests"),
    (f"{HERE}/requests", "POST"): each("POST", "/requests"),
    (f"{HERE}/requests/{{attempt_id:uuid}}", "GET"): objections("GET"),
    (f"{HERE}/requests/{{attempt_id:uuid}}", "POST"): objections("POST"),
    (f"{HERE}/requests/{{attempt_id:uuid}}/close", "POST"): objections(
        "POST", "/close", data={"outcome": "kept", "note": "It stays.", "seen": ""}
    ),
    (f"{ATTEMPT}/marks", "POST"): attempts(
        "POST", "marks", {"data": {"end_diastole": "7", "end_systole": "19"}}, {}
    ),
    (f"{ATTEMPT}/delete-clip", "POST"): attempts("POST", "delete-clip"),
    (f"{ATTEMPT}/replace", "POST"): attempts("POST", "replace"),
    **picker_and_settings(),
}

# What explains an answer has no door before there is one: test_explaining goes in afterwards.
ONLY_AFTERWARDS = {
    ("/stills/{clip_id:uuid}/{frame:int}", "GET"),
    ("/stills/{clip_id:uuid}/{frame:int}", "HEAD"),
    (f"{ATTEMPT}/marks", "POST"),
    (f"{ATTEMPT}/regrade", "POST"),
    # Nobody objects to an answer before there is one: test_reasons goes in afterwards.
    (f"{HERE}/requests/{{attempt_id:uuid}}", "GET"),
    (f"{HERE}/requests/{{attempt_id:uuid}}", "POST"),
    (f"{HERE}/requests/{{attempt_id:uuid}}/close", "POST"),
    # Nobody has a score before the lock: test_class sends one, and sets one.
    (CLASS_OF_ONE + "/send", "POST"),
    (CLASS_OF_ONE + "/send-anyway", "POST"),
    (CLASS_OF_ONE + "/score", "POST"),
    (CLASS_OF_ONE + "/exempt", "POST"),
    # Only what is settled is given back, and only a clock that runs begins anew: test_reopening.
    (CLASS_OF_ONE + "/restart", "POST"),
    (f"{HERE}/learners/{{learner_id:uuid}}/reopen", "POST"),
    # Time is given to a learner of the class, of whom nobody here asks: test_exams gives some.
    (CLASS_OF_ONE + "/time", "POST"),
}
