"""What both ends of the remote reader know: names, figures and the shape of what travels."""

from typing import Final

type Told = dict[str, object]

APP: Final = "eyeball-reader"
VOLUME: Final = "eyeball-weights"
ENTRY: Final = "read_clip"
GPU_CLASS: Final = "GpuReader"
MOUNT: Final = "/weights"
IDLE_SECONDS: Final = 20  # a start costs about 15 s of T4: idling longer costs more than it saves
MISSING: Final = "the package {} is not installed here: install requirements-cloud.lock"
