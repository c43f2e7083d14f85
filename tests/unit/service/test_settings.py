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
        ("EYEBALL_PRACTICE_CASES", "13"),
        ("EYEBALL_PRACTICE_CASES", "72"),
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
        ({"SUPABASE_URL": PROJECT, "SUPABASE_KEY": f"{SECRET_KEY} \u00e9"}, "SUPABASE_KEY"),
        ({"SUPABASE_URL": PROJECT, "SUPABASE_KEY": f"{SECRET_KEY}\r\nx: y"}, "SUPABASE_KEY"),
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


def test_a_key_that_lies_around_switches_nothing_on(tmp_path: Path) -> None:
    found = settings(
        tmp_path, GEMINI_API_KEY="k", MODAL_TOKEN_ID="ak-1", MODAL_TOKEN_SECRET="as-1"
    ).cloud
    assert found.view_check == "local"
    assert found.triage.provider == "local"
    assert found.modal is None


def test_gemini_is_asked_where_the_operator_says_so(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k-1\n")
    found = settings(
        tmp_path,
        EYEBALL_TRIAGE="gemini",
        GEMINI_API_KEY_FILE=str(tmp_path / "key"),
        EYEBALL_GEMINI_MODEL="gemini-2.5-flash",
        EYEBALL_GEMINI_DOLLARS_A_DAY="2.50",
    ).cloud
    assert (found.triage.provider, found.triage.model) == ("gemini", "gemini-2.5-flash")
    assert found.triage.api_key == "k-1"
    assert found.gemini_dollars == 2.5
    assert "k-1" not in repr(found)


def test_a_developer_key_where_learners_come_needs_its_terms_accepted(tmp_path: Path) -> None:
    real = {
        "EYEBALL_TRIAGE": "gemini",
        "GEMINI_API_KEY": "k-1",
        "EYEBALL_PUBLIC_URL": "https://tool.example.edu",
    }
    with pytest.raises(SettingsRefused, match="EYEBALL_GEMINI_KEY_TERMS=accepted"):
        settings(tmp_path, **real)
    accepted = settings(tmp_path, **real, EYEBALL_GEMINI_KEY_TERMS="accepted")
    assert accepted.cloud.triage.api_key == "k-1"
    vertex = settings(tmp_path, **real, EYEBALL_VERTEX_PROJECT="p-1")
    assert vertex.cloud.triage.project == "p-1"


def test_the_terms_are_the_same_where_modal_holds_the_key(tmp_path: Path) -> None:
    real = {
        "EYEBALL_TRIAGE": "gemini",
        "EYEBALL_READER": "modal",
        "MODAL_TOKEN_ID": "ak-1",
        "MODAL_TOKEN_SECRET": "as-1",
        "EYEBALL_PUBLIC_URL": "https://tool.example.edu",
    }
    with pytest.raises(SettingsRefused, match="EYEBALL_GEMINI_KEY_TERMS=accepted"):
        settings(tmp_path, **real)
    assert settings(tmp_path, **real, EYEBALL_GEMINI_KEY_TERMS="accepted").cloud.modal
    assert settings(tmp_path, **real, EYEBALL_VERTEX_PROJECT="p-1").cloud.modal
    with pytest.raises(SettingsRefused, match="EYEBALL_GEMINI_URL"):
        settings(tmp_path, **real, EYEBALL_GEMINI_URL="http://127.0.0.1:9000")


def test_clips_are_read_on_modal_where_the_operator_says_so(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        EYEBALL_READER="modal",
        EYEBALL_TRIAGE="gemini",  # its key lies with Modal then
        MODAL_TOKEN_ID="ak-1",
        MODAL_TOKEN_SECRET="as-1",
        EYEBALL_MODAL_VERSION="7",
        MODAL_ENVIRONMENT="prod",
    ).cloud
    assert found.modal is not None
    assert (found.modal.version, found.modal.environment) == (7, "prod")
    assert "as-1" not in repr(found)


@pytest.mark.parametrize("given", ["{", "[]", "3", '{"client_email": "x"}', "account.json"])
def test_half_a_service_account_is_refused_without_its_words(tmp_path: Path, given: str) -> None:
    with pytest.raises(SettingsRefused, match="GOOGLE_SERVICE_ACCOUNT") as told:
        settings(tmp_path, GOOGLE_SERVICE_ACCOUNT=given)
    assert given == "3" or given not in str(told.value)


def test_a_secrets_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsRefused, match="SUPABASE_KEY_FILE"):
        settings(tmp_path, SUPABASE_KEY_FILE=str(tmp_path / "key"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"EYEBALL_TRIAGE": "perhaps"},
        {"EYEBALL_TRIAGE": "gemini"},
        {"EYEBALL_READER": "cloud"},
        {"EYEBALL_READER": "modal", "MODAL_TOKEN_ID": "ak-1"},
        {"EYEBALL_GEMINI_DOLLARS_A_DAY": "-1"},
        {"EYEBALL_MODAL_DOLLARS_A_DAY": "much"},
        {"EYEBALL_GEMINI_URL": "http://gateway.example.edu"},
        {"EYEBALL_TRIAGE": "gemini", "EYEBALL_READER": "local", "GEMINI_API_KEY": ""},
    ],
)
def test_half_a_cloud_is_refused_in_words(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsRefused, match=r"EYEBALL_"):
        settings(tmp_path, **wrong)
