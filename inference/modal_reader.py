"""The Reader on Modal: starts a call, hands out its id before it waits, and fetches the answer.

modal is imported by the first call only: the web process never pays for it, nor needs it.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from inference.reading import ClipRefused, ReaderUnavailable, Reading
from inference.remote import APP, ENTRY, MISSING, Told
from inference.triaged import (
    LOCAL,
    NO_TICKET,
    ClipNotAccepted,
    Ticket,
    Triaged,
    TriageUnavailable,
)

if TYPE_CHECKING:
    import modal

REACH_SECONDS: Final = 5.0  # modal itself gives up on an unreachable server after 56 s
UPLOAD_SECONDS: Final = 30.0
WAIT_SECONDS: Final = 120.0  # a cold start of both containers, the check and the reading
GRACE_SECONDS: Final = 5.0
NOT_REACHED: Final = "Modal is not reached: may this machine connect to api.modal.com?"
NOT_KNOWN: Final = (
    "Modal does not know this token, or lets it do too little: set MODAL_TOKEN_ID and "
    "MODAL_TOKEN_SECRET to a service user's"
)
NOT_DEPLOYED: Final = (
    "this version of the reader is not deployed on Modal: `eyeball modal deploy` publishes it, and "
    "EYEBALL_MODAL_VERSION names one"
)


class Then(StrEnum):
    """What helps when Modal gave no answer."""

    WAIT = "wait"  # ask for the same call again
    START = "start"  # forget the call, start a new one
    OPERATOR = "operator"  # nothing, until somebody mends the set-up


class ModalUnavailable(ReaderUnavailable):
    """Modal gave no answer; never the clip's fault."""

    def __init__(self, words: str, then: Then) -> None:
        super().__init__(words)
        self.then = then


@dataclass(frozen=True, slots=True, kw_only=True)
class ModalAccess:
    """A service user's token, and which deployment is called: its version is pinned."""

    token_id: str
    token_secret: str = field(repr=False)
    version: int | None = None
    environment: str | None = None
    app: str = APP


class ModalReader:
    """Reads on Modal; the same clip under the same call id is never read twice."""

    def __init__(
        self,
        access: ModalAccess,
        *,
        provider: str = LOCAL,
        reach_seconds: float = REACH_SECONDS,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._access = access
        self._provider = provider  # TriageSettings.checker; a deployment with another one: failed
        self._reach_seconds = reach_seconds
        self._wait_seconds = wait_seconds

    async def read(
        self,
        masked: Path,
        frame_times: Sequence[float],
        *,
        phantom: bool = False,
        frame_rate_told: bool = False,
        ticket: Ticket = NO_TICKET,
    ) -> Reading:
        """The reading; ClipRefused, ClipNotAccepted, TriageUnavailable or ModalUnavailable."""
        clip = await asyncio.to_thread(_content, masked)
        asked: Told = {
            "sha256": hashlib.sha256(clip).hexdigest(),
            "frame_times": list(frame_times),
            "phantom": phantom,
            "frame_rate_told": frame_rate_told,
            "triaged": ticket.triaged and ticket.triaged.to_primitives(),
            "provider": self._provider,
        }
        told = await self._answer(clip, asked, ticket)
        return await answer_told(told, str(asked["sha256"]), ticket)

    async def _answer(self, clip: bytes, asked: Told, ticket: Ticket) -> object:
        unreached = Then.WAIT if ticket.call else Then.START
        async with connected(self._access, self._reach_seconds, unreached) as client:
            call = _kept(ticket.call, client) or await self._started(clip, asked, client)
            if ticket.on_call is not None and ticket.call is None:
                await ticket.on_call(call.object_id)
            async with within(self._wait_seconds + GRACE_SECONDS, Then.WAIT):
                return await call.get.aio(timeout=self._wait_seconds)

    async def _started(
        self, clip: bytes, asked: Told, client: "modal.Client"
    ) -> "modal.FunctionCall[Any]":
        async with within(self._reach_seconds, Then.START):
            function = await called(self._access, client)
        async with within(UPLOAD_SECONDS, Then.START):
            return await function.spawn.aio(clip, asked)


def _content(masked: Path) -> bytes:
    try:
        return masked.read_bytes()
    except OSError as error:
        raise ReaderUnavailable("the clip is not in its place") from error


@asynccontextmanager
async def connected(
    access: ModalAccess, seconds: float, unreached: Then
) -> AsyncGenerator["modal.Client"]:
    """A client that was answered at least once, closed in the end."""
    try:
        import modal
    except ModuleNotFoundError as error:
        raise ModalUnavailable(MISSING.format("modal"), Then.OPERATOR) from error
    if not (access.token_id and access.token_secret):
        raise ModalUnavailable("no Modal token is set", Then.OPERATOR)
    os.environ["MODAL_PAYLOAD_FORMAT"] = "cbor"  # no pickle is ever opened here
    async with within(seconds, unreached, NOT_REACHED):
        client = await modal.Client.from_credentials.aio(access.token_id, access.token_secret)
    try:
        async with within(seconds, unreached, NOT_REACHED):
            await client.hello.aio()
        yield client
    finally:
        await client.close.aio()


def _kept(call: str | None, client: "modal.Client") -> "modal.FunctionCall[Any] | None":
    import modal

    return None if call is None else modal.FunctionCall.from_id(call, client=client)


async def called(access: ModalAccess, client: "modal.Client") -> "modal.Function[Any, Any, Any]":
    import modal

    function = cast(
        "modal.Function[Any, Any, Any]",
        modal.Function.from_name(
            access.app,
            ENTRY,
            version=access.version,
            environment_name=access.environment,
            client=client,
        ),
    )
    await function.hydrate.aio()
    return function


@asynccontextmanager
async def within(
    seconds: float, unreached: Then, silent: str = "Modal has not answered yet"
) -> AsyncGenerator[None]:
    """One step's time limit, and every way in which Modal fails, told as what helps."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except ReaderUnavailable:
        raise
    except Exception as error:
        raise _mapped(error, unreached, silent) from error


def _mapped(error: Exception, unreached: Then, silent: str) -> ModalUnavailable:
    from modal import exception

    if isinstance(error, exception.AuthError | exception.PermissionDeniedError):
        return ModalUnavailable(NOT_KNOWN, Then.OPERATOR)
    if isinstance(error, exception.NotFoundError) and unreached is Then.WAIT:
        return ModalUnavailable("Modal does not know this call", Then.START)
    if isinstance(error, exception.NotFoundError):
        return ModalUnavailable(NOT_DEPLOYED, Then.OPERATOR)
    if isinstance(error, exception.OutputExpiredError):
        return ModalUnavailable("Modal no longer keeps the answer", Then.START)
    if isinstance(error, exception.FunctionTimeoutError):
        return ModalUnavailable("the reading took too long on Modal", Then.START)
    if isinstance(error, exception.RemoteError | exception.ExecutionError):
        return ModalUnavailable("the call failed, was cancelled, or lost its container", Then.START)
    if isinstance(error, TimeoutError | exception.TimeoutError | exception.ConnectionError):
        return ModalUnavailable(silent, unreached)
    return ModalUnavailable(f"Modal: {type(error).__name__}", unreached)


async def answer_told(told: object, sha256: str, ticket: Ticket) -> Reading:
    """The reading in an answer of inference.serving, or the error that it tells.

    raises: TriageUnavailable; ClipRefused; ClipNotAccepted; ModalUnavailable.
    """
    try:
        return await _understood(cast("Told", told), ticket)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        words = f"the answer on {sha256[:12]} cannot be understood"
        raise ModalUnavailable(words, Then.OPERATOR) from error


async def _understood(told: Told, ticket: Ticket) -> Reading:
    if told["status"] == "unavailable":
        raise await _unavailable(told, ticket)
    if told["status"] == "rejected" and "refused" in told:
        raise ClipRefused.from_primitives(cast("Told", told["refused"]))
    if told["status"] not in {"ok", "rejected", "unread"}:
        raise ModalUnavailable(f"the reader failed: {told['reason']}", Then.OPERATOR)
    triaged = Triaged.from_primitives(cast("Told", told["triaged"]))
    if ticket.on_triaged is not None and triaged != ticket.triaged:
        await ticket.on_triaged(triaged)
    if told["status"] == "rejected":
        raise ClipNotAccepted(triaged)
    if told["status"] == "unread":
        words = f"the GPU gave no answer ({told['reason']}): `modal app logs {APP}` may say why"
        raise ModalUnavailable(words, Then.START)
    return Reading.from_primitives(cast("Told", told["reading"]))


async def _unavailable(told: Told, ticket: Ticket) -> TriageUnavailable:
    error = TriageUnavailable.from_primitives(told)
    if error.usage is not None and ticket.on_useless is not None:
        await ticket.on_useless(error)
    return error
