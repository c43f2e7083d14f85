"""How an attempt is answered: a fragment to htmx, a redirect to a form, else a page."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from litestar.response import Redirect, Response, Template
from litestar_htmx import HTMXRequest

from service import attempts
from service.pages.drawing import Easel, attempt_path, draw
from service.pages.headers import LOCAL_FILES, POLICY_HEADER
from service.pages.site import Here, Site, fragment, page, wants_fragment
from service.pages.views import AttemptView, EstimateView, RegradeView


async def answer_attempt(
    request: HTMXRequest,
    site: Site,
    here: Here,
    attempt_id: UUID,
    *,
    typed: EstimateView | None = None,
    asked: RegradeView | None = None,
    review: bool = False,
    covering: bool = False,
) -> Response[Any]:
    """The attempt as it is now, in the form that this request can use. After a form: redirect, so
    that a reload repeats nothing, and draw nothing before it; but not to what only the form knows,
    and not where no cookie would open the page again."""
    passing = typed is not None or asked is not None or review or covering
    async with site.database.begin() as work:
        attempt = await attempts.of_launch(work, attempt_id, here.launch)
        if not passing and opens_again(request, here):
            return Redirect(attempt_path(here, attempt), status_code=303)
        easel = Easel(site=site, work=work, here=here)
        view = await draw(easel, attempt, typed=typed, review=review, covering=covering)
    if asked is not None and view.reveal is not None:
        view = replace(view, reveal=replace(view.reveal, regrade=asked))
    if wants_fragment(request):
        return fragment(view.step, launch=here.view, attempt=view, status=status_of(view))
    return whole(here, view)


def whole(here: Here, view: AttemptView, **more: object) -> Template:
    """The page of an attempt; where a file can be chosen, the browser may show it from memory."""
    answer = page("attempt", launch=here.view, attempt=view, status=status_of(view), **more)
    if view.takes_a_file:
        answer.headers[POLICY_HEADER] = LOCAL_FILES
    return answer


def opens_again(request: HTMXRequest, here: Here) -> bool:
    """Whether this was a form of a whole page, whose browser finds the page by its cookie."""
    return request.method == "POST" and here.handle is None and not wants_fragment(request)


def status_of(view: AttemptView) -> int:
    """422 where a form comes back with its errors."""
    typed, asked = view.estimate, view.reveal and view.reveal.regrade
    wrong = (typed is not None and typed.is_wrong) or (asked is not None and asked.error)
    return 422 if wrong else 200
