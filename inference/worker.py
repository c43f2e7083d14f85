"""The Modal app, deployed by `eyeball modal deploy` from a machine that needs no torch.

A clip is checked on a small CPU container first, so that a rejected one starts no GPU; what may be
read goes to a T4 that is billed per second and stops `IDLE_SECONDS` after its last clip. Its
weights lie in a read-only Volume and are verified when they are loaded, which happens once: Modal
keeps a snapshot of the process as it is after `load`. There is no web endpoint: who holds the
workspace's token calls `read_clip` through the SDK (inference.modal_reader).

Only this module and inference.modal_reader know Modal. What decides is elsewhere.
"""

import io
import os
from pathlib import Path
from typing import Final, cast

import modal

from inference.reading import ClipRefused
from inference.remote import APP, IDLE_SECONDS, MOUNT, VOLUME, Told

# Of the machine that deploys; baked into the images, so that a container sees the same.
TOLD: Final = {
    "EYEBALL_TRIAGE": os.environ.get("EYEBALL_TRIAGE", "gemini"),
    "EYEBALL_GEMINI_MODEL": os.environ.get("EYEBALL_GEMINI_MODEL", ""),
    "EYEBALL_VERTEX_PROJECT": os.environ.get("EYEBALL_VERTEX_PROJECT", ""),
    "EYEBALL_VERTEX_LOCATION": os.environ.get("EYEBALL_VERTEX_LOCATION", ""),
    "EYEBALL_GEMINI_URL": os.environ.get("EYEBALL_GEMINI_URL", ""),
    "EYEBALL_WEIGHTS_SHA256": os.environ.get("EYEBALL_WEIGHTS_SHA256", ""),
    "MODAL_PAYLOAD_FORMAT": "cbor",  # nothing that a container sends is ever unpickled
}
KEY: Final = "GOOGLE_SERVICE_ACCOUNT" if TOLD["EYEBALL_VERTEX_PROJECT"] else "GEMINI_API_KEY"
DECODING: Final = ("av==19.0.2", "numpy==2.5.5", "opencv-python-headless==5.0.0.93")
ASKING: Final = ("google-genai==3.4.0", "httpx2==2.16.2")
READING: Final = ("torch==2.15.0",)
GPU_SECONDS: Final = 225.0  # a GPU's cold start, and a place in the queue before it

app = modal.App(APP, include_source=False)
python = modal.Image.debian_slim(python_version="3.12")
checking = python.uv_pip_install(*DECODING, *ASKING).env(TOLD).add_local_python_source("inference")
reading = python.uv_pip_install(*READING, *DECODING).env(TOLD).add_local_python_source("inference")
weights = modal.Volume.from_name(VOLUME).with_mount_options(read_only=True)
asks = TOLD["EYEBALL_TRIAGE"] == "gemini"
secrets = [modal.Secret.from_name("eyeball-triage", required_keys=[KEY])] if asks else []
again = modal.Retries(max_retries=2, initial_delay=1.0)  # of what the platform lost, nothing else


@app.function(
    image=checking,
    secrets=secrets,
    cpu=0.5,
    memory=1024,
    timeout=300,  # 45 s for the view, GPU_SECONDS for the rest
    startup_timeout=120,
    scaledown_window=IDLE_SECONDS,
    max_containers=16,
    retries=again,
)
async def read_clip(clip: bytes, asked: Told) -> Told:
    """Check the clip, and have it read if it may be; an answer of inference.serving."""
    from inference.serving import checked, failure, triage_settings, unless_lost

    try:
        told = await checked(clip, asked, triage_settings(os.environ))
    except Exception as error:  # no cause is worth a second try, and its words may quote the clip
        return failure(error)
    if told["status"] != "accepted":
        return told
    request = cast("Told", told["asked"])
    if modal.is_local():
        return GpuReader().read.local(clip, request)
    return await unless_lost(GpuReader().read.remote.aio(clip, request), request, GPU_SECONDS)


@app.cls(
    image=reading,
    gpu="T4",
    volumes={MOUNT: weights},
    cpu=2.0,
    memory=4096,
    timeout=120,
    startup_timeout=180,
    scaledown_window=IDLE_SECONDS,
    max_containers=4,
    retries=again,
    enable_memory_snapshot=True,
)
class GpuReader:
    """The network, loaded once for many clips."""

    @modal.enter(snap=True)
    def load(self) -> None:
        """On the CPU, as a snapshot has no GPU; without verified weights nothing starts."""
        from inference.weights import load_model

        self.model = load_model(
            Path(os.environ.get("EYEBALL_MODELS", MOUNT)),
            halve=modal.is_local(),
            sha256=os.environ.get("EYEBALL_WEIGHTS_SHA256", ""),
        )

    @modal.enter(snap=False)
    def to_gpu(self) -> None:
        """After every start; half precision if it says the same of two phantoms, and faster."""
        from inference.checkpoint import phantom_clips
        from inference.weights import has_gpu, on_gpu

        if has_gpu():
            self.model = on_gpu(self.model, phantom_clips())

    @modal.method()
    def read(self, clip: bytes, asked: Told) -> Told:
        """The reading of a clip that was checked."""
        from inference.reader import Request, read_with
        from inference.serving import failure

        try:
            reading = read_with(self.model, io.BytesIO(clip), Request.of(asked), {})
        except ClipRefused as refused:
            return {"status": "rejected", "refused": refused.to_primitives()}
        except Exception as error:
            return failure(error)
        return {"status": "ok", "reading": reading.to_primitives(), "triaged": asked["triaged"]}

    @modal.method()
    def health(self) -> Told:
        """Which model reads here, on what."""
        card = self.model.card
        return {
            "model": card.name,
            "sha256": card.sha256,
            "device": self.model.device,
            "dtype": str(self.model.dtype),
            "clips": self.model.clips,
        }
