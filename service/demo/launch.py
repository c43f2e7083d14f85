"""The launch: the tool asks who is there, and gets a signed answer, once."""

from asyncio import to_thread
from datetime import timedelta
from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.response import Template

from service.demo.claims import launch_claims, picking_claims
from service.demo.errors import LaunchErrored, LaunchRefused
from service.demo.lms import Asked, Lms
from service.demo.platform import USERS, Activity, User
from service.demo.store import PICKS, Hint
from service.demo.tools import Client

TOKEN_LIFETIME = timedelta(seconds=60)  # as Moodle's
FIXED = {  # each parameter's only value, and the error when it has another
    "scope": ("openid", "invalid_scope"),
    "response_type": ("id_token", "unsupported_response_type"),
    "response_mode": ("form_post", "invalid_request"),
    "prompt": ("none", "invalid_request"),
}


def login_form(
    lms: Lms,
    user: User,
    activity: Activity | None,
    document_target: str,
    client: Client,
    *,
    work_url: str | None = None,
) -> Template:
    """A form that starts the launch at the tool, and sends itself; without an activity, one that
    a teacher picks activities in. `work_url` opens the work behind a grade."""
    opens = activity.id if activity else PICKS
    hint = Hint(user.id, opens, document_target, client.client_id, work_url)
    fields = {
        "iss": lms.settings.lms_url,
        "target_link_uri": work_url or (activity and activity.url) or client.launch_url,
        "login_hint": user.id,
        "lti_message_hint": lms.store.make_hint(hint, lms.now()),
        "client_id": client.client_id,
        lms.flavour.deployment_parameter: client.deployment_id,
    }
    if document_target == "iframe" and lms.flavour.storage_target:
        fields["lti_storage_target"] = lms.flavour.storage_target
    return self_sending_form(client.login_url, fields)


def self_sending_form(action: str, fields: dict[str, str]) -> Template:
    """A page whose one form goes to the tool by script, or by its button."""
    return Template(
        "sending.html.jinja",
        context={"action": action, "fields": fields},
        headers={"Cache-Control": "no-store"},
    )


@get("/lti/jwks")
async def jwks(lms: NamedDependency[Lms]) -> dict[str, Any]:
    """The public keys that id_tokens are signed with."""
    return lms.signing_keys.jwks()


@get("/lti/auth")
async def authorize_by_link(request: Asked, lms: NamedDependency[Lms]) -> Template:
    """The tool's question, in a query."""
    return await to_thread(_authorize, lms, request, _once([*request.query_params.multi_items()]))


@post("/lti/auth", status_code=200)
async def authorize_by_form(request: Asked, lms: NamedDependency[Lms]) -> Template:
    """The tool's question, in a form."""
    form = await request.form()
    return await to_thread(_authorize, lms, request, _once([*form.multi_items()]))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, str]:
    parameters = dict(pairs)
    if len(parameters) < len(pairs):
        raise LaunchRefused("A parameter came twice.")
    if not all(isinstance(value, str) for value in parameters.values()):
        raise LaunchRefused("A parameter is not a text.")
    return parameters


def _authorize(lms: Lms, request: Asked, asked: dict[str, str]) -> Template:
    """Only errors after client, address and hint are right go back to the tool, as at Moodle."""
    client = lms.client(asked.get("client_id", ""))
    if client is None:
        raise LaunchRefused("This tool is not registered here (client_id).")
    if asked.get("redirect_uri") != client.launch_url:
        raise LaunchRefused("This address of the tool is not registered here (redirect_uri).")
    state = _checked_state(asked)
    hint = lms.store.use_hint(asked.get("lti_message_hint", ""), lms.now())
    if hint is None or hint.client_id != client.client_id:
        raise LaunchRefused("This launch was used already, or is too old (lti_message_hint).")
    _check_user(hint, asked, lms.viewer(request), state)
    token = lms.signing_keys.sign(_id_token(lms, hint, asked["nonce"], client))
    return self_sending_form(client.launch_url, {"id_token": token, "state": state})


def _checked_state(asked: dict[str, str]) -> str:
    state = asked.get("state", "")
    for name, (value, error) in FIXED.items():
        if asked.get(name) != value:
            raise LaunchErrored(error, f"{name} has to be {value}", state)
    for name in ("state", "nonce", "login_hint"):
        if not asked.get(name):
            raise LaunchErrored("invalid_request", f"{name} is missing", state)
    return state


def _check_user(hint: Hint, asked: dict[str, str], viewer: User | None, state: str) -> None:
    """The hint knows the user; a cookie may be missing in a frame, but must not contradict it."""
    if asked["login_hint"] != hint.user_id:
        raise LaunchErrored("access_denied", "login_hint is another user's", state)
    if viewer is not None and viewer.id != hint.user_id:
        raise LaunchErrored("access_denied", "another user has signed in since", state)


def _id_token(lms: Lms, hint: Hint, nonce: str, client: Client) -> dict[str, Any]:
    now = lms.now()
    return {
        "nonce": nonce,
        "iat": int(now.timestamp()),
        "exp": int((now + TOKEN_LIFETIME).timestamp()),
        **_claims(lms, hint, client),
    }


def _claims(lms: Lms, hint: Hint, client: Client) -> dict[str, Any]:
    user = USERS[hint.user_id]
    if hint.activity == PICKS:
        ticket = lms.store.make_ticket(client.client_id, lms.now())
        return picking_claims(lms, user, hint, client, ticket)
    activity = lms.activity(hint.activity)
    if activity is None:
        raise LaunchRefused("This activity is no longer in the course.")
    return launch_claims(lms, user, activity, hint, client)
