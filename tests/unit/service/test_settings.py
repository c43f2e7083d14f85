"""Settings: read once, and refused with a sentence that says what to set."""

import stat
from pathlib import Path

import pytest

from service.settings import Settings, SettingsRefused


def settings(home: Path, **environment: str) -> Settings:
    return Settings.from_environment({"EYEBALL_HOME": str(home), **environment})


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert found.public_url == "http://127.0.0.1:8001"
    assert found.database_url is None


def test_a_deployments_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = settings(tmp_path).secret
    assert len(first) >= 43
    assert settings(tmp_path).secret == first
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://db/eyeball\n")
    found = settings(tmp_path, DATABASE_URL_FILE=str(tmp_path / "url"))
    assert found.database_url == "postgresql+psycopg://db/eyeball"


@pytest.mark.parametrize(
    "given", ["postgres://db/x", "postgresql://db/x", "postgresql+psycopg://db/x"]
)
def test_every_spelling_of_a_postgres_url_is_understood(tmp_path: Path, given: str) -> None:
    assert settings(tmp_path, DATABASE_URL=given).database_url == "postgresql+psycopg://db/x"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EYEBALL_PUBLIC_URL", "http://tool.example.edu"),
        ("EYEBALL_PUBLIC_URL", "tool.example.edu"),
        ("EYEBALL_PUBLIC_URL", "https://tool.example.edu/path"),
        ("EYEBALL_PORT", "0"),
        ("EYEBALL_PORT", "eighty"),
        ("EYEBALL_PORT", "70000"),
        ("EYEBALL_WEB_WORKERS", "-1"),
        ("EYEBALL_LISTEN_NOTIFY", "maybe"),
        ("EYEBALL_PASSBACK_DELAYS", "soon"),
        ("DATABASE_URL", "mysql://db/x"),
        ("DATABASE_URL_FILE", "/nowhere/at/all"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsRefused, match=name):
        settings(tmp_path, **{name: value})


def test_without_a_database_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="eyeball serve"):
        _ = settings(tmp_path).database
