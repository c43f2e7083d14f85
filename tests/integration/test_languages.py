"""In which language a learner is answered: their choice, the launch's locale, the browser's."""

import re

from tests.support.fakes import a_tracing
from tests.support.walks import launch_of, locks, opens_case, words_of
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
