"""Which reader and which outliner a deployment has: made here for the worker and for
`eyeball doctor`."""

from inference.cards import OUTLINER_CARD
from inference.checking import CheckedReader
from inference.client import Reader
from inference.modal_reader import ModalReader
from inference.outlines import LocalOutliner, Outliner
from service.settings import DEMO_MODELS, Settings


def make_reader(settings: Settings) -> Reader:
    """On Modal where that is set up, else in children of this machine."""
    cloud = settings.cloud
    if cloud.modal is not None:
        return ModalReader(cloud.modal, provider=cloud.triage.checker)
    return CheckedReader(cloud.triage, models=settings.models_folder, at_once=settings.jobs_at_once)


def make_outliner(settings: Settings) -> Outliner | None:
    """In children of this machine, where the operator has installed a model for it."""
    folder = settings.outliners_folder
    return LocalOutliner(folder) if (folder / OUTLINER_CARD).exists() else None


def make_phantom_outliner() -> Outliner:
    """The one that came with the tool: of drawn hearts only, and nothing else is given to it."""
    return LocalOutliner(DEMO_MODELS, phantom=True)
