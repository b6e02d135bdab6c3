"""The route by which operators read the log of requests."""

from typing import Annotated

from dishka import FromDishka
from pydantic import BaseModel, Field, StringConstraints
from quart import Blueprint
from quart_schema import validate_querystring

from services.api_gateway_service.domain import LONGEST_ROUTE, LONGEST_UPSTREAM, RequestFilter, RequestRecord
from services.api_gateway_service.protocols import RequestRepository
from services.kit.web.answers import answers
from services.kit.web.models import Moment, PageQuestion, Text, UserId
from services.kit.web.transactions import in_unit_of_work

requests_blueprint = Blueprint("requests", __name__, url_prefix="/v1/requests")


class RequestsAnswer(BaseModel):
    """A page of requests; `next_cursor` fetches the next one and is null on the last."""

    requests: list[RequestRecord]
    next_cursor: str | None


class RequestsQuestion(PageQuestion):
    """Which requests are listed: from `since` on and before `until`; status_class: 5 for those that failed."""

    since: Moment | None = None
    until: Moment | None = None
    route: Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_ROUTE)] | None = None
    status_class: Annotated[int, Field(ge=1, le=5)] | None = None
    user_id: UserId | None = None
    upstream: Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_UPSTREAM)] | None = None

    def filter(self) -> RequestFilter:
        """What the repository filters by."""
        return RequestFilter(self.since, self.until, self.route, self.status_class, self.user_id, self.upstream)


@requests_blueprint.get("")
@answers(RequestsAnswer, 200, errors=(400, 403, 429))
@validate_querystring(RequestsQuestion)
@in_unit_of_work
async def list_requests(query_args: RequestsQuestion, requests: FromDishka[RequestRepository]) -> RequestsAnswer:
    """List the requests that passed through the gateway, newest first, page by page; they appear within a second."""
    page = await requests.page(query_args.filter(), query_args.page())
    return RequestsAnswer(requests=list(page.items), next_cursor=page.next_cursor)
