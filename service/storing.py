"""Which clip store a deployment has: made here for web, worker and commands, and tried here."""

import tempfile
from pathlib import Path

import httpx2

from service.clips import ClipStore, LocalClips, new_masked_key, new_raw_key
from service.clock import utc_now
from service.settings import Settings, SettingsRefused
from service.signing import Signer

# Seconds between tries: a page cannot wait, a job can.
QUICK = (0.3,)
PATIENT = (0.5, 2.0, 5.0)
TRIAL = b"a clip of `eyeball doctor`"


def make_clips(settings: Settings, signer: Signer, *, patient: bool = False) -> ClipStore:
    """Supabase where it is set up, else a folder; Supabase's client is loaded only if needed."""
    if settings.supabase is None:
        return LocalClips(settings.clips_folder, public_url=settings.public_url, signer=signer)
    try:
        from service.supabase_clips import SupabaseClips
    except ModuleNotFoundError as error:
        raise SettingsRefused(
            "SUPABASE_URL is set, and Supabase's client is not installed: "
            "install requirements-cloud.lock."
        ) from error
    return SupabaseClips(settings.supabase, pauses=PATIENT if patient else QUICK)


async def try_clips(settings: Settings) -> str | None:
    """Store a clip, take it back and delete it; and where browsers send theirs straight to the
    store, send one as they do. What is wrong, or None."""
    clips = make_clips(settings, Signer(settings.secret))
    try:
        problem = await try_storing(clips)
        if problem is None and clips.origin is not None:
            return await try_sending(clips, settings.public_url)
        return problem
    finally:
        await clips.close()


async def try_storing(clips: ClipStore) -> str | None:
    """One clip there and back."""
    key = new_masked_key()
    with tempfile.TemporaryDirectory() as folder:
        sent, got = Path(folder) / "sent", Path(folder) / "got"
        sent.write_bytes(TRIAL)
        await clips.put_file(key, sent)
        await clips.fetch(key, got)
        await clips.delete(key)
        if got.read_bytes() != TRIAL or await clips.size(key) is not None:
            return "what comes back is not what was stored, or it cannot be deleted."
    return None


async def try_sending(clips: ClipStore, public_url: str) -> str | None:
    """One clip as a learner's browser sends it, which asks before whether it may."""
    key = new_raw_key()
    grant = await clips.grant_upload(key, max_bytes=len(TRIAL), now=utc_now().timestamp())
    asks = {
        "Origin": public_url,
        "Access-Control-Request-Method": grant.method,
        "Access-Control-Request-Headers": ",".join(sorted(map(str.lower, grant.headers))),
    }
    async with httpx2.AsyncClient(timeout=20) as http:
        allowed = await http.options(grant.url, headers=asks)
        if allowed.headers.get("Access-Control-Allow-Origin") not in {"*", public_url}:
            return f"browsers may not send clips there: its gateway must allow {public_url} (CORS)."
        sent = await http.request(grant.method, grant.url, headers=grant.headers, content=TRIAL)
    arrived = await clips.size(key)
    await clips.delete(key)
    if arrived != len(TRIAL):
        return f"a clip that was sent as a browser sends it has not arrived ({sent.status_code})."
    return None
