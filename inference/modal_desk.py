"""What an operator does with the reader on Modal: deploy it, look at it, keep it warm for a class.

modal is imported by the first call only, and inference.worker, which declares the app, by `deploy`.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
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
from inference.remote import GPU_CLASS, VOLUME

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
            gpu = await _gpu_reader(access, client)
            reading = await gpu.read.get_current_stats.aio()
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
        async with within(REACH_SECONDS, Then.START):
            gpu = await _gpu_reader(access, client)
        try:  # from the first word on: who is stopped while asking may have been heard
            async with within(REACH_SECONDS, Then.START):
                await gpu.read.autoscaler.update.aio(min_containers=1)
            await pause(seconds)
        finally:
            await _let_go(gpu)


async def _let_go(gpu: Any) -> None:
    try:
        async with within(UNDO_SECONDS, Then.START):
            await gpu.read.autoscaler.update.aio(min_containers=0)
    except ModalUnavailable as error:
        raise ModalUnavailable(
            f"{error}, so the GPU may still wait, and cost: warm it for a minute again, or deploy",
            Then.OPERATOR,
        ) from error


async def _gpu_reader(access: ModalAccess, client: "modal.Client") -> Any:
    import modal

    found = cast(
        "Any",
        modal.Cls.from_name(
            access.app,
            GPU_CLASS,
            version=access.version,
            environment_name=access.environment,
            client=client,
        ),
    )
    await found.hydrate.aio()
    return found()


async def deploy(access: ModalAccess, told: dict[str, str], model: Sequence[Path]) -> str:
    """Store the weights, build the images and publish the app; the address of its dashboard.

    told:   what the deployment has to agree on with the service, such as who checks the view.
    model:  the files of the verified model.
    raises: ModalUnavailable.
    """
    os.environ.update(told)  # inference.worker bakes it into the images when it is imported
    async with connected(access, REACH_SECONDS, Then.START) as client:
        from inference import worker

        async with within(DEPLOY_SECONDS, Then.OPERATOR), _in_its_words():
            await _store(model, access, client)
            await worker.app.deploy.aio(
                name=access.app, environment_name=access.environment, client=client
            )
            return await worker.app.get_dashboard_url.aio()


async def _store(model: Sequence[Path], access: ModalAccess, client: "modal.Client") -> None:
    """Into the root of the Volume, which is made on demand: there the reader looks for them."""
    import modal

    volume = modal.Volume.from_name(
        VOLUME, environment_name=access.environment, create_if_missing=True, client=client
    )
    await volume.hydrate.aio()
    async with volume.batch_upload(force=True) as batch:
        for file in model:
            batch.put_file(file, f"/{file.name}")


@asynccontextmanager
async def _in_its_words() -> AsyncGenerator[None]:
    """Modal says what is missing: a secret, or a right of the token."""
    from modal import exception

    try:
        yield
    except (exception.AuthError, exception.PermissionDeniedError):
        raise
    except exception.Error as error:
        raise ModalUnavailable(f"not deployed: {error}", Then.OPERATOR) from error
