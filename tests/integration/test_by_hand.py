"""Connecting by hand: the addresses to copy, Canvas's file, and the operator's commands."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from lti.tool_configuration import ALL_SCOPES
from service.cli import main
from tests.support.world import TOOL, World


async def test_every_address_is_there_to_be_copied(world: World) -> None:
    browser = world.browser()
    answer = await browser.opens(f"{TOOL}/lti/connect")
    assert answer.status_code == 200
    for address in ("/lti/login", "/lti/launch", "/lti/jwks", "/lti/canvas.json"):
        assert f">{TOOL}{address}</code>" in browser.text, address
    assert "context_id_history=$Context.id.history" in browser.text
    assert all(scope in browser.text for scope in ALL_SCOPES)
    assert browser.text.count("data-copies=") == browser.text.count("data-copied=") == 8


async def test_canvas_reads_the_same_from_a_file(world: World) -> None:
    answer = await world.browser().http.get(f"{TOOL}/lti/canvas.json")
    assert answer.headers["Content-Type"].startswith("application/json")
    said = answer.json()
    assert said["oidc_initiation_url"] == f"{TOOL}/lti/login"
    assert said["target_link_uri"] == f"{TOOL}/lti/launch"
    assert said["public_jwk_url"] == f"{TOOL}/lti/jwks"
    assert said["scopes"] == list(ALL_SCOPES)
    [extension] = said["extensions"]
    assert extension["platform"] == "canvas.instructure.com"
    assert extension["domain"] == "tool.test"
    assert extension["privacy_level"] == "name_only"
    placements = {one["placement"]: one for one in extension["settings"]["placements"]}
    assert placements.keys() == {"assignment_selection", "link_selection"}
    assert {one["message_type"] for one in placements.values()} == {"LtiDeepLinkingRequest"}
    assert all(isinstance(value, str) for value in said["custom_fields"].values())


LMS_FILE = {
    "name": "Example University",
    "issuer": "https://lms.example.edu",
    "client_id": "one",
    "auth_login_url": "https://lms.example.edu/auth",
    "auth_token_url": "https://lms.example.edu/token",
    "jwks_url": "https://lms.example.edu/jwks",
    "deployment_ids": ["1"],
}


@pytest.fixture
def eyeball(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The command line of a deployment with an empty database."""
    for name, value in (
        ("DATABASE_URL", database_url),
        ("EYEBALL_HOME", str(tmp_path)),
        ("EYEBALL_PUBLIC_URL", TOOL),
    ):
        monkeypatch.setenv(name, value)
    return CliRunner()


def test_an_operator_adds_lists_and_approves_on_the_command_line(
    eyeball: CliRunner, tmp_path: Path
) -> None:
    def does(*words: str, status: int = 0) -> str:
        outcome = eyeball.invoke(main, words)
        assert outcome.exit_code == status, outcome.output
        return outcome.output

    issuer = LMS_FILE["issuer"]
    assert isinstance(issuer, str)
    for client in ("one", "two"):
        path = tmp_path / f"{client}.json"
        path.write_text(json.dumps({**LMS_FILE, "client_id": client}))
        assert "can launch now" in does("registrations", "add", str(path))
    assert does("registrations", "list").count("Example University") == 2
    assert "say which one" in does("registrations", "approve", issuer, "9", status=1)
    does("registrations", "approve", issuer, "9", "--client-id", "two")
    does("registrations", "deployments", issuer, "auto", "--client-id", "two")
    assert "own_clip" in does(
        "registrations", "set-default", issuer, "own_clip", "--client-id", "two"
    )
    first, second = does("registrations", "list").splitlines()
    assert "deployments 1, 9" not in first
    assert "deployments 1, 9" in second
    assert "No LMS with issuer" in does("registrations", "approve", "https://x.test", status=1)
    tested = does("registrations", "test", issuer, "--client-id", "one", status=1)
    assert "wrong  The LMS" in tested
    assert does("invite", "--uses", "3", "--days", "2").startswith(f"{TOOL}/lti/register/")
    assert does("operator", "link").startswith(f"{TOOL}/operator/enter/")
