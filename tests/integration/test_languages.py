"""In which language a learner is answered: their choice, the launch's locale, the browser's."""

import re

import pytest

from tests.support.campus import open_campus
from tests.support.fakes import a_tracing
from tests.support.gradebooks import ENDPOINT, Gradebook
from tests.support.pickers import DL, answered, presses
from tests.support.walks import (
    attempt_of,
    csrf_of,
    launch_of,
    locks,
    opens_case,
    reviews,
    words_of,
)
from tests.support.world import TOOL, World, form_to

LABEL = r'aria-label="([^"]*)"'


async def test_a_browsers_language_is_spoken_where_the_launch_says_none(world: World) -> None:
    stranger = world.browser()
    stranger.http.headers["Accept-Language"] = "ar, en;q=0.5"
    await stranger.opens(f"{TOOL}/")
    assert '<html lang="ar" dir="rtl">' in stranger.text


async def test_a_learner_chooses_a_language_and_finds_it_in_the_next_launch(world: World) -> None:
    ada = await world.learner("practice")
    assert '<html lang="en" dir="ltr">' in ada.text
    await ada.sends(form_to(ada.text, "/language"), language="de")
    assert '<html lang="de" dir="ltr">' in ada.text
    again = await world.learner("practice")
    assert '<html lang="de" dir="ltr">' in again.text
    bob = await world.learner("practice", "learner-2")
    assert '<html lang="en" dir="ltr">' in bob.text


async def test_the_page_stays_when_its_language_changes(world: World) -> None:
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    home = launch_of(ada)
    await opens_case(ada)
    for path in (
        attempt_of(ada),
        f"{home}/progress",
        f"{home}/progress/cases?activity=&category=low",
    ):
        for language in ("de", "en"):
            await ada.opens(f"{TOOL}{path}")
            await ada.sends(form_to(ada.text, "/language"), language=language)
            assert f'<html lang="{language}"' in ada.text
            assert ada.page is not None
            assert str(ada.page.url) == f"{TOOL}{path}"
    await ada.opens(f"{TOOL}{home}/cases/1")
    await reviews(ada, "42")  # without a script the review has no address of its own
    case = attempt_of(ada)
    await ada.sends(form_to(ada.text, "/language"), language="fr")
    assert ada.path == case


@pytest.mark.parametrize(
    "at",
    ["", "//evil.test", "https://evil.test/", "{home}/class/send", "{home}/../x", "{home}//evil",
     "{home}/progress\r\nX: y", "{home}/progressive", "/l/other/progress"],
)  # fmt: skip
async def test_a_change_of_language_leads_to_pages_of_this_launch_alone(
    world: World, at: str
) -> None:
    ada = await world.learner("practice")
    home = launch_of(ada)
    fields = {"csrf": csrf_of(ada), "language": "de", "at": at.format(home=home)}
    answer = await ada.http.post(f"{TOOL}{home}/language", data=fields)
    assert answer.status_code == 303
    assert answer.headers["Location"] in {f"{home}/", f"{home}/progress"}


@pytest.mark.parametrize(
    ("locale", "spoken"),
    [
        ("fr", 'lang="fr" dir="ltr"'),
        ("pt_BR", 'lang="pt-BR" dir="ltr"'),
        ("ar-EG", 'lang="ar" dir="rtl"'),
        ("xx", 'lang="es" dir="ltr"'),
    ],
)
async def test_a_launch_says_in_which_language_before_the_browser_does(
    world: World, locale: str, spoken: str
) -> None:
    campus = await open_campus(world)
    browser = world.browser()
    browser.http.headers["Accept-Language"] = "es, en;q=0.5"
    await campus.launches(browser, launch_presentation={"locale": locale})
    assert f"<html {spoken}>" in browser.text
    await browser.opens(f"{TOOL}{launch_of(browser)}/progress")
    assert f"<html {spoken}>" in browser.text


async def test_a_language_that_we_do_not_have_is_refused(world: World) -> None:
    ada = await world.learner("practice")
    form = form_to(ada.text, "/language")
    assert form.action == f"{launch_of(ada)}/language"
    for wrong in ("xx", "", "../de"):
        await ada.opens(f"{TOOL}{launch_of(ada)}/")
        answer = await ada.sends(form_to(ada.text, "/language"), language=wrong)
        assert answer.status_code == 400


async def test_numbers_are_written_as_the_readers_language_writes_them(world: World) -> None:
    references = [51.4, 55.2, 22.3, 60.4, 48.5, 33.1, 70.6, 41.7, 35.9, 64.8]
    for position, reference in enumerate(references, start=1):
        await world.adds_case(reference, position, tracing=a_tracing() if position == 1 else None)
    ada = await world.learner("practice")
    await ada.sends(form_to(ada.text, "/language"), language="de")
    pages = [ada.text]
    for position in range(1, 11):
        await opens_case(ada, position)
        pages.append(ada.text)
        await locks(ada, "45", half_width="10")
        pages.append(ada.text)
    for path in ("", "/progress"):
        await ada.opens(f"{TOOL}{launch_of(ada)}{path}")
        pages.append(ada.text)
    await world.works()
    teacher = await world.learner("practice", "teacher-1")
    await teacher.sends(form_to(teacher.text, "/language"), language="de")
    pages.append(teacher.text)
    for path in ("/settings", "/try"):
        await teacher.opens(f"{TOOL}{launch_of(teacher)}{path}")
        pages.append(teacher.text)
    read = [f"{words_of(page)} {' '.join(re.findall(LABEL, page))}" for page in pages]
    assert [re.findall(r".{20}\d\.\d.{9}", one) for one in read] == [[] for _ in read]
    for said in ("51,4", "6,4 Punkte", "0,25×", "Sekunden"):
        assert any(said in one for one in read), said
    assert 'data-decimal=","' in pages[1]
    answer = await teacher.opens(f"{TOOL}{launch_of(teacher)}/class.csv")
    assert re.search(r",\d+\.\d,", answer.text), "a file for a spreadsheet stays plain"


async def test_a_gradebook_is_told_in_the_language_that_the_activity_was_set_up_in(
    world: World,
) -> None:
    """And where nobody has set it up, in the learner's own."""
    campus = await open_campus(world)
    book = Gradebook(campus)
    await world.adds_case(51.4)
    german = {"launch_presentation": {"locale": "de_AT"}, "endpoint": ENDPOINT}
    ada = await campus.arrives("ada", **german)
    await opens_case(ada)
    await locks(ada, "42")
    await world.adds_case(30.0, 2)
    teacher = await campus.picks(launch_presentation={"locale": "fr"})
    await presses(teacher, "add", cases="1", grade_by="linear")
    [item] = (await answered(teacher))[f"{DL}content_items"]
    bea = await campus.arrives("bea", "picked", custom=item["custom"], **german)
    await opens_case(bea)
    await locks(bea, "40")
    await world.works()
    comments = {score["userId"]: score["comment"] for score in book.scores}
    assert comments["ada"].startswith("1/1 Fälle. Mittlerer Fehler 9,4, Verzerrung −9,4 (schätzt")
    assert comments["ada"].endswith("Nur für die Lehre.")
    assert re.match(r"1/1 cas\. Erreur moyenne 1\d,\d, biais .1\d,\d \(s", comments["bea"])
    assert comments["bea"].endswith("À usage pédagogique uniquement.")
