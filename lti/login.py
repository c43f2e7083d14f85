"""The login: a platform sends a browser to us, and we send it back to the platform's own door.

Pure: no network, no library. The service stores the LoginState, and hands it in again, once.
"""

import re
import secrets
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit, urlunsplit

from lti.errors import LoginRefused
from lti.registration import Registration

LOGIN_VALIDITY = timedelta(minutes=10)
MOST_CHARACTERS = 4096
# What a login may bring. The storage target is kept for the launch: it names the frame that can
# hold our state where cookies do not survive; a login restarted in a new window leaves it out.
LOGIN_PARAMETERS = (
    "iss",
    "login_hint",
    "target_link_uri",
    "lti_message_hint",
    "client_id",
    "lti_deployment_id",
    "deployment_id",
    "lti_storage_target",
)


@dataclass(frozen=True, slots=True)
class LoginState:
    """A login under way: what its launch has to match, and how to start it again."""

    state: str
    nonce: str
    registration_id: str
    deployment_id: str | None
    target_link_uri: str
    params: dict[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LoginStart:
    """Where the browser goes now, and what to remember until it comes back."""

    url: str
    state: LoginState


def begin_login(
    params: Mapping[str, str],
    registrations: Sequence[Registration],
    *,
    redirect_uri: str,
    own_origin: str,
    known_paths: Container[str],
) -> LoginStart:
    """Answer a platform's login with its own authentication address, or refuse."""
    login = _known(params)
    registration = _choose(login, registrations)
    if not login.get("login_hint"):
        raise LoginRefused("The learning platform did not say who is coming.", code="no_login_hint")
    target = login.get("target_link_uri") or redirect_uri
    if not _is_own_page(target, own_origin, known_paths):
        raise LoginRefused("This login leads to a page that is not ours.", code="foreign_target")
    state = LoginState(
        # PyLTI1p3 would take uuid1, which can be guessed. One platform strips `<…>` from both.
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        registration_id=registration.id,
        # Two names for one thing: the specification's, and what one platform sends instead.
        deployment_id=login.get("lti_deployment_id") or login.get("deployment_id") or None,
        target_link_uri=target,
        params=login,
        expires_at=datetime.now(UTC) + LOGIN_VALIDITY,
    )
    return LoginStart(_authentication_url(registration, state, redirect_uri), state)


def single_valued(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The parameters of a login or launch; one that comes twice has no meaning, and is refused."""
    params: dict[str, str] = {}
    for name, value in pairs:
        if name in params:
            raise LoginRefused("A parameter came twice.", code="duplicate_parameter")
        params[name] = value
    return params


# A NUL or half a character: neither a URL nor a database takes them.
_NOT_TEXT = re.compile("[\0\ud800-\udfff]")


def _known(params: Mapping[str, str]) -> dict[str, str]:
    login = {name: params[name] for name in LOGIN_PARAMETERS if name in params}
    if any(len(value) > MOST_CHARACTERS for value in login.values()):
        raise LoginRefused("A parameter of this login is too long.", code="parameter_too_long")
    if any(_NOT_TEXT.search(value) for value in login.values()):
        raise LoginRefused("A parameter of this login is not text.", code="not_text")
    return login


def _choose(login: Mapping[str, str], registrations: Sequence[Registration]) -> Registration:
    issuer, client_id = login.get("iss"), login.get("client_id")
    found = [registration for registration in registrations if registration.issuer == issuer]
    if not found:
        raise LoginRefused("This learning platform is not registered here.", code="unknown_issuer")
    if client_id:
        found = [registration for registration in found if registration.client_id == client_id]
    if not found:
        raise LoginRefused("This client id is not registered here.", code="unknown_client")
    if len(found) > 1:
        raise LoginRefused(
            "The learning platform did not say which of its registrations it means.",
            code="ambiguous_issuer",
        )
    return found[0]


# urlsplit drops some of these silently, and browsers read a backslash as a slash.
_NEVER_IN_A_URL = re.compile(r"[\x00-\x20\x7f\\]")


def _is_own_page(url: str, own_origin: str, known_paths: Container[str]) -> bool:
    return origin_of(url) == own_origin and urlsplit(url).path in known_paths


def origin_of(url: str) -> str | None:
    """Scheme, host and port exactly as written, user name included; None if it is no web address.

    Compared as a whole, so that a user name, a suffix or another port never passes for ours.
    """
    if _NEVER_IN_A_URL.search(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return None
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _authentication_url(registration: Registration, state: LoginState, redirect_uri: str) -> str:
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": registration.client_id,
        "redirect_uri": redirect_uri,
        "login_hint": state.params["login_hint"],
        "state": state.state,
        "nonce": state.nonce,
    }
    if hint := state.params.get("lti_message_hint"):
        asked["lti_message_hint"] = hint
    door = urlsplit(registration.auth_login_url)
    # PyLTI1p3 2.0.0 breaks an address that has a query already (oidc_login.py:137).
    query = "&".join(part for part in (door.query, urlencode(asked)) if part)
    return urlunsplit((door.scheme, door.netloc, door.path, query, ""))
