"""A gateway that could be fooled by its settings does not start; and only who has the signing key issues tokens."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import ValidationError
from typer.testing import CliRunner

from services.api_gateway_service.__main__ import command
from services.api_gateway_service.tests.token_factory import ALGORITHM, AUDIENCE, ISSUER, TokenFactory
from services.api_gateway_service.token_keys import Algorithm, public_key
from services.api_gateway_service.token_settings import VerificationSettings
from services.api_gateway_service.tokens import TokenRules, TokenVerifier
from services.kit.identity import Caller

SECRET = "s" * 32
NAMES = {"jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}


@pytest.fixture(autouse=True)
def _nothing_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A stack that runs here lends no settings."""
    monkeypatch.setenv("HULEEDU_ENV_FILE", str(tmp_path / "no such file"))


def _public(directory: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> Path:
    file = directory / "other.pem"
    file.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return file


def _settings(**values: Any) -> VerificationSettings:
    return VerificationSettings(**NAMES | values)


def test_each_algorithm_takes_its_own_kind_of_key(tokens: TokenFactory, tmp_path: Path) -> None:
    rsa_file = _public(tmp_path, rsa.generate_private_key(65537, 2048))
    assert _settings(jwt_algorithm="HS256", jwt_secret=SECRET).verification_key() == SECRET.encode()
    assert _settings(jwt_algorithm="ES256", jwt_public_key_file=tokens.public_key_file).verification_key()
    assert _settings(jwt_algorithm="RS256", jwt_public_key_file=rsa_file).verification_key()


def test_a_key_of_another_kind_is_refused_by_name(tokens: TokenFactory, tmp_path: Path) -> None:
    keys: list[tuple[Algorithm, Path, str]] = [
        ("RS256", tokens.public_key_file, "RSA of 2048 bits"),
        ("ES256", _public(tmp_path, ec.generate_private_key(ec.SECP384R1())), "P-256"),
        ("ES256", tokens.private_key_file, "no public key"),
        ("ES256", tmp_path / "nothing", "cannot be read"),
    ]
    for algorithm, file, told in keys:
        with pytest.raises(ValueError, match=told):
            public_key(algorithm, file)


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    file = _public(tmp_path, rsa.generate_private_key(65537, 1024))  # noqa: S505  # that it is too short is the point
    with pytest.raises(ValueError, match="2048 bits or more"):
        public_key("RS256", file)
    with pytest.raises(ValidationError, match=r"API_GATEWAY_JWT_SECRET.*at least 32 bytes, this one has 31"):
        _settings(jwt_algorithm="HS256", jwt_secret=SECRET[1:])


@pytest.mark.parametrize("algorithm", ["HS256", "ES256"])
def test_exactly_one_key_is_given(algorithm: str, tokens: TokenFactory) -> None:
    wrong: tuple[dict[str, Any], ...] = ({}, {"jwt_secret": SECRET, "jwt_public_key_file": tokens.public_key_file})
    swapped: dict[str, dict[str, Any]] = {
        "HS256": {"jwt_public_key_file": tokens.public_key_file},
        "ES256": {"jwt_secret": SECRET},
    }
    for values in (*wrong, swapped[algorithm]):
        with pytest.raises(ValidationError, match=f"{algorithm} takes API_GATEWAY_JWT_"):
            _settings(jwt_algorithm=algorithm, **values)


@pytest.mark.parametrize("algorithm", ["none", "HS512", ""])
def test_no_other_algorithm_can_be_set(algorithm: str) -> None:
    with pytest.raises(ValidationError, match="jwt_algorithm"):
        _settings(jwt_algorithm=algorithm, jwt_secret=SECRET)


def test_nothing_of_it_has_a_default() -> None:
    required = {name for name, field in VerificationSettings.model_fields.items() if field.is_required()}
    assert required == {"jwt_algorithm", "jwt_issuer", "jwt_audience"}


@pytest.fixture(name="variables")
def _variables(tokens: TokenFactory, tmp_path: Path) -> dict[str, str]:
    return {
        "HULEEDU_ENV_FILE": str(tmp_path / "no such file"),
        "API_GATEWAY_JWT_ALGORITHM": ALGORITHM,
        "API_GATEWAY_JWT_ISSUER": ISSUER,
        "API_GATEWAY_JWT_AUDIENCE": AUDIENCE,
        "API_GATEWAY_JWT_DEVELOPMENT_KEY_FILE": str(tokens.private_key_file),
    }


def test_the_command_issues_a_token_that_is_accepted(variables: dict[str, str], tokens: TokenFactory) -> None:
    result = CliRunner().invoke(command, ["token", "--user", "anna", "--role", "teacher"], env=variables)
    assert result.exit_code == 0, result.output
    key = public_key(ALGORITHM, tokens.public_key_file)
    leeway = VerificationSettings.model_fields["jwt_leeway"].default
    token = TokenVerifier(TokenRules(ALGORITHM, key, ISSUER, AUDIENCE, "roles", leeway)).verify(result.output.strip())
    assert token.caller == Caller("anna", frozenset({"teacher"}))


def test_without_the_signing_key_the_command_issues_nothing(variables: dict[str, str], tokens: TokenFactory) -> None:
    del variables["API_GATEWAY_JWT_DEVELOPMENT_KEY_FILE"]
    missing = CliRunner().invoke(command, ["token", "--user", "anna"], env=variables)
    assert missing.exit_code == 2
    assert "API_GATEWAY_JWT_DEVELOPMENT_KEY_FILE" in missing.output
    variables["API_GATEWAY_JWT_DEVELOPMENT_KEY_FILE"] = str(tokens.public_key_file)
    public = CliRunner().invoke(command, ["token", "--user", "anna"], env=variables)
    assert public.exit_code == 2
    assert "no key that signs ES256" in public.output
    variables["API_GATEWAY_JWT_DEVELOPMENT_KEY_FILE"] = "/nowhere/key.pem"
    assert CliRunner().invoke(command, ["token", "--user", "anna"], env=variables).exit_code == 1


def test_a_key_can_sign_with_rsa_or_a_secret_as_well(variables: dict[str, str], tmp_path: Path) -> None:
    key, file = rsa.generate_private_key(65537, 2048), tmp_path / "key"
    variables |= {"API_GATEWAY_JWT_DEVELOPMENT_KEY_FILE": str(file)}
    for algorithm, content in {
        "RS256": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "HS256": SECRET.encode(),
    }.items():
        file.write_bytes(content)
        result = CliRunner().invoke(
            command, ["token", "--user", "anna"], env=variables | {"API_GATEWAY_JWT_ALGORITHM": algorithm}
        )
        assert result.exit_code == 0, result.output
