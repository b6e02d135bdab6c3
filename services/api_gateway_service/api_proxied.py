"""The routes of the other services, each passed on to the one whose it is."""

from typing import Any

from dishka import FromDishka
from quart import Blueprint, Response, request
from quart_dishka import inject
from quart_schema import hide

from services.api_gateway_service.proxying import Proxy
from services.api_gateway_service.request_facts import RequestFacts
from services.api_gateway_service.routes import ROUTES, ProxiedRoute

proxied_blueprint = Blueprint("proxied", __name__)


def _pass_on_to(upstream: str) -> Any:
    @hide  # what a service answers is described by the service
    @inject
    async def pass_on(proxy: FromDishka[Proxy], facts: FromDishka[RequestFacts], **_parameters: object) -> Response:
        return await proxy.pass_on(request, upstream, facts)

    return pass_on


def _add(route: ProxiedRoute, number: int) -> None:
    proxied_blueprint.add_url_rule(
        route.rule,
        endpoint=f"{route.upstream}_{number}",
        view_func=_pass_on_to(route.upstream),
        methods=list(route.methods),
        provide_automatic_options=False,
    )


for _number, _route in enumerate(ROUTES):
    _add(_route, _number)
