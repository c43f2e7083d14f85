"""In which language a learner is answered: their choice, the launch's locale, the browser's."""

from tests.support.walks import launch_of
from tests.support.world import TOOL, World, form_to


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
