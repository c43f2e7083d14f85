"""Practice cases: launch, blinded estimate, score, and the mean in the gradebook."""

from tests.support.world import World, form_to


async def test_a_learner_walks_from_the_course_to_a_grade(world: World) -> None:
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    assert "Practice cases" in ada.text
    await ada.opens(f"https://tool.test{ada.path}/cases/1")
    await ada.sends(form_to(ada.text, "/review"), lvef="42")
    await ada.sends(form_to(ada.text, "/lock"))
    assert "You said 42 %. The reference is 51 %." in ada.text
    assert "You read 9 points low." in ada.text
    await world.works()
    book = await world.gradebook()
    assert [grade["score_given"] for grade in book["grades"]] == [73.33]
    assert len(book["posts"]) == 1
