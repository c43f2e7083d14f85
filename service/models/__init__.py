"""The tables, one file per noun."""

from service.models.access_token import AccessToken
from service.models.activity import MEASURES, Activity, Answers, Counting, Kind
from service.models.allowance import Allowance
from service.models.anchor import Anchor
from service.models.attempt import Attempt, AttemptState, Draft, Estimate
from service.models.base import Base
from service.models.case import Case
from service.models.clip import Clip, ClipState, Hold
from service.models.consumer_key import ConsumerKey
from service.models.event import Event, EventKind, EventOutcome
from service.models.invite import Invite
from service.models.launch import Launch, LoginState
from service.models.learner import Learner
from service.models.line_item import LineItem, Pace
from service.models.notice import CourseCopy, HeardNotice, NoticeService
from service.models.operator_pass import OperatorPass, PassKind
from service.models.override import Override
from service.models.passback import Passback, PassbackState
from service.models.picking import Picking
from service.models.reading import Reading
from service.models.registration import DefaultActivity, Deployment, Registration, ToolKey
from service.models.regrade import Outcome, RegradeRequest
from service.models.reopening import Reopening
from service.models.roster import Roster
from service.models.score import Score
from service.models.sitting import Sitting
from service.models.spend import Paid, Spend, SpendState
from service.models.tracing import Marks, Still, Tracing
from service.models.verdict import KeptVerdict, Ruling

__all__ = [
    "MEASURES",
    "AccessToken",
    "Activity",
    "Allowance",
    "Anchor",
    "Answers",
    "Attempt",
    "AttemptState",
    "Base",
    "Case",
    "Clip",
    "ClipState",
    "ConsumerKey",
    "Counting",
    "CourseCopy",
    "DefaultActivity",
    "Deployment",
    "Draft",
    "Estimate",
    "Event",
    "EventKind",
    "EventOutcome",
    "HeardNotice",
    "Hold",
    "Invite",
    "KeptVerdict",
    "Kind",
    "Launch",
    "Learner",
    "LineItem",
    "LoginState",
    "Marks",
    "NoticeService",
    "OperatorPass",
    "Outcome",
    "Override",
    "Pace",
    "Paid",
    "PassKind",
    "Passback",
    "PassbackState",
    "Picking",
    "Reading",
    "Registration",
    "RegradeRequest",
    "Reopening",
    "Roster",
    "Ruling",
    "Score",
    "Sitting",
    "Spend",
    "SpendState",
    "Still",
    "ToolKey",
    "Tracing",
]
