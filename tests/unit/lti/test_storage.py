import pytest

from lti.storage import (
    expired_cookie,
    launch_cookie,
    oldest_beyond,
    state_cookie,
    storage_key,
    storage_target_origin,
)


def test_a_login_leaves_a_cookie_that_comes_back_inside_a_foreign_frame() -> None:
    assert state_cookie("abc", "secret") == (
        "__Host-eb-state-abc=secret; "
        "Path=/; Secure; HttpOnly; SameSite=None; Partitioned; Max-Age=600"
    )


def test_a_launch_leaves_a_cookie_of_its_own() -> None:
    assert launch_cookie("l1", "handle", max_age=60) == (
        "__Host-eb-l1=handle; Path=/; Secure; HttpOnly; SameSite=None; Partitioned; Max-Age=60"
    )


def test_a_cookie_is_removed_from_the_partition_that_it_is_in() -> None:
    assert expired_cookie("__Host-eb-l1") == (
        "__Host-eb-l1=; Path=/; Secure; HttpOnly; SameSite=None; Partitioned; Max-Age=0"
    )


@pytest.mark.parametrize("bad", ["a;b", "a b", "a\r\nSet-Cookie: x=1", "a=b", "é", "a\n"])
def test_a_cookie_takes_no_character_that_could_end_it(bad: str) -> None:
    with pytest.raises(ValueError, match="cookie"):
        launch_cookie("l1", bad)
    with pytest.raises(ValueError, match="cookie"):
        state_cookie(bad, "value")
    with pytest.raises(ValueError, match="cookie"):
        expired_cookie(bad)


def test_the_oldest_launches_beyond_eight_are_dropped() -> None:
    launches = [f"__Host-eb-l{number}" for number in range(10)]
    others = ["__Host-eb-state-abc", "theme"]
    assert oldest_beyond([*others, *launches]) == ["__Host-eb-l0", "__Host-eb-l1"]


def test_up_to_eight_launches_stay() -> None:
    assert oldest_beyond([f"__Host-eb-l{number}" for number in range(8)]) == []
    assert oldest_beyond(["__Host-eb-a", "__Host-eb-b"], limit=1) == ["__Host-eb-a"]


def test_the_platforms_frame_keeps_a_state_under_its_own_key() -> None:
    assert storage_key("abc") == "lti_state_abc"


@pytest.mark.parametrize(
    ("door", "origin"),
    [
        ("https://sso.lms.test/api/lti/authorize_redirect", "https://sso.lms.test"),
        ("https://lms.test:8443/auth?x=1", "https://lms.test:8443"),
        ("*", None),
        ("", None),
    ],
)
def test_only_the_platforms_own_origin_may_see_the_state(door: str, origin: str | None) -> None:
    assert storage_target_origin(door) == origin
