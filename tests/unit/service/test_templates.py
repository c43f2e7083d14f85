"""What a person sees at each step, and what no page may hold."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

import pytest
from jinja2 import Environment

from service.pages.views import Delivery, EstimateView, GradeView, Refusal, Step
from tests.support.rendering import environment, every_page, page
from tests.support.samples import (
    AT_EACH_STEP,
    CLIP,
    GRADE,
    LAUNCH,
    MORE_STATES,
    PATH,
    PHANTOM,
    REVEAL,
    ROOT,
    SEALED_STEPS,
    TEMPLATES,
    attempt,
)

HANDLE = "s3cret-h4ndle"
DISCLAIMER = (
    "For education only. Not a medical device. Do not use any number here for patient care."
)


@pytest.fixture(scope="module")
def templates() -> Environment:
    """Jinja as the service sets it up."""
    return environment()


@dataclass(slots=True)
class Seen(HTMLParser):
    """A page as text, elements and attributes."""

    text: str = ""
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    _hidden: int = 0

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text = f"{self.text} {data.strip()}".strip() if data.strip() else self.text

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def fields(self) -> dict[str, str]:
        return {one["name"]: one.get("value", "") for one in self.all("input") if "name" in one}

    def addresses(self) -> Iterator[str]:
        for _, attributes in self.elements:
            for name in ("href", "src", "action", "hx-get", "hx-post", "data-upload"):
                if name in attributes:
                    yield attributes[name]


def see(markup: str) -> Seen:
    seen = Seen()
    seen.feed(markup)
    return seen


# What each step shows


def test_choosing_says_what_may_be_chosen(templates: Environment) -> None:
    seen = see(page(templates, AT_EACH_STEP[Step.CHOOSE]))
    assert "up to 50 MB" in seen.text
    assert "at least one heartbeat" in seen.text
    assert "No names visible" in seen.text
    assert f"{PATH}/clip/grant" in seen.addresses()


def test_a_refused_clip_is_explained_first_and_may_be_told_its_frame_rate(
    templates: Environment,
) -> None:
    refusal = Refusal(sentence="This file doesn't say how fast it plays.", asks_frame_rate=True)
    seen = see(page(templates, replace(AT_EACH_STEP[Step.CHOOSE], refusal=refusal)))
    assert "This file doesn't say how fast it plays." in seen.text
    assert "frames_per_second" in seen.fields()


def test_an_estimate_starts_empty_and_asks_for_a_whole_number(templates: Environment) -> None:
    seen = see(page(templates, AT_EACH_STEP[Step.ESTIMATE]))
    (lvef,) = (one for one in seen.all("input") if one.get("name") == "lvef")
    assert lvef["value"] == ""
    assert lvef["inputmode"] == "numeric"
    assert "Ejection fraction" in seen.text
    assert "I already know this EF" in seen.text
    assert "Why first?" in seen.text
    assert "Replace this clip" not in seen.text


def test_an_own_clip_is_attested_and_may_be_replaced(templates: Environment) -> None:
    view = attempt(
        Step.ESTIMATE, own_clip=True, clip=CLIP, estimate=EstimateView(needs_attestation=True)
    )
    seen = see(page(templates, view))
    assert "I am allowed to use this clip for education." in seen.text
    assert "analysed by software on this server" in seen.text
    told = EstimateView(needs_attestation=True, leaves_to="Google (Gemini), Modal")
    elsewhere = see(page(templates, replace(view, estimate=told))).text
    assert "frames of it are sent to Google (Gemini), Modal." in elsewhere
    assert "on this server" not in elsewhere
    assert "Replace this clip" in seen.text
    assert "This copy is deleted at once" in seen.text
    _, _, asked = page(templates, view).partition("<summary>Replace this clip</summary>")
    assert "/replace" in asked.partition("</details>")[0], "one press opens, and only a second does"
    assert asked.count('action="/l/7b1e/attempts/42/replace"') == 1
    (attest,) = (one for one in seen.all("input") if one.get("name") == "attest")
    assert "checked" not in attest


@pytest.mark.parametrize(
    ("step", "summary", "way"),
    [
        ("cover", "Choose another clip", "replace"),
        ("reveal", "Delete my clip", "delete-clip"),
        ("unread", "Delete my clip", "delete-clip"),
    ],
)
def test_nothing_deletes_a_clip_at_the_first_press(
    templates: Environment, step: str, summary: str, way: str
) -> None:
    state = MORE_STATES["cover"] if step == "cover" else AT_EACH_STEP[Step(step)]
    view = replace(state, own_clip=True, may_delete=True)
    told = page(templates, view)
    _, _, asked = told.partition(f"<summary>{summary}</summary>")
    form, _, _ = asked.partition("</details>")
    assert f'action="/l/7b1e/attempts/42/{way}"' in form
    assert "Delete it" in form
    assert told.count(f"/attempts/42/{way}") == form.count(f"/attempts/42/{way}")


def test_what_came_too_late_is_said_above_the_answer(templates: Environment) -> None:
    late = "You had locked in 55 % already."
    for step in (Step.REVEAL, Step.WAITING, Step.SEALED, Step.UNREAD):
        view = replace(AT_EACH_STEP[step], overtaken=late)
        told, _, rest = page(templates, view).partition("<h1")
        assert late in told
        assert late not in rest


def test_what_is_wrong_stands_by_its_field_and_keeps_what_was_typed(
    templates: Environment,
) -> None:
    estimate = EstimateView(
        lvef="142", known=True, needs_attestation=True, lvef_error="From 0 to 100.",
        attest_error="Please confirm this.",
    )  # fmt: skip
    seen = see(page(templates, attempt(Step.ESTIMATE, clip=CLIP, estimate=estimate)))
    fields = {one["name"]: one for one in seen.all("input") if "name" in one}
    assert fields["lvef"]["value"] == "142"
    assert "lvef-error" in fields["lvef"]["aria-describedby"]
    assert fields["attest"]["aria-describedby"] == "attest-error"
    assert "checked" in fields["known"]
    assert "From 0 to 100." in seen.text
    assert "Please confirm this." in seen.text


def test_the_review_names_the_number_once_more(templates: Environment) -> None:
    seen = see(page(templates, AT_EACH_STEP[Step.REVIEW]))
    assert "You estimate 42 % ." in seen.text
    assert "You can't change this once it is locked in." in seen.text
    assert "Go back" in seen.text
    assert "Lock in 42 %" in seen.text
    assert seen.fields()["lvef"] == "42"
    assert {f"{PATH}/back", f"{PATH}/lock"} <= set(seen.addresses())


def test_waiting_says_what_is_done_and_that_one_may_leave(templates: Environment) -> None:
    seen = see(page(templates, AT_EACH_STEP[Step.WAITING]))
    assert "Estimate locked (done)" in seen.text
    assert "Checking the view (now)" in seen.text
    assert "Measuring (to come)" in seen.text
    assert "Starting the analyser." in seen.text
    assert "14:02 UTC" in seen.text
    assert "You can close this page." in seen.text
    assert f"{PATH}/step?seen=w1" in seen.addresses()


def test_waiting_does_not_say_twice_that_one_may_leave(templates: Environment) -> None:
    words = "You can close this page. We'll keep your estimate and show the result here."
    view = replace(AT_EACH_STEP[Step.WAITING], waiting_words=words)
    assert see(page(templates, view)).text.count("You can close this page.") == 1


def test_the_version_that_was_seen_survives_its_address(templates: Environment) -> None:
    assert "seen=m%201%262" in page(templates, AT_EACH_STEP[Step.MASKING])


def test_the_answer_gives_gap_range_model_and_score(templates: Environment) -> None:
    seen = see(page(templates, AT_EACH_STEP[Step.REVEAL]))
    for words in (
        REVEAL.headline,
        REVEAL.gap,
        "Within 10 points of the reference",
        "Your range",
        "37–47 %: it missed the reference.",
        PHANTOM,
        "47.3 %",
        "likely 41–54 %",
        "View not confirmed.",
        "Short clip.",
        "3f9a",
        "Score for this case: 73 %.",
        REVEAL.category,
        "73 of 100 points. Sent to the gradebook.",
        "Next case",
    ):
        assert words in " ".join(seen.text.split())


def test_the_dial_holds_the_same_numbers_as_marks_words_and_table(
    templates: Environment,
) -> None:
    markup = page(templates, AT_EACH_STEP[Step.REVEAL])
    assert REVEAL.dial.sentence in markup
    dial = markup[markup.index('class="dial"') :]
    marks, table = dial[: dial.index("<table")], dial[dial.index("<table") : dial.index("</table")]
    for words in ("You 42 %", "Reference 51 %", "Software 47.3 %"):
        assert words in marks
    for number in ("<td>42</td>", "<td>51</td>", "<td>47.3</td>", "<td>41–54</td>"):
        assert number in table


def test_a_dial_without_a_range_shades_nothing(templates: Environment) -> None:
    dial = replace(REVEAL.dial, low=None, high=None)
    view = replace(AT_EACH_STEP[Step.REVEAL], reveal=replace(REVEAL, dial=dial))
    markup = page(templates, view)
    assert "Shaded" not in markup
    assert "likely range" not in markup


def test_no_reading_is_said_plainly_and_the_grade_stands(templates: Environment) -> None:
    seen = see(page(templates, AT_EACH_STEP[Step.UNREAD]))
    assert "There is no reading for this clip" in seen.text
    assert "The analyser was not available." in seen.text
    assert "73 of 100 points." in seen.text


@pytest.mark.parametrize("delivery", list(Delivery))
def test_a_grade_is_asked_after_only_while_it_travels(
    templates: Environment, delivery: Delivery
) -> None:
    line = templates.get_template("fragments/delivery.html.jinja").render(
        grade=GradeView(sentence="73 of 100 points.", delivery=delivery), delivery_path="/d"
    )
    assert "73 of 100 points." in line
    assert ("hx-get" in line) == (delivery in (Delivery.SENDING, Delivery.RETRYING))


def test_the_list_of_cases_says_how_each_stands(templates: Environment) -> None:
    pages = dict(every_page(templates, LAUNCH))
    seen = see(pages["practice"])
    for words in ("Yours 42 %, reference 51 %", "Locked in, answer to come", "Start case 3"):
        assert words in seen.text
    assert "/l/7b1e/delivery" in seen.addresses()


def test_the_class_is_a_table_with_the_gradebook_in_words(templates: Environment) -> None:
    seen = see(dict(every_page(templates, LAUNCH))["class"])
    assert "Ada 3 of 3 6.2 −2.0 88 sent 12:00 UTC" in seen.text
    assert "Lind 1 of 3 – – – nothing to send" in seen.text
    assert "held: your decision It holds 12 of 100." in seen.text
    assert "Zoe no longer in the course not started" in seen.text
    assert "1 grade not delivered." in seen.text
    assert "Try it as a learner" in seen.text


def test_a_teacher_is_told_that_a_preview_is_not_graded(templates: Environment) -> None:
    launch = replace(LAUNCH, preview=True, read_only="The course is over.")
    text = see(page(templates, AT_EACH_STEP[Step.ESTIMATE], launch)).text
    assert "You're previewing as a teacher. Nothing is sent to the gradebook." in text
    assert "The course is over." in text


def test_a_blocked_browser_is_offered_a_new_window(templates: Environment) -> None:
    template = templates.get_template("pages/new_window.html.jinja")
    seen = see(template.render(action="/lti/login", fields={"iss": "https://lms.test"}))
    assert "Your browser blocked sign-in inside this page." in seen.text
    (form,) = seen.all("form")
    assert (form["method"], form["target"]) == ("post", "_blank")
    assert seen.fields() == {"iss": "https://lms.test"}


def test_platform_storage_names_the_one_origin_that_may_see_the_state(
    templates: Environment,
) -> None:
    template = templates.get_template("pages/storage.html.jinja")
    common = {"target_origin": "https://lms.test", "frame": "_parent", "key": "lti_state_1"}
    put = see(template.render(mode="put", value="v", next_url="https://lms.test/auth", **common))
    get = see(
        template.render(
            mode="get", action="/lti/verify", ticket="t",
            window_action="/lti/login", window_fields={"iss": "i"}, **common,
        )
    )  # fmt: skip
    (asked,) = (one for one in put.all("p") if one.get("data-mode") == "put")
    assert asked["data-target-origin"] == "https://lms.test"
    assert {"ticket", "proof"} <= get.fields().keys()
    assert "'*'" not in (ROOT / "service/static/storage.js").read_text(encoding="utf-8")


# What no page may hold


@pytest.mark.parametrize("step", SEALED_STEPS)
def test_nothing_of_the_answer_is_on_a_page_before_it(templates: Environment, step: Step) -> None:
    view = replace(AT_EACH_STEP[step], reveal=REVEAL, grade=GRADE)  # even if it were given
    markup = page(templates, view)
    for told in (REVEAL.headline, REVEAL.gap, "51", "47.3", "41–54", PHANTOM, GRADE.sentence):
        assert told not in markup


def test_the_handle_travels_in_fields_and_headers_and_never_in_an_address(
    templates: Environment,
) -> None:
    for name, markup in every_page(templates, replace(LAUNCH, handle=HANDLE)):
        seen = see(markup)
        assert not any(HANDLE in address for address in seen.addresses()), name
        links = [one["href"] for one in seen.all("a") if "href" in one]
        # A model's page needs no launch, and opens beside this one.
        assert all(link.startswith("/models/") for link in links), name
        (body,) = seen.all("body")
        assert HANDLE in body["hx-headers"], name
        held = [one for one in seen.all("input") if one.get("value") == HANDLE]
        assert {one["name"] for one in held} <= {"launch"}, name
        assert all(one["type"] == "hidden" for one in held), name
        forms = [one for one in seen.all("form") if one.get("method") == "post"]
        assert len(held) == len(forms), name
        assert markup.count(HANDLE) == 1 + len(held), name


def test_with_a_cookie_no_page_holds_a_handle(templates: Environment) -> None:
    for name, markup in every_page(templates, LAUNCH):
        assert "X-Eyeball-Launch" not in markup, name
        assert 'name="launch"' not in markup, name


def test_every_form_carries_its_proof_and_works_without_scripts(templates: Environment) -> None:
    for name, markup in every_page(templates, LAUNCH):
        seen = see(markup)
        for form in seen.all("form"):
            assert form["method"] == "post", name
            assert form["action"] == form.get("hx-post", form["action"]), name
        carried = [one for one in seen.all("input") if one.get("name") == "csrf"]
        assert len(carried) == len(seen.all("form")), name


def test_no_template_holds_style_script_or_an_event_that_the_policy_forbids() -> None:
    forbidden = re.compile(r"<style|\sstyle=|\son[a-z]+=|hx-on|javascript:|js:|<script(?! src=)")
    for path in TEMPLATES.rglob("*.jinja"):
        assert not forbidden.search(path.read_text(encoding="utf-8")), path.name


def test_nothing_is_fetched_from_anyone_else(templates: Environment) -> None:
    for name, markup in every_page(templates, LAUNCH):
        assert not [at for at in see(markup).addresses() if not at.startswith("/")], name


def test_every_page_says_what_it_is_not_for(templates: Environment) -> None:
    for name, markup in every_page(templates, LAUNCH):
        assert DISCLAIMER in markup, name
        assert markup.lstrip().startswith("<!doctype html>"), name


def test_every_page_has_one_heading_and_a_title_of_its_own(templates: Environment) -> None:
    titles = []
    for name, markup in every_page(templates, LAUNCH):
        assert markup.count("<h1") == 1, name
        found = re.search(r"<title>(.*?)</title>", markup)
        assert found, name
        titles.append(found[1])
    assert len(set(titles)) == len(titles)
    assert "Your estimate · Case 3 of 10 · Week 3 · Eyeball" in titles


def test_what_people_call_themselves_is_text_and_never_markup(templates: Environment) -> None:
    launch = replace(LAUNCH, learner="<script>alert(1)</script>", csrf="'><b>")
    markup = page(templates, AT_EACH_STEP[Step.ESTIMATE], launch)
    assert "<script>alert" not in markup
    assert "<b>" not in markup
