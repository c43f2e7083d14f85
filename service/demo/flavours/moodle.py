"""Moodle 4.5, as it was seen to be: what it takes, what it erases, and how it says no.

Its registration is in registration.py.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import MediaType, Response

from service.demo.errors import ChoiceRefused, ServiceRefused, TokenRefused
from service.demo.flavours.plain import Held, Plain
from service.demo.platform import LINE_ITEM, ROSTER, SCOPES, Activity, User

MOST_POINTS = 100  # its gradepointmax
PAGE = "<!DOCTYPE html><html><head><title>Error</title></head><body>{}</body></html>"


class Moodle(Plain):
    """Whole seconds, exact media types, erasing posts, and pages where one expects JSON.

    The plain manner has some of it already: 409 to an equal second, scores and comments that erase,
    a query in each line item's address, a teacher's own grade that wins silently.
    """

    family = "moodle"
    manners = "Moodle"
    scopes = (*SCOPES, LINE_ITEM, ROSTER)
    storage_target = None  # it has none, whatever the frame
    has_roster = True

    def check_sent(self, media_type: str, wanted: str) -> None:
        """Matched to the letter, and then called by another name."""
        try:
            super().check_sent(media_type, wanted)
        except ServiceRefused as refused:
            raise _no_handler() from refused

    def check_accept(self, accepted: str | None, media_type: str) -> None:
        """Neither a list nor application/json; a container's `*/*` neither."""
        if accepted != media_type:
            raise _no_handler()

    def check_results_query(self, query: dict[str, str]) -> None:
        """`limit` breaks it."""
        if "limit" in query:
            raise ServiceRefused(404, "Error reading from database")

    def custom(self, activity: Activity, user: User, known: Mapping[str, Any]) -> dict[str, Any]:
        """In small letters, under the original spelling too, and with what nobody asked for;
        it knows none of our variables, and sends their names."""
        lowered = {
            "".join(c if c.isalnum() else "_" for c in name.lower()): value
            for name, value in activity.custom.items()
        }
        return {**lowered, **activity.custom, "user_name": user.given_name.lower()}

    def column(self, points: float | None, *, of: int) -> float | None:
        """Whole points, up to its maximum; else a lone item's form cannot be saved, and one of
        several gets a column that takes no number."""
        if points is None or (points.is_integer() and points <= MOST_POINTS):
            return points
        if of == 1:
            raise ChoiceRefused("The maximum grade has to be a whole number from 1 to 100.")
        return None

    def result(self, held: Held) -> dict[str, Any]:
        """A grade of zero comes without its number."""
        return {"resultScore": held.points} if held.points else {}

    def refusal(self, error: ServiceRefused) -> Response[Any]:
        """An empty list for a bad request, a page for what is not there."""
        if error.status in {401, 404}:
            return _page(error.status, error.reason)
        return Response(b"[]", status_code=error.status, media_type=MediaType.JSON)

    def token_refusal(self, error: TokenRefused) -> Response[Any]:
        """As text/html whatever it is, once not even JSON, and a page where it could not fetch the
        tool's keys."""
        if error.status == 503:
            return _page(404, "Unable to read the keyset")
        if "kid" in error.reason:
            body = b'{"error" : ""kid" invalid, unable to lookup correct key"}'
        else:
            body = msgspec.json.encode({"error": error.reason})
        return Response(body, status_code=400, media_type=MediaType.HTML)

    def token(self, content: dict[str, Any]) -> Response[Any]:
        """JSON that is called a page."""
        return Response(msgspec.json.encode(content), media_type=MediaType.HTML)


def _no_handler() -> ServiceRefused:
    return ServiceRefused(400, "No handler found for this content type")


def _page(status: int, words: str) -> Response[Any]:
    return Response(PAGE.format(words), status_code=status, media_type=MediaType.HTML)
