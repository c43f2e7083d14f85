"""The tables, one file per noun."""

from service.models.activity import Activity, Kind
from service.models.attempt import Attempt, AttemptState, Estimate
from service.models.base import Base
from service.models.case import Case
from service.models.clip import Clip, ClipState
from service.models.event import Event, EventKind, EventOutcome
from service.models.launch import Launch, LoginState
from service.models.learner import Learner
from service.models.passback import Passback, PassbackState
from service.models.reading import Reading
from service.models.registration import Deployment, Registration, ToolKey
from service.models.score import Score

__all__ = [
    "Activity",
    "Attempt",
    "AttemptState",
    "Base",
    "Case",
    "Clip",
    "ClipState",
    "Deployment",
    "Estimate",
    "Event",
    "EventKind",
    "EventOutcome",
    "Kind",
    "Launch",
    "Learner",
    "LoginState",
    "Passback",
    "PassbackState",
    "Reading",
    "Registration",
    "Score",
    "ToolKey",
]
