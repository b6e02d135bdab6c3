"""The key pair that signs the local stack's tokens, made once and kept; elsewhere somebody else issues them."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from deploy.private_file import write_private

ALGORITHM = "ES256"


@dataclass(frozen=True)
class SigningKey:
    """The files of a pair: who has the private one may be whoever they like."""

    private: Path
    public: Path


def kept_signing_key(directory: Path) -> SigningKey:
    """The pair in `directory`, made if it isn't there."""
    pair = SigningKey(directory / "token-private.pem", directory / "token-public.pem")
    if not (pair.private.exists() and pair.public.exists()):
        directory.mkdir(parents=True, exist_ok=True)
        _write_pair(pair, generate_private_key(SECP256R1()))
    return pair


def _write_pair(pair: SigningKey, key: EllipticCurvePrivateKey) -> None:
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    pair.public.write_bytes(public)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(pair.private, private.decode())
