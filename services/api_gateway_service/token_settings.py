"""What the gateway must be told about tokens: who issues them, for whom, and how they are signed."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator
from pydantic_settings import SettingsConfigDict

from services.api_gateway_service.token_keys import Algorithm, VerificationKey, public_key, secret_key
from services.kit.settings import Settings

PREFIX = "API_GATEWAY_"
Name = Annotated[str, StringConstraints(min_length=1)]


class TokenSettings(Settings):
    """What issuing and verifying tokens have in common; nothing of it has a default that could let strangers in."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    jwt_algorithm: Algorithm
    jwt_issuer: Name
    jwt_audience: Name
    jwt_roles_claim: Name = "roles"


class VerificationSettings(TokenSettings):
    """How tokens are verified: by a public key in a file, or for HS256 by the secret that signed them."""

    jwt_public_key_file: Path | None = None
    jwt_secret: SecretStr | None = None
    # Clocks of different machines differ by some seconds.
    jwt_leeway: timedelta = Field(default=timedelta(seconds=10), ge=timedelta(0), le=timedelta(minutes=5))

    @model_validator(mode="after")
    def _one_key_of_the_right_kind(self) -> Self:
        self.verification_key()
        return self

    def verification_key(self) -> VerificationKey:
        """The key that tokens are verified with; ValueError names the variable that is missing or wrong."""
        given, other = ("JWT_SECRET", "JWT_PUBLIC_KEY_FILE")
        secret, file = self.jwt_secret, self.jwt_public_key_file
        if self.jwt_algorithm != "HS256":
            given, other = other, given
        if (secret is None) == (self.jwt_algorithm == "HS256") or (file is None) != (self.jwt_algorithm == "HS256"):
            raise ValueError(f"{self.jwt_algorithm} takes {PREFIX}{given} and no {PREFIX}{other}")
        try:
            if secret is not None:
                return secret_key(secret.get_secret_value())
            return public_key(self.jwt_algorithm, file or Path())
        except ValueError as error:
            raise ValueError(f"{PREFIX}{given}: {error}") from error


class IssuingSettings(TokenSettings):
    """How the development command signs tokens; a gateway in production is never given this key."""

    jwt_development_key_file: Path
