"""The check before the GPU, as data: bytes and primitives in and out. Knows no Modal, no torch.

Outcomes are answers, never exceptions: an exception would be retried by the platform, and a clip
that was refused once is refused again. An answer's "status" is one of

ok:          {"reading", "triaged"};
unread:      {"reason", "triaged"}: the GPU's fault, after a check that need not be paid for again;
rejected:    {"refused"} by a technical veto, or {"triaged"} by the view;
unavailable: {"reason", "again", "usage", "of_clip"}: the check failed, not the clip;
failed:      {"reason"}: our fault;
accepted:    {"asked"}, on its way from the check to the network.
"""

import asyncio
import hashlib
import io
from collections.abc import Awaitable, Mapping
from typing import Final, cast

from inference.looking import look
from inference.reading import ClipRefused, Outcome
from inference.remote import Told
from inference.triaged import GEMINI, LOCAL, Triaged, TriageSettings, TriageUnavailable

PROVIDER: Final = "EYEBALL_TRIAGE"
MODEL: Final = "EYEBALL_GEMINI_MODEL"
PROJECT: Final = "EYEBALL_VERTEX_PROJECT"
LOCATION: Final = "EYEBALL_VERTEX_LOCATION"
GATEWAY: Final = "EYEBALL_GEMINI_URL"
KEY: Final = "GEMINI_API_KEY"
ACCOUNT: Final = "GOOGLE_SERVICE_ACCOUNT"


def triage_settings(environment: Mapping[str, str]) -> TriageSettings:
    """Who checks the view, as the deployment was told."""
    known = TriageSettings()
    return TriageSettings(
        provider=GEMINI if environment.get(PROVIDER) == GEMINI else LOCAL,
        model=environment.get(MODEL) or known.model,
        api_key=environment.get(KEY),
        project=environment.get(PROJECT) or None,
        location=environment.get(LOCATION) or known.location,
        credentials=environment.get(ACCOUNT),
        base_url=environment.get(GATEWAY) or None,
    )


async def checked(clip: bytes, asked: Told, settings: TriageSettings) -> Told:
    """Whether the network may be asked, and what; a phantom's view needs no asking."""
    if hashlib.sha256(clip).hexdigest() != asked["sha256"]:
        return {"status": "failed", "reason": "the clip was damaged on its way"}
    if asked["provider"] != settings.checker:
        reason = (
            f"it was deployed to check by {settings.checker}, not by {asked['provider']}: "
            "`eyeball modal deploy` mends that"
        )
        return {"status": "failed", "reason": reason}
    told = cast("Told | None", asked["triaged"])
    kept = None if told is None else Triaged.from_primitives(told)
    try:
        ours = TriageSettings() if asked["phantom"] is True else settings
        triaged = await look(io.BytesIO(clip), ours, kept)
    except ClipRefused as refused:
        return {"status": "rejected", "refused": refused.to_primitives()}
    except TriageUnavailable as error:
        return {"status": "unavailable"} | error.to_primitives()
    if triaged.verdict.outcome is Outcome.REJECTED:
        return {"status": "rejected", "triaged": triaged.to_primitives()}
    return {"status": "accepted", "asked": asked | {"triaged": triaged.to_primitives()}}


async def unless_lost(answer: Awaitable[Told], asked: Told, seconds: float) -> Told:
    """The GPU's answer, or that none came: it was tried again there, and to raise here would have
    the platform start all over, and buy another verdict."""
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except Exception as error:
        return failure(error) | {"status": "unread", "triaged": asked["triaged"]}


def failure(error: Exception) -> Told:
    """Our own fault, by its kind alone: its words might quote what came with the clip."""
    return {"status": "failed", "reason": type(error).__name__}
