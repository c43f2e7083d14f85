"""Hostile rows A01-A18: whom a token is from, whom it is for, and where it leads."""

from dataclasses import replace

import pytest

from tests.unit.lti.lms import Lms, refused, state


@pytest.mark.parametrize("aud", ["other", ["other"], "", "tool-1 ", "TOOL-1"])
async def test_a01_a_token_for_somebody_else_is_refused(lms: Lms, aud: object) -> None:
    with refused("wrong_registration"):
        await lms.launches(aud=aud)
    assert lms.asked == []


@pytest.mark.parametrize("aud", [..., None, 7, {"aud": "tool-1"}, ["tool-1", 7], [None]])
async def test_a02_a_token_without_a_proper_audience_is_refused(lms: Lms, aud: object) -> None:
    with refused("malformed_token"):
        await lms.launches(aud=aud)


@pytest.mark.parametrize(
    ("aud", "azp"),
    [
        ([], ...),
        (["tool-1", "other"], ...),
        (["tool-1", "other"], "foreign"),
        (["tool-1"], "foreign"),
        ("tool-1", "foreign"),
        ("other", "tool-1"),
        (["other"], "tool-1"),
    ],
)
async def test_a05_several_audiences_need_us_as_the_authorised_one(
    lms: Lms, aud: object, azp: object
) -> None:
    with refused("wrong_audience"):
        await lms.launches(aud=aud, azp=azp)


async def test_a07_an_authorised_party_beside_us_is_refused(lms: Lms) -> None:
    with refused("wrong_registration"):
        await lms.launches(aud=["tool-1", "other"], azp="other")


@pytest.mark.parametrize("azp", [7, [], {}, True])
async def test_a07_an_authorised_party_of_another_type_is_refused(lms: Lms, azp: object) -> None:
    with refused("malformed_token"):
        await lms.launches(azp=azp)


@pytest.mark.parametrize("iss", ["https://evil.test", "https://lms.test/", "HTTPS://LMS.TEST"])
async def test_a08_an_unknown_issuer_is_refused(lms: Lms, iss: str) -> None:
    with refused("wrong_registration"):
        await lms.launches(iss=iss)


@pytest.mark.parametrize("iss", [..., None, "", 7, ["https://lms.test"]])
async def test_a09_a_token_without_a_proper_issuer_is_refused(lms: Lms, iss: object) -> None:
    with refused("malformed_token"):
        await lms.launches(iss=iss)


async def test_a10_a_login_at_one_platform_is_not_answered_by_another(lms: Lms) -> None:
    other = Lms("other.test", key="other tenant")
    with refused("wrong_registration"):
        await lms.sends(other.signs(other.claims()))
    assert lms.asked == []


async def test_a11_a_login_of_one_client_is_not_answered_for_another(lms: Lms) -> None:
    other = Lms()
    other.registration = replace(other.registration, id="reg-2", client_id="tool-2")
    with refused("wrong_registration"):
        await lms.sends(other.signs(other.claims()))


async def test_a11_a_login_is_checked_against_its_own_registration(lms: Lms) -> None:
    with refused("wrong_registration"):
        await lms.sends(lms.signs(lms.claims()), state=state(registration_id="reg-2"))


async def test_a13_another_deployment_than_the_logins_is_refused(lms: Lms) -> None:
    with refused("wrong_deployment"):
        await lms.sends(lms.signs(lms.claims()), state=state(deployment_id="2"))


@pytest.mark.parametrize("deployment", [..., None, "", 7, ["1"], {"id": "1"}, "d" * 300])
async def test_a15_a_launch_without_a_proper_deployment_is_refused(
    lms: Lms, deployment: object
) -> None:
    with refused("malformed_token"):
        await lms.launches(deployment_id=deployment)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/launch",
        "https://tool.test.evil.test/launch",
        "https://tool.test@evil.test/launch",
        "https://tool.test:444/launch",
        "http://tool.test/launch",
        "//evil.test/launch",
        "https:\\\\evil.test",
        "https://tool.test\\@evil.test/launch",
        "https://[tool.test/launch",
        "javascript:alert(1)",
        "data:text/html,x",
        "/launch",
        "",
    ],
)
async def test_a18_a_launch_that_leads_elsewhere_is_refused(lms: Lms, target: str) -> None:
    with refused("foreign_target"):
        await lms.launches(target_link_uri=target)
