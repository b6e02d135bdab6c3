"""Routes by which admins see and change the rules that limit requests."""

from uuid import UUID

from dishka import FromDishka
from quart import Blueprint, current_app
from quart_dishka import inject
from quart_schema import validate_querystring, validate_request

from services.api_gateway_service.admission import limited_route
from services.api_gateway_service.api_models import PoliciesAnswer, PolicyQuestion
from services.api_gateway_service.domain import ANY, RateLimitPolicy
from services.api_gateway_service.protocols import PolicyRepository
from services.api_gateway_service.rules_in_force import RulesInForce
from services.kit.errors import ValidationFailedError
from services.kit.postgres.unit_of_work import UnitOfWork
from services.kit.web.answers import answers
from services.kit.web.models import PageQuestion
from services.kit.web.preconditions import WithEtag, expected_row_version, with_etag
from services.kit.web.transactions import in_unit_of_work

_IMPLIED = frozenset({"HEAD", "OPTIONS"})

policies_blueprint = Blueprint("policies", __name__, url_prefix="/v1/rate-limits")


@policies_blueprint.get("")
@answers(PoliciesAnswer, 200, errors=(400, 403, 429))
@validate_querystring(PageQuestion)
@in_unit_of_work
async def list_policies(query_args: PageQuestion, policies: FromDishka[PolicyRepository]) -> PoliciesAnswer:
    """List the rules, oldest first, page by page."""
    page = await policies.page(query_args.page())
    return PoliciesAnswer(policies=list(page.items), next_cursor=page.next_cursor)


@policies_blueprint.get("/<uuid:policy_id>")
@answers(RateLimitPolicy, 200, errors=(403, 404, 429))
@in_unit_of_work
async def read_policy(policy_id: UUID, policies: FromDishka[PolicyRepository]) -> WithEtag[RateLimitPolicy]:
    """Read a rule; its ETag is what If-Match asks for when it is changed."""
    return with_etag(await policies.get(policy_id))


@policies_blueprint.put("")
@answers(RateLimitPolicy, 200, errors=(400, 403, 404, 409, 413, 429))
@validate_request(PolicyQuestion)
@inject
async def put_policy(
    data: PolicyQuestion,
    unit: FromDishka[UnitOfWork],
    policies: FromDishka[PolicyRepository],
    in_force: FromDishka[RulesInForce],
) -> WithEtag[RateLimitPolicy]:
    """Store the rule for a route and a role, in the place of the one before; other replicas follow within seconds."""
    if data.route not in limited_routes():
        raise ValidationFailedError(
            f"no route is {data.route!r}: name one as `GET /v1/files/{{file_id}}`, or * for any",
            details={"routes": sorted(limited_routes())},
        )
    async with unit:
        stored = await policies.put(data.rule(), expected_row_version=expected_row_version())
    in_force.forget()
    return with_etag(stored)


@policies_blueprint.delete("/<uuid:policy_id>")
@answers(RateLimitPolicy, 200, errors=(400, 403, 404, 409, 429))
@inject
async def delete_policy(
    policy_id: UUID,
    unit: FromDishka[UnitOfWork],
    policies: FromDishka[PolicyRepository],
    in_force: FromDishka[RulesInForce],
) -> RateLimitPolicy:
    """Remove a rule, and answer what it was; the one of any route and any role stays."""
    async with unit:
        removed = await policies.delete(policy_id, expected_row_version=expected_row_version())
    in_force.forget()
    return removed


def limited_routes() -> frozenset[str]:
    """Every route that a rule can name."""
    rules = (rule for rule in current_app.url_map.iter_rules() if rule.rule.startswith("/v1/"))
    named = (limited_route(method, rule.rule) for rule in rules for method in (rule.methods or set()) - _IMPLIED)
    return frozenset({ANY, *named})
