"""All blueprints of the gateway, and which of them are for admins."""

from services.api_gateway_service.admission import admitted
from services.api_gateway_service.api_policies import policies_blueprint
from services.api_gateway_service.api_proxied import proxied_blueprint
from services.api_gateway_service.api_requests import requests_blueprint
from services.api_gateway_service.api_sessions import sessions_blueprint
from services.kit.errors import ForbiddenError
from services.kit.web.requests import current_caller

BLUEPRINTS = admitted(sessions_blueprint, policies_blueprint, requests_blueprint, proxied_blueprint)


async def _require_admin() -> None:
    if not current_caller().is_admin:
        raise ForbiddenError("this is for admins")


# After admission has said who asks.
for _blueprint in (policies_blueprint, requests_blueprint):
    _blueprint.before_request(_require_admin)
