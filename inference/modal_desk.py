"""What an operator does with the reader on Modal: deploy it, look at it, keep it warm for a class.

modal is imported by the first call only, and inference.worker, which declares the app, by `deploy`.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from inference.modal_reader import (
    REACH_SECONDS,
    ModalAccess,
    ModalUnavailable,
    Then,
    called,
    connected,
    within,
)
from inference.remote import GPU_CLASS

if TYPE_CHECKING:
    import modal

DEPLOY_SECONDS: Final = 1800.0  # the first deployment builds both images
UNDO_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the deployed reader stands: clips that wait and containers that run, of each half."""

    checks_waiting: int
    checkers: int
    readings_waiting: int
    readers: int


async def standing(access: ModalAccess) -> Standing:
    """Ask Modal how the reader stands; nothing is started. ModalUnavailable."""
    async with connected(access, REACH_SECONDS, Then.START) as client:
        async with within(REACH_SECONDS, Then.START):
            checking = await (await called(access, client)).get_current_stats.aio()
        async with within(REACH_SECONDS, Then.START):
            reading = await _gpu_reader(access, client).read.get_current_stats.aio()
    return Standing(
        checks_waiting=checking.backlog,
        checkers=checking.num_total_runners,
        readings_waiting=reading.backlog,
        readers=reading.num_total_runners,
    )


async def keep_warm(
    access: ModalAccess,
    seconds: float,
    *,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Keep one GPU waiting for so long; it is let go of even if this is stopped half-way."""
    async with connected(access, REACH_SECONDS, Then.START) as client:
        gpu = _gpu_reader(access, client)
        async with within(REACH_SECONDS, Then.START):
            await gpu.read.autoscaler.update.aio(min_containers=1)
        try:
            await pause(seconds)
        finally:
            async with within(UNDO_SECONDS, Then.START):
                await gpu.read.autoscaler.update.aio(min_containers=0)


def _gpu_reader(access: ModalAccess, client: "modal.Client") -> Any:
    import modal

    found = modal.Cls.from_name(
        access.app,
        GPU_CLASS,
        version=access.version,
        environment_name=access.environment,
        client=client,
    )
    return cast("Any", found)()


async def deploy(access: ModalAccess, told: dict[str, str]) -> str:
    """Build the images and publish the app; the address of its dashboard. ModalUnavailable.

    told: what the deployment has to agree on with the service, such as who checks the view.
    """
    os.environ.update(told)  # inference.worker bakes it into the images when it is imported
    async with connected(access, REACH_SECONDS, Then.START) as client:
        from inference import worker

        async with within(DEPLOY_SECONDS, Then.OPERATOR):
            return await _published(worker.app, access, client)


async def _published(app: "modal.App", access: ModalAccess, client: "modal.Client") -> str:
    """Modal's own words say what is missing: a secret, a Volume, a right of the token."""
    from modal import exception

    try:
        await app.deploy.aio(name=access.app, environment_name=access.environment, client=client)
    except (exception.AuthError, exception.PermissionDeniedError):
        raise
    except exception.Error as error:
        raise ModalUnavailable(f"not deployed: {error}", Then.OPERATOR) from error
    return await app.get_dashboard_url.aio()
