"""Settings: read once, and refused with a sentence that says what to set."""

import stat
from pathlib import Path

import jwt
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


PROJECT = "https://abc.supabase.co"
SECRET_KEY = "sb_secret_abc"


def legacy_key(role: str) -> str:
    return jwt.encode({"iss": "supabase", "role": role}, "a secret that only Supabase itself knows")


@pytest.mark.parametrize("key", [SECRET_KEY, legacy_key("service_role")])
@pytest.mark.parametrize("url", [PROJECT, f"{PROJECT}/", "http://127.0.0.1:54321"])
def test_clips_in_supabase_need_an_address_and_a_secret_key(
    tmp_path: Path, url: str, key: str
) -> None:
    found = settings(tmp_path, SUPABASE_URL=url, SUPABASE_KEY=key).supabase
    assert found is not None
    assert (found.url, found.key, found.bucket) == (url.rstrip("/"), key, "eyeball-clips")
    assert key not in repr(found)


def test_supabases_key_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{SECRET_KEY}\n")
    environment = {"SUPABASE_URL": PROJECT, "SUPABASE_KEY_FILE": str(tmp_path / "key")}
    found = settings(tmp_path, **environment, EYEBALL_BUCKET="a-bucket").supabase
    assert found is not None
    assert (found.key, found.bucket) == (SECRET_KEY, "a-bucket")


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"SUPABASE_URL": PROJECT}, "SUPABASE_KEY"),
        ({"SUPABASE_KEY": SECRET_KEY}, "SUPABASE_URL"),
        ({"SUPABASE_URL": PROJECT, "SUPABASE_KEY": "sb_publishable_abc"}, "sb_secret_"),
        ({"SUPABASE_URL": PROJECT, "SUPABASE_KEY": legacy_key("anon")}, "service_role"),
        ({"SUPABASE_URL": PROJECT, "SUPABASE_KEY": "nonsense"}, "SUPABASE_KEY"),
        ({"SUPABASE_URL": "http://abc.supabase.co", "SUPABASE_KEY": SECRET_KEY}, "SUPABASE_URL"),
        ({"SUPABASE_URL": f"{PROJECT}/storage/v1", "SUPABASE_KEY": SECRET_KEY}, "SUPABASE_URL"),
        ({"SUPABASE_URL": "abc.supabase.co", "SUPABASE_KEY": SECRET_KEY}, "SUPABASE_URL"),
        (
            {"SUPABASE_URL": PROJECT, "SUPABASE_KEY": SECRET_KEY, "EYEBALL_BUCKET": "A b/c"},
            "EYEBALL_BUCKET",
        ),
        ({"EYEBALL_DATABASE_SCHEMA": "public"}, "EYEBALL_DATABASE_SCHEMA"),
        ({"EYEBALL_DATABASE_SCHEMA": "pg_own"}, "EYEBALL_DATABASE_SCHEMA"),
        ({"EYEBALL_DATABASE_SCHEMA": 'x"; DROP'}, "EYEBALL_DATABASE_SCHEMA"),
    ],
)
def test_a_wrong_setting_of_supabase_is_refused_with_what_to_set(
    tmp_path: Path, environment: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsRefused, match=named):
        settings(tmp_path, **environment)


def test_a_private_schema_may_be_named(tmp_path: Path) -> None:
    assert settings(tmp_path).database_schema is None
    found = settings(tmp_path, EYEBALL_DATABASE_SCHEMA="eyeball")
    assert found.database_schema == "eyeball"
