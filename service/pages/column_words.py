"""What becomes of the gradebook column of an activity whose settings change, in words."""

from service import column_changes
from service.i18n import _
from service.models import LineItem
from service.words_of_lms import trouble_words


def column_rule(column: LineItem | None) -> str:
    """What a change will mean for it."""
    if column is None:
        return _(
            "The column in your LMS keeps its own maximum: change that in the LMS, if you change "
            "the points here."
        )
    if not column_changes.may_change(column):
        return _(
            "Your LMS doesn't let this tool change its gradebook column: change the title, points "
            "and dates there too."
        )
    return _(
        "The gradebook column gets the title, points and dates that you save. If it holds grades "
        "that your LMS would not rescale, it keeps its maximum."
    )


def column_standing(column: LineItem | None) -> str | None:
    """What became of the last change; None where there is nothing to say."""
    if column is None or not (column.changes or column.change_problem):
        return None
    why = trouble_words(column.change_problem) if column.change_problem else None
    if not column.changes:
        return why
    if why is None:
        return _("The gradebook column is being changed in your LMS.")
    return _(
        "The gradebook column isn't changed yet, and is tried again by itself: %(why)s", why=why
    )
