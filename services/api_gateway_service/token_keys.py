"""The key that proves tokens: of the kind that the pinned algorithm takes, or the service does not start."""

from pathlib import Path
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

Algorithm = Literal["RS256", "ES256", "HS256"]
VerificationKey = RSAPublicKey | EllipticCurvePublicKey | bytes

SHORTEST_SECRET = 32
SHORTEST_RSA_BITS = 2048


def secret_key(secret: str) -> bytes:
    """The key of HS256; ValueError if it could be guessed."""
    key = secret.encode()
    if len(key) < SHORTEST_SECRET:
        raise ValueError(f"a secret for HS256 has at least {SHORTEST_SECRET} bytes, this one has {len(key)}")
    return key


def public_key(algorithm: Algorithm, file: Path) -> RSAPublicKey | EllipticCurvePublicKey:
    """The PEM key in the file; ValueError if there is none, or none for the algorithm."""
    try:
        key = load_pem_public_key(file.read_bytes())
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"{file} holds no public key in PEM form") from error
    if algorithm == "RS256" and isinstance(key, RSAPublicKey) and key.key_size >= SHORTEST_RSA_BITS:
        return key
    if algorithm == "ES256" and isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key
    wanted = f"RSA of {SHORTEST_RSA_BITS} bits or more" if algorithm == "RS256" else "P-256"
    raise ValueError(f"{file} holds no key for {algorithm}, which takes {wanted}")
