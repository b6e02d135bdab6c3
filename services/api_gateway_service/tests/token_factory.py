"""Tokens as an issuer would sign them, and as nobody should."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from services.api_gateway_service.token_keys import Algorithm

ISSUER, AUDIENCE = "https://issuer.test", "huleedu"
ALGORITHM: Algorithm = "ES256"


@dataclass(frozen=True)
class TokenFactory:
    """Signs with a private key of its own, whose public half is in a file."""

    private_pem: bytes
    public_pem: bytes
    public_key_file: Path
    private_key_file: Path

    def token(self, *who: str, **claims: Any) -> str:
        """A good token but for the `claims` given; a claim that is None is left out. who: user and roles, else anna."""
        user_id, *roles = who or ("anna",)
        now = datetime.now(UTC)
        usual = {
            "sub": user_id,
            "jti": uuid4().hex,
            "iss": ISSUER,
            "aud": AUDIENCE,
            "exp": now + timedelta(hours=1),
            "roles": roles,
        }
        present = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(present, self.private_pem, ALGORITHM)

    def headers(self, *who: str, **claims: Any) -> dict[str, str]:
        """The header that carries such a token."""
        return bearer(self.token(*who, **claims))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def new_factory(directory: Path) -> TokenFactory:
    """A factory whose keys lie in `directory`."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    files: Mapping[str, bytes] = {"private.pem": private, "public.pem": public}
    for name, pem in files.items():
        (directory / name).write_bytes(pem)
    return TokenFactory(private, public, directory / "public.pem", directory / "private.pem")
