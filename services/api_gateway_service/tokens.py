"""Tokens: what one says once it is proved, and why it is refused otherwise."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from services.api_gateway_service.domain import LONGEST_JTI, LONGEST_ROLE, AuthOutcome
from services.api_gateway_service.token_keys import Algorithm, VerificationKey
from services.kit.errors import UnauthenticatedError
from services.kit.identity import LONGEST_USER_ID, Caller

LONGEST_TOKEN = 8192
MOST_ROLES = 32
# Both go into headers of other requests: visible ASCII, and nothing that separates roles.
_VISIBLE = re.compile(r"[!-~]+")
_ROLE = re.compile(rf"[A-Za-z0-9_.:-]{{1,{LONGEST_ROLE}}}")


class TokenRefusedError(UnauthenticatedError):
    """The request cannot be let in; its code is `token_` and the outcome, such as `token_expired`."""

    def __init__(self, outcome: AuthOutcome, message: str) -> None:
        super().__init__(message, code=f"token_{outcome}")
        self.outcome = outcome


@dataclass(frozen=True)
class Token:
    """A proved token: whose it is, what identifies it, and until when it holds."""

    caller: Caller
    jti: str
    expires_at: datetime


@dataclass(frozen=True)
class TokenRules:
    """What a token must be; roles_claim: where it lists the user's roles."""

    algorithm: Algorithm
    key: VerificationKey
    issuer: str
    audience: str
    roles_claim: str
    leeway: timedelta


# By pyjwt's errors, the more special first; whatever else is wrong with a token makes it malformed.
_REFUSALS: tuple[tuple[type[jwt.PyJWTError], AuthOutcome, str], ...] = (
    (jwt.InvalidAlgorithmError, AuthOutcome.WRONG_ALGORITHM, "the token is not signed by the algorithm in use here"),
    (jwt.InvalidSignatureError, AuthOutcome.BAD_SIGNATURE, "the token's signature does not match"),
    (jwt.ExpiredSignatureError, AuthOutcome.EXPIRED, "the token has expired"),
    (jwt.ImmatureSignatureError, AuthOutcome.NOT_YET_VALID, "the token is not valid yet"),
    (jwt.InvalidAudienceError, AuthOutcome.WRONG_AUDIENCE, "the token was issued for another audience"),
    (jwt.InvalidIssuerError, AuthOutcome.WRONG_ISSUER, "the token was issued by another issuer"),
)
_MISSING_CLAIMS = {"aud": AuthOutcome.WRONG_AUDIENCE, "iss": AuthOutcome.WRONG_ISSUER}


class TokenVerifier:
    """Proves tokens by one set of rules."""

    def __init__(self, rules: TokenRules) -> None:
        self._rules = rules

    def verify(self, encoded: str) -> Token:
        """What the token says; TokenRefusedError."""
        claims = self._claims(encoded)
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject.strip():
            raise TokenRefusedError(AuthOutcome.NO_SUBJECT, "the token names no subject")
        jti = claims.get("jti")
        if not isinstance(jti, str) or not jti.strip():
            raise TokenRefusedError(AuthOutcome.NO_TOKEN_ID, "the token has no id (jti), so no session")
        return Token(
            Caller(_visible("sub", subject, LONGEST_USER_ID), self._roles(claims)),
            _visible("jti", jti, LONGEST_JTI),
            _instant(claims["exp"]),
        )

    def _claims(self, encoded: str) -> dict[str, Any]:
        if len(encoded) > LONGEST_TOKEN:
            raise _malformed(f"the token is longer than {LONGEST_TOKEN} characters")
        rules = self._rules
        try:
            return jwt.decode(
                encoded,
                rules.key,
                algorithms=[rules.algorithm],
                audience=rules.audience,
                issuer=rules.issuer,
                leeway=rules.leeway,
                # Of the subject and the id this module says more than that they are no text.
                options={"require": ["exp", "iss", "aud"], "verify_sub": False, "verify_jti": False},
            )
        except jwt.MissingRequiredClaimError as error:
            outcome = _MISSING_CLAIMS.get(error.claim, AuthOutcome.MALFORMED)
            raise TokenRefusedError(outcome, f"the token has no claim {error.claim}") from error
        except jwt.PyJWTError as error:
            raise _refusal(error) from error
        except (ValueError, OverflowError, RecursionError) as error:
            raise _malformed("the token cannot be read") from error

    def _roles(self, claims: dict[str, Any]) -> frozenset[str]:
        roles = claims.get(self._rules.roles_claim, [])
        if not isinstance(roles, list) or len(roles) > MOST_ROLES:
            raise _malformed(f"the token's claim {self._rules.roles_claim} is no list of {MOST_ROLES} roles or fewer")
        if not all(isinstance(role, str) and _ROLE.fullmatch(role) for role in roles):
            raise _malformed(f"the token's claim {self._rules.roles_claim} holds what is no role")
        return frozenset(roles)


def bearer_token(headers: list[str]) -> str:
    """The token in the request's Authorization headers; TokenRefusedError if there is none, or more than one."""
    if not headers:
        raise TokenRefusedError(AuthOutcome.MISSING, "header Authorization must carry a bearer token")
    scheme, _, token = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise _malformed("header Authorization must be given once, as `Bearer` and a token")
    return token.strip()


def _refusal(error: jwt.PyJWTError) -> TokenRefusedError:
    for kind, outcome, message in _REFUSALS:
        if isinstance(error, kind):
            return TokenRefusedError(outcome, message)
    return _malformed("the token cannot be read")


def _malformed(message: str) -> TokenRefusedError:
    return TokenRefusedError(AuthOutcome.MALFORMED, message)


def _visible(claim: str, value: str, longest: int) -> str:
    if len(value) > longest or not _VISIBLE.fullmatch(value):
        raise _malformed(f"the token's claim {claim} is not 1 to {longest} visible ASCII characters")
    return value


def _instant(seconds: Any) -> datetime:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise _malformed("the token's claim exp is no point in time") from error
