"""The two frames that a learner has marked, on the page, until their clip is deleted."""

from tests.integration.test_explaining import an_answered_own_clip, marks
from tests.support.walks import attempt_of, carried, reloads
from tests.support.world import TOOL, World


async def test_the_answer_to_a_deletion_shows_no_picture_of_the_heart_already(world: World) -> None:
    ada = await an_answered_own_clip(world)
    await marks(ada, "4", "16")
    await world.works()
    assert "/stills/" in await reloads(ada)
    headers = {**carried(ada.text), "HX-Request": "true"}
    deleted = await ada.http.post(f"{TOOL}{attempt_of(ada)}/delete-clip", headers=headers)
    assert deleted.status_code == 200
    assert "Clip deleted on" in deleted.text
    for picture in ("/stills/", "<img", "<video", "polygon"):
        assert picture not in deleted.text
