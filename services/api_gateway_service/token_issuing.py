"""Tokens for development: in production somebody else issues them."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt

from services.api_gateway_service.token_settings import IssuingSettings


def issue_token(settings: IssuingSettings, user_id: str, roles: Collection[str], lifetime: timedelta) -> str:
    """A signed token with an id of its own. ValueError if the key cannot sign for the algorithm; OSError."""
    now = datetime.now(UTC)
    claims = {
        "sub": user_id,
        "jti": uuid4().hex,
        "iss": settings.jwt_issuer,
        "aud": settings.jwt_audience,
        "iat": now,
        "nbf": now,
        "exp": now + lifetime,
        settings.jwt_roles_claim: sorted(roles),
    }
    try:
        return jwt.encode(claims, settings.jwt_development_key_file.read_bytes().strip(), settings.jwt_algorithm)
    except (jwt.PyJWTError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(
            f"{settings.jwt_development_key_file} holds no key that signs {settings.jwt_algorithm}"
        ) from error
