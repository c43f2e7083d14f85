"""Assignment and Grade Services: send a score, read what the gradebook holds, ask for a column."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx2
import msgspec

from lti.errors import PassbackRefused, PlatformUnreachable, ScoreOutdated
from lti.line_items import LineItem, LineItemWish, ListedLineItem, changed_column
from lti.outbound import Answer, is_safe
from lti.platforms import is_outdated, refusal_in_words, score_extras
from lti.registration import Registration
from lti.score import Score, score_body
from lti.services import Listing, ServiceCall, ServiceClient, decode, with_query
from lti.tokens import TokenClient

_AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
SCORE_SCOPE = _AGS + "score"
RESULT_SCOPE = _AGS + "result.readonly"
LINE_ITEM_SCOPE = _AGS + "lineitem.readonly"
NEW_LINE_ITEM_SCOPE = _AGS + "lineitem"

# Matched to the letter by some platforms: no list, no other type, and never application/json.
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"


@dataclass(frozen=True, slots=True)
class Result:
    """What the gradebook holds for a learner; score None may be a zero, or no number at all."""

    score: float | None
    maximum: float | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class Results:
    """What the gradebook holds for each learner, by user id; whoever is missing has nothing."""

    by_user: dict[str, Result]
    is_complete: bool


class GradesClient:
    """The gradebooks of all platforms, each reached with a token of its own."""

    def __init__(self, http: httpx2.AsyncClient, tokens: TokenClient) -> None:
        self._service = ServiceClient(http, tokens, refused=PassbackRefused)

    async def post_score(self, registration: Registration, lineitem: str, body: bytes) -> None:
        """Send one score as `encode_score` made it; a repeat is the same bytes."""
        call = ServiceCall(
            method="POST",
            url=_below(lineitem, "scores"),
            headers={"Content-Type": SCORE_TYPE},
            body=body,
        )
        await self._ask(registration, SCORE_SCOPE, call)

    async def result(
        self, registration: Registration, lineitem: str, user_id: str
    ) -> Result | None:
        """What the gradebook holds for this learner, a teacher's own grade included."""
        url = _below(lineitem, "results", user_id=user_id)
        call = ServiceCall(url=url, headers={"Accept": RESULTS_TYPE})
        answer = await self._ask(registration, RESULT_SCOPE, call)
        found = (held for held in decode(answer, list[_Result]) if held.user_id == user_id)
        held = next(found, None)
        return held and held.plain()

    async def results(self, registration: Registration, lineitem: str) -> Results:
        """What the gradebook holds for every learner; never by `limit`, which breaks one LMS."""
        call = ServiceCall(url=_below(lineitem, "results"), headers={"Accept": RESULTS_TYPE})
        listed = await self._service.pages(
            registration, RESULT_SCOPE, call, lambda page: decode(_accepted(page), list[_Result])
        )
        by_user = {held.user_id: held.plain() for held in listed.entries}
        return Results(by_user, listed.is_complete)

    async def line_item(self, registration: Registration, lineitem: str) -> LineItem:
        """The gradebook column itself: its maximum is what scores should be out of."""
        call = ServiceCall(url=lineitem, headers={"Accept": LINE_ITEM_TYPE})
        answer = await self._ask(registration, LINE_ITEM_SCOPE, call)
        return decode(answer, ListedLineItem).plain()

    async def line_items(
        self,
        registration: Registration,
        lineitems: str,
        *,
        resource_link_id: str | None = None,
        resource_id: str | None = None,
        tag: str | None = None,
    ) -> Listing[LineItem]:
        """The columns that this tool may see; a platform may ignore what they are asked by."""
        asked = {"resource_link_id": resource_link_id, "resource_id": resource_id, "tag": tag}
        given = {name: value for name, value in asked.items() if value}
        call = ServiceCall(url=with_query(lineitems, given), headers={"Accept": LINE_ITEMS_TYPE})
        return await self._service.pages(registration, LINE_ITEM_SCOPE, call, _line_items)

    async def find_or_create_line_item(
        self,
        registration: Registration,
        lineitems: str,
        wish: LineItemWish,
        *,
        family: str | None = None,
    ) -> LineItem:
        """The column that we wish for, made as this family of platforms wants it if there is none.

        Two callers at once would make two: the service lets one at a time do this.
        """
        if not wish.names():
            raise ValueError("a column is found by a name of its own, not by its label")
        listed = await self.line_items(registration, lineitems, **wish.names())
        found = next((column for column in listed.entries if wish.is_met_by(column)), None)
        if found is None and not listed.is_complete:
            raise PassbackRefused("The gradebook has too many columns.", status=0)
        return _usable(found or await self._create(registration, lineitems, wish.body(family)))

    async def change_line_item(
        self,
        registration: Registration,
        lineitem: str,
        changes: Mapping[str, Any],
        *,
        family: str | None = None,
        read_scope: str = LINE_ITEM_SCOPE,
    ) -> LineItem:
        """The column after these changes, by its properties' names in the specification: all else
        in it stays as it is read there. Nothing is written where it has them already."""
        read = ServiceCall(url=lineitem, headers={"Accept": LINE_ITEM_TYPE})
        answer = _changed(await self._service.send(registration, read_scope, read))
        held = decode(answer, dict[str, Any])
        body = changed_column(held, changes, family)
        if body is None:
            return decode(answer, ListedLineItem).plain()
        call = ServiceCall(
            method="PUT",
            url=lineitem,
            headers={"Content-Type": LINE_ITEM_TYPE, "Accept": LINE_ITEM_TYPE},
            body=msgspec.json.encode(body),
        )
        _changed(await self._service.send(registration, NEW_LINE_ITEM_SCOPE, call))
        return msgspec.convert(body, ListedLineItem).plain()

    async def delete_line_item(self, registration: Registration, lineitem: str) -> None:
        """Take a column away, with whatever it holds; one that is gone already is no error."""
        call = ServiceCall(method="DELETE", url=lineitem)
        answer = await self._service.send(registration, NEW_LINE_ITEM_SCOPE, call)
        if answer.status not in {404, 410}:
            _changed(answer)

    async def _create(
        self, registration: Registration, lineitems: str, body: dict[str, object]
    ) -> LineItem:
        call = ServiceCall(
            method="POST",
            url=lineitems,
            headers={"Content-Type": LINE_ITEM_TYPE, "Accept": LINE_ITEM_TYPE},
            body=msgspec.json.encode(body),
        )
        answer = await self._ask(registration, NEW_LINE_ITEM_SCOPE, call)
        made = decode(answer, ListedLineItem).plain()
        if made.url is None:  # it is made, and will be found
            raise PlatformUnreachable("The gradebook does not say where its new column is.")
        return replace(made, is_new=True)

    async def _ask(self, registration: Registration, scope: str, call: ServiceCall) -> Answer:
        return _accepted(await self._service.send(registration, scope, call))


def _usable(column: LineItem) -> LineItem:
    """The column, if scores may go where it says that it is; nobody makes a second one instead."""
    if not column.url or not is_safe(column.url):
        raise PassbackRefused("The gradebook column's address is not https.", status=0)
    return column


def encode_score(score: Score, *, platform_family: str | None, new: bool, first: bool) -> bytes:
    """A score on the wire, with what this family of platforms wants to hear.

    new:   whether work was handed in, and not only judged anew.
    first: whether nothing was ever sent for this learner and line item.
    """
    extras = score_extras(platform_family, new=new, first=first, review_url=score.review_url)
    return msgspec.json.encode(score_body(score) | extras)


def _below(line_item: str, step: str, **query: str) -> str:
    """An address below a line item; line items may carry a query, which stays at the end."""
    if not is_safe(line_item):  # nor will it be called
        return line_item
    parts = urlsplit(line_item)
    path = f"{parts.path.rstrip('/')}/{step}"
    return with_query(urlunsplit((parts.scheme, parts.netloc, path, parts.query, "")), query)


_WHY = {
    403: "The learning platform does not allow this tool to use this gradebook column.",
    404: "The gradebook column no longer exists.",
    422: "The learning platform takes no score for this person: not a learner in the course.",
}


def _accepted(answer: Answer) -> Answer:
    """The answer, if it says yes. What the platform wrote stays out: it repeats what we sent."""
    status = answer.status
    if 200 <= status < 300:
        return answer
    if is_outdated(status, answer.body):
        raise ScoreOutdated("The gradebook holds a newer score.", status=status)
    why = _WHY.get(status, f"The learning platform refused the score (status {status}).")
    raise PassbackRefused(refusal_in_words(status, answer.body) or why, status=status)


def _changed(answer: Answer) -> Answer:
    """The same, of a column that is to be changed or taken away."""
    status = answer.status
    if 200 <= status < 300:
        return answer
    said = f"The learning platform did not change its gradebook column (status {status})."
    raise PassbackRefused(_WHY[404] if status == 404 else said, status=status)


class _Result(msgspec.Struct):
    user_id: str = msgspec.field(name="userId")
    score: float | None = msgspec.field(default=None, name="resultScore")
    maximum: float | None = msgspec.field(default=None, name="resultMaximum")
    comment: str | None = None

    def plain(self) -> Result:
        return Result(self.score, self.maximum, self.comment)


def _line_items(page: Answer) -> list[LineItem]:
    return [column.plain() for column in decode(_accepted(page), list[ListedLineItem])]
