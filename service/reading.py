"""Which reader a deployment has: made here for the worker and for `eyeball doctor`."""

from inference.checking import CheckedReader
from inference.client import Reader
from inference.modal_reader import ModalReader
from service.settings import Settings


def make_reader(settings: Settings) -> Reader:
    """On Modal where that is set up, else in children of this machine."""
    cloud = settings.cloud
    if cloud.modal is not None:
        return ModalReader(cloud.modal, provider=cloud.triage.provider)
    return CheckedReader(cloud.triage, models=settings.models_folder, at_once=settings.jobs_at_once)
