"""A token is accepted if everything about it is right, and otherwise refused for the reason that it is."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api_gateway_service.domain import AuthOutcome
from services.api_gateway_service.tests.token_factory import ALGORITHM, AUDIENCE, ISSUER, TokenFactory, new_factory
from services.api_gateway_service.token_keys import public_key
from services.api_gateway_service.tokens import (
    LONGEST_TOKEN,
    TokenRefusedError,
    TokenRules,
    TokenVerifier,
    bearer_token,
)
from services.kit.identity import Caller

HOUR = timedelta(hours=1)


@pytest.fixture(name="verifier", scope="module")
def _verifier(tokens: TokenFactory) -> TokenVerifier:
    key = public_key(ALGORITHM, tokens.public_key_file)
    return TokenVerifier(TokenRules(ALGORITHM, key, ISSUER, AUDIENCE, "roles", timedelta(seconds=10)))


def _refused(verifier: TokenVerifier, token: str) -> AuthOutcome:
    with pytest.raises(TokenRefusedError) as refusal:
        verifier.verify(token)
    assert refusal.value.status == 401
    assert refusal.value.code == f"token_{refusal.value.outcome}"
    return refusal.value.outcome


def _part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def test_a_good_token_says_who_asks_until_when(verifier: TokenVerifier, tokens: TokenFactory) -> None:
    expires = datetime(2100, 1, 1, tzinfo=UTC)
    token = verifier.verify(tokens.token("anna", "teacher", "admin", jti="t-1", exp=expires))
    assert token.caller == Caller("anna", frozenset({"teacher", "admin"}))
    assert (token.jti, token.expires_at) == ("t-1", expires)


def test_a_token_may_name_no_role_and_several_audiences(verifier: TokenVerifier, tokens: TokenFactory) -> None:
    assert verifier.verify(tokens.token(roles=None, aud=[AUDIENCE, "another"])).caller.roles == frozenset()


@pytest.mark.parametrize(
    ("claims", "outcome"),
    [
        ({"exp": datetime.now(UTC) - HOUR}, AuthOutcome.EXPIRED),
        ({"exp": None}, AuthOutcome.MALFORMED),
        ({"exp": "soon"}, AuthOutcome.MALFORMED),
        ({"exp": 10**30}, AuthOutcome.MALFORMED),
        ({"exp": float("inf")}, AuthOutcome.MALFORMED),
        ({"exp": [1]}, AuthOutcome.MALFORMED),
        ({"nbf": datetime.now(UTC) + HOUR}, AuthOutcome.NOT_YET_VALID),
        ({"nbf": "later"}, AuthOutcome.MALFORMED),
        ({"iat": "then"}, AuthOutcome.MALFORMED),
        ({"aud": "another"}, AuthOutcome.WRONG_AUDIENCE),
        ({"aud": None}, AuthOutcome.WRONG_AUDIENCE),
        ({"aud": 7}, AuthOutcome.WRONG_AUDIENCE),
        ({"iss": "https://elsewhere.test"}, AuthOutcome.WRONG_ISSUER),
        ({"iss": ISSUER[:-1]}, AuthOutcome.WRONG_ISSUER),
        ({"iss": None}, AuthOutcome.WRONG_ISSUER),
        ({"sub": None}, AuthOutcome.NO_SUBJECT),
        ({"sub": ""}, AuthOutcome.NO_SUBJECT),
        ({"sub": "  "}, AuthOutcome.NO_SUBJECT),
        ({"sub": 7}, AuthOutcome.NO_SUBJECT),
        ({"sub": "anna\nX-User-Roles: admin"}, AuthOutcome.MALFORMED),
        ({"sub": "x" * 256}, AuthOutcome.MALFORMED),
        ({"jti": None}, AuthOutcome.NO_TOKEN_ID),
        ({"jti": ""}, AuthOutcome.NO_TOKEN_ID),
        ({"jti": 7}, AuthOutcome.NO_TOKEN_ID),
        ({"jti": "a\0b"}, AuthOutcome.MALFORMED),
        ({"jti": "x" * 256}, AuthOutcome.MALFORMED),
        ({"roles": "admin"}, AuthOutcome.MALFORMED),
        ({"roles": ["teacher,admin"]}, AuthOutcome.MALFORMED),
        ({"roles": [7]}, AuthOutcome.MALFORMED),
        ({"roles": ["role"] * 33}, AuthOutcome.MALFORMED),
        ({"padding": "x" * LONGEST_TOKEN}, AuthOutcome.MALFORMED),
    ],
)
def test_each_wrong_claim_is_refused_for_what_it_is(
    verifier: TokenVerifier, tokens: TokenFactory, claims: dict[str, Any], outcome: AuthOutcome
) -> None:
    assert _refused(verifier, tokens.token(**claims)) is outcome


def test_clocks_may_differ_by_the_leeway(verifier: TokenVerifier, tokens: TokenFactory) -> None:
    now = datetime.now(UTC)
    assert verifier.verify(tokens.token(exp=now - timedelta(seconds=5), nbf=now + timedelta(seconds=5)))


def test_a_token_of_another_issuers_key_is_refused(verifier: TokenVerifier, tmp_path: Path) -> None:
    assert _refused(verifier, new_factory(tmp_path).token()) is AuthOutcome.BAD_SIGNATURE


def test_a_changed_payload_is_refused(verifier: TokenVerifier, tokens: TokenFactory) -> None:
    head, _, signature = tokens.token("anna").split(".")
    _, payload, _ = tokens.token("root", "admin").split(".")
    assert _refused(verifier, f"{head}.{payload}.{signature}") is AuthOutcome.BAD_SIGNATURE


def test_no_algorithm_but_the_pinned_one_is_accepted(verifier: TokenVerifier, tokens: TokenFactory) -> None:
    claims = jwt.decode(tokens.token("root", "admin"), options={"verify_signature": False})
    unsigned = f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."
    assert _refused(verifier, unsigned) is AuthOutcome.WRONG_ALGORITHM
    # The classic confusion: the public key, which everybody has, taken for the secret of an HMAC.
    head = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    mac = jwt.get_algorithm_by_name("HS256")
    signature = mac.sign(head.encode(), tokens.public_pem)
    confused = f"{head}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
    assert _refused(verifier, confused) is AuthOutcome.WRONG_ALGORITHM
    renamed = f"{_part({'alg': 'None'})}.{_part(claims)}."
    assert _refused(verifier, renamed) is AuthOutcome.WRONG_ALGORITHM


@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c", "a.b.c.d", "....", "é.é.é", f"{'W1tb' * 2000}.b.c"])
def test_what_is_no_token_is_malformed(verifier: TokenVerifier, token: str) -> None:
    assert _refused(verifier, token) is AuthOutcome.MALFORMED


@given(head=st.dictionaries(st.text(), st.none() | st.text() | st.lists(st.integers())), rest=st.text())
def test_whatever_comes_is_refused_and_never_breaks(head: dict[str, Any], rest: str) -> None:
    key = jwt.get_algorithm_by_name("HS256").prepare_key(b"x" * 32)
    rules = TokenRules("HS256", key, ISSUER, AUDIENCE, "roles", timedelta(0))
    for token in (rest, f"{_part(head)}.{_part(rest)}.", f"{_part(head | {'alg': 'HS256'})}.{_part(head)}.{rest}"):
        with pytest.raises(TokenRefusedError):
            TokenVerifier(rules).verify(token)


def test_a_bearer_token_is_taken_from_the_one_header() -> None:
    assert bearer_token(["Bearer abc"]) == bearer_token(["bearer  abc"]) == "abc"


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ([], AuthOutcome.MISSING),
        (["Bearer"], AuthOutcome.MALFORMED),
        (["Bearer "], AuthOutcome.MALFORMED),
        (["abc"], AuthOutcome.MALFORMED),
        (["Basic YTpi"], AuthOutcome.MALFORMED),
        (["Bearer a", "Bearer b"], AuthOutcome.MALFORMED),
    ],
)
def test_a_header_without_a_token_is_refused(headers: list[str], outcome: AuthOutcome) -> None:
    with pytest.raises(TokenRefusedError) as refusal:
        bearer_token(headers)
    assert refusal.value.outcome is outcome
