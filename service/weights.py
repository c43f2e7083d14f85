"""`eyeball weights install`: a checkpoint, fetched if need be, checked and put in place."""

import time
from collections.abc import Callable
from pathlib import Path

from inference.cards import Card, OutlinerCard
from inference.installing import download, install_checkpoint
from service.settings import Settings

STEP = 20 * 1024 * 1024  # bytes between two lines of progress,
PAUSE = 15.0  # or seconds, where they come slowly


async def install(
    settings: Settings, source: str, say: Callable[[str], None]
) -> Card | OutlinerCard:
    """Install a checkpoint into the data folder; InstallRefused leaves everything as it was."""
    if "://" not in source:
        return await install_file(settings, Path(source), say)
    settings.home.mkdir(parents=True, exist_ok=True)
    told, at = 0, time.monotonic()

    def on_progress(kept: int, total: int | None) -> None:
        nonlocal told, at
        if kept - told >= STEP or time.monotonic() - at >= PAUSE:
            told, at = kept, time.monotonic()
            say(f"{kept >> 20} of {total >> 20 if total else '?'} MB …")

    fetched = await download(source, settings.home, on_progress=on_progress)
    try:
        return await install_file(settings, fetched, say)
    finally:
        fetched.unlink(missing_ok=True)


async def install_file(
    settings: Settings, source: Path, say: Callable[[str], None]
) -> Card | OutlinerCard:
    """Install a checkpoint that lies on this machine."""
    say("Checking the checkpoint; this takes about ten seconds …")
    return await install_checkpoint(
        source, settings.home / "models", settings.outliners_folder, accept_licence=True
    )


def what_it_does(card: Card | OutlinerCard, *, reads_on_modal: bool) -> str:
    """What an installed model does from now on, and what it does not."""
    if isinstance(card, Card):
        return f"{card.name} reads clips from now on; restart the tool and its workers."
    used = (
        f"{card.name} outlines the ventricle of learners' clips from now on, on the workers of "
        "this machine: area over the beat, end diastole, end systole and rhythm, after the answer. "
        "No LVEF ever comes from it. Restart the workers."
    )
    return used + (" Modal has no part in it: the workers need torch." if reads_on_modal else "")
