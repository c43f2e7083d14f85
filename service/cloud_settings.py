"""Who checks a clip's view and where it is read, as the environment says: never by accident.

A key that lies in the environment switches nothing on: clips leave this machine only where
`EYEBALL_TRIAGE` or `EYEBALL_READER` says so.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from inference.modal_reader import ModalAccess
from inference.remote import APP
from inference.triaged import DEFAULT_MODEL, GEMINI, LOCAL, TriageSettings
from service.environment import LOOPBACK, SettingsRefused, dollars, secret_value, whole_number

GEMINI_DOLLARS = 5.0  # a day: about 3,500 clips with the default model
MODAL_DOLLARS = 5.0  # a day: about 600 clips, each counted as if it came alone and cold
TERMS = "EYEBALL_GEMINI_KEY_TERMS"


class ViewCheck(StrEnum):
    """Who says that a clip shows the apical four-chamber view before it is read."""

    OFF = "off"  # nobody: every reading says so
    LOCAL = "local"  # technical checks only: nothing is ever confirmed
    GEMINI = "gemini"
    TEACHER = "teacher"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """The serverless half of a deployment; as it stands here, nothing leaves the machine."""

    view_check: ViewCheck = ViewCheck.LOCAL
    triage: TriageSettings = field(default_factory=TriageSettings)
    gemini_dollars: float = GEMINI_DOLLARS
    modal: ModalAccess | None = None
    modal_dollars: float = MODAL_DOLLARS


def cloud(env: Mapping[str, str], *, public_url: str) -> Cloud:
    """All of it; SettingsRefused where a part is missing."""
    check = view_check(env)
    modal = modal_access(env)
    asks = check is ViewCheck.GEMINI
    if asks:
        require_credentials(env, public_url, elsewhere=modal is not None)
    return Cloud(
        view_check=check,
        triage=triage_settings(env, provider=GEMINI if asks else LOCAL),
        gemini_dollars=dollars(env, "EYEBALL_GEMINI_DOLLARS_A_DAY", GEMINI_DOLLARS),
        modal=modal,
        modal_dollars=dollars(env, "EYEBALL_MODAL_DOLLARS_A_DAY", MODAL_DOLLARS),
    )


def view_check(env: Mapping[str, str]) -> ViewCheck:
    """EYEBALL_TRIAGE."""
    value = env.get("EYEBALL_TRIAGE") or ViewCheck.LOCAL
    try:
        return ViewCheck(value)
    except ValueError as error:
        known = ", ".join(ViewCheck)
        raise SettingsRefused(f"EYEBALL_TRIAGE must be one of {known}: {value}") from error


def require_credentials(env: Mapping[str, str], public_url: str, *, elsewhere: bool) -> None:
    """A Vertex project, or a key whose terms were accepted where real learners come.

    elsewhere: Modal asks, and holds the key in a secret of its own: the terms are the same.
    """
    if elsewhere and urlsplit(env.get("EYEBALL_GEMINI_URL", "")).hostname in LOOPBACK:
        raise SettingsRefused("EYEBALL_GEMINI_URL is on this machine, which Modal does not reach.")
    if env.get("EYEBALL_VERTEX_PROJECT"):
        return
    if not elsewhere and not secret_value(env, "GEMINI_API_KEY"):
        raise SettingsRefused(
            "EYEBALL_TRIAGE=gemini needs EYEBALL_VERTEX_PROJECT, or GEMINI_API_KEY for a trial."
        )
    local = urlsplit(public_url).hostname in LOOPBACK
    if not local and env.get(TERMS) != "accepted":
        raise SettingsRefused(
            "Without EYEBALL_VERTEX_PROJECT, Gemini is asked by a key of its Developer API"
            f"{', which Modal holds' if elsewhere else ''}, whose terms exclude clinical use"
            " and, unpaid, let people at Google see what is sent. Use Vertex"
            " (EYEBALL_VERTEX_PROJECT) under your institution's agreement; or, for a paid key and"
            f" public or synthetic clips only, set {TERMS}=accepted."
        )


def triage_settings(env: Mapping[str, str], *, provider: str) -> TriageSettings:
    """How Gemini is reached."""
    return TriageSettings(
        provider=provider,
        model=env.get("EYEBALL_GEMINI_MODEL") or DEFAULT_MODEL,
        api_key=secret_value(env, "GEMINI_API_KEY"),
        project=env.get("EYEBALL_VERTEX_PROJECT") or None,
        location=env.get("EYEBALL_VERTEX_LOCATION") or "global",
        credentials=service_account(env),
        base_url=base_url(env),
    )


def service_account(env: Mapping[str, str]) -> str | None:
    """The JSON that Google gives out for a service account; its key is tried by the doctor."""
    given = secret_value(env, "GOOGLE_SERVICE_ACCOUNT")
    if given is None:
        return None
    try:
        whole = {"client_email", "private_key", "token_uri"} <= set(json.loads(given))
    except (ValueError, TypeError):
        whole = False
    if not whole:
        raise SettingsRefused(
            "GOOGLE_SERVICE_ACCOUNT must hold the JSON of a service account's key, whole;"
            " GOOGLE_SERVICE_ACCOUNT_FILE names the file it came in."
        )
    return given


def base_url(env: Mapping[str, str]) -> str | None:
    """Another address for Gemini: the operator's own gateway; a key never travels in the clear."""
    url = env.get("EYEBALL_GEMINI_URL")
    if not url:
        return None
    parts = urlsplit(url)
    if not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)):
        raise SettingsRefused(f"EYEBALL_GEMINI_URL must begin with https://: {url}")
    return url


def modal_access(env: Mapping[str, str]) -> ModalAccess | None:
    """EYEBALL_READER=modal, with a token; None where clips are read on this machine."""
    where = env.get("EYEBALL_READER") or "local"
    if where == "local":
        return None
    if where != "modal":
        raise SettingsRefused(f"EYEBALL_READER must be local or modal: {where}")
    token, secret = env.get("MODAL_TOKEN_ID"), secret_value(env, "MODAL_TOKEN_SECRET")
    if not token or not secret:
        raise SettingsRefused(
            "EYEBALL_READER=modal needs MODAL_TOKEN_ID and MODAL_TOKEN_SECRET"
            " (Modal: Settings, Service Users)."
        )
    version = env.get("EYEBALL_MODAL_VERSION")
    return ModalAccess(
        token_id=token,
        token_secret=secret,
        version=whole_number(env, "EYEBALL_MODAL_VERSION", 1) if version else None,
        environment=env.get("MODAL_ENVIRONMENT") or None,
        app=env.get("EYEBALL_MODAL_APP") or APP,
    )
