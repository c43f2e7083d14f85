"""`eyeball weights install`: a checkpoint, fetched if need be, checked and put in place."""

from collections.abc import Callable
from pathlib import Path

from inference.cards import Card
from inference.installing import download, install_checkpoint
from service.settings import Settings

STEP = 20 * 1024 * 1024  # bytes between two lines of progress


async def install(settings: Settings, source: str, say: Callable[[str], None]) -> Card:
    """Install a checkpoint into the data folder; InstallRefused leaves everything as it was."""
    folder = settings.home / "models"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return await from_anywhere(folder, source, say)
    finally:
        if not any(folder.iterdir()):
            folder.rmdir()  # an empty one would hide the demo model


async def from_anywhere(folder: Path, source: str, say: Callable[[str], None]) -> Card:
    """From a file as it lies there, or from a URL by way of one that is deleted afterwards."""
    if "://" not in source:
        say("Checking the checkpoint; this takes about ten seconds …")
        return await install_checkpoint(Path(source), folder, accept_licence=True)
    told = 0

    def on_progress(kept: int, total: int | None) -> None:
        nonlocal told
        if kept - told >= STEP:
            told = kept
            say(f"{kept >> 20} of {total >> 20 if total else '?'} MB …")

    fetched = await download(source, folder, on_progress=on_progress)
    try:
        say("Checking the checkpoint; this takes about ten seconds …")
        return await install_checkpoint(fetched, folder, accept_licence=True)
    finally:
        fetched.unlink(missing_ok=True)
