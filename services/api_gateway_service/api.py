"""All blueprints of the gateway."""

from services.api_gateway_service.admission import admitted
from services.api_gateway_service.api_policies import policies_blueprint, require_admin
from services.api_gateway_service.api_proxied import proxied_blueprint
from services.api_gateway_service.api_sessions import sessions_blueprint

BLUEPRINTS = admitted(sessions_blueprint, policies_blueprint, proxied_blueprint)

# After admission has said who asks.
policies_blueprint.before_request(require_admin)
