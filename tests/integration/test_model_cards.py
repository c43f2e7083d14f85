"""A page for each installed model, linked from wherever a number is shown."""

import json
from dataclasses import replace

import pytest

from inference.cards import (
    DEEPLAB,
    ECHONET,
    FOLDER,
    PHANTOM_OUTLINER_CARD,
    read_facts,
    read_outliner_facts,
)
from service.pages.model_cards import draw_card
from tests.support.walks import locks, opens_case
from tests.support.world import TOOL, World


async def test_the_demo_model_says_what_it_learnt_where_it_fails_and_how_far_it_errs(
    world: World,
) -> None:
    facts = read_facts()
    answer = await world.browser().http.get(f"{TOOL}/models/{facts['sha256']}")
    assert answer.status_code == 200
    held_out = json.loads(json.dumps(facts["held_out"]))
    training = json.loads(json.dumps(facts["training"]))
    for said in (
        str(facts["name"]),
        str(facts["sha256"]),
        "phantom model: not for real hearts",
        "No patient&#39;s picture was used",
        "Its error on real hearts is unknown",
        "It sees the upper middle of the sector alone",
        f"<bdi>{held_out['mae']:.1f}</bdi>",
        f"<bdi>{held_out['constant_mae']:.1f}</bdi>",
        f"{training['by_first_generator']} of them are drawn by another, simpler program.",
        "Drawn hearts in looks that it never learnt",
        f"<bdi>{json.loads(json.dumps(facts['unlearnt_looks']))['mae']:.1f}</bdi>",
        "Drawn hearts in looks far stronger than it learnt",
        f"<bdi>{json.loads(json.dumps(facts['other_looks']))['mae']:.1f}</bdi>",
        f"<bdi>{held_out['bands']['8-30']['bias']:+.1f}</bdi>".replace("-", "\N{MINUS SIGN}"),
        "MIT",
    ):
        assert said in answer.text, said


async def test_it_speaks_the_language_that_the_link_names(world: World) -> None:
    address = f"{TOOL}/models/{read_facts()['sha256']}"
    german = await world.browser().http.get(address, params={"lang": "de"})
    assert "Wo es versagt" in german.text
    assert 'lang="de"' in german.text
    odd = await world.browser().http.get(address, params={"lang": "../../etc"})
    assert odd.status_code == 200


@pytest.mark.parametrize("name", ["0" * 64, "x", "..%2f..%2fetc", "a" * 3000, "%00"])
async def test_of_a_model_that_is_not_here_the_page_says_so(world: World, name: str) -> None:
    answer = await world.browser().http.get(f"{TOOL}/models/{name}")
    assert answer.status_code in {400, 404, 414}
    assert "Traceback" not in answer.text
    if name == "0" * 64:
        assert "This model is not installed here" in answer.text


async def test_every_page_and_every_reading_link_to_their_model(world: World) -> None:
    await world.adds_case(51.0)
    ada = await world.learner("practice")
    installed = f"/models/{read_facts()['sha256']}?lang=en"
    assert installed in ada.text, "the list of cases"
    await opens_case(ada)
    assert installed in ada.text, "before the answer: it is the same for every clip"
    await locks(ada, "42")
    await world.works()
    answer = await ada.http.get(f"{TOOL}{ada.path}", follow_redirects=True)
    assert f'href="/models/{"0" * 64}?lang=en"' in answer.text, "the model that read this clip"


def test_an_operators_model_shows_its_licence_and_its_published_figures() -> None:
    card = draw_card(
        {
            "name": "EchoNet-Dynamic R(2+1)D-18",
            "label": None,
            "network": ECHONET,
            "sha256": "ab",
            "licence": "Research use only.",
            "held_out": {"rmse": 7.7},
        }
    )
    assert card.label is None
    assert card.licence == "Research use only."
    assert [row.mean_error for row in card.figures] == ["4.1", "6.0"]
    assert any("Nature" in source for source in card.sources)
    assert replace(card, label="x").label == "x"


async def test_the_model_that_outlines_has_a_page_of_its_own(world: World) -> None:
    missing = await world.browser().http.get(f"{TOOL}/models/outlines")
    assert missing.status_code == 404
    world.settings.outliners_folder.mkdir()
    card = world.settings.outliners_folder / "outlines.json"
    facts = {"name": "EchoNet-Dynamic DeepLabV3-ResNet50", "network": DEEPLAB, "sha256": "cd" * 32}
    card.write_text(json.dumps(facts | {"file": "outlines.pt", "licence": "Research use only."}))
    for name in ("outlines", "cd" * 32):
        page = await world.browser().http.get(f"{TOOL}/models/{name}")
        assert page.status_code == 200
        assert "EchoNet-Dynamic DeepLabV3-ResNet50" in page.text
        assert "No ejection fraction and no volume is taken from its outlines" in page.text
        assert "Research use only." in page.text
    card.write_text("{}")
    assert (await world.browser().http.get(f"{TOOL}/models/outlines")).status_code == 404
    reads = await world.browser().http.get(f"{TOOL}/models/{read_facts()['sha256']}")
    assert reads.status_code == 200


async def test_the_model_that_outlines_phantoms_has_a_page_with_its_label_and_figures(
    world: World,
) -> None:
    facts = read_outliner_facts(FOLDER, PHANTOM_OUTLINER_CARD)
    assert facts is not None
    held_out = json.loads(json.dumps(facts["held_out"]))
    for name in ("phantom-outlines", str(facts["sha256"])):
        page = (await world.browser().http.get(f"{TOOL}/models/{name}")).text
        for said in (
            "phantom model: not for real hearts",
            "no real clip is ever given to it, however it looks",
            "No ejection fraction and no volume is taken from its outlines",
            f"share {held_out['dice']:.2f} of their area",
            str(facts["sha256"]),
        ):
            assert said in page, said
