"""Which settings of how Kafka is reached go together, and what is said of those that do not."""

import os
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.kafka.access import KafkaAccess, SaslMechanism, SecurityProtocol
from services.kit.kafka.settings import KafkaAccessSettings
from services.kit.settings import SettingsError
from tests.support.certificates import Authority

LOGIN = {"SASL_MECHANISM": "PLAIN", "USERNAME": "capture", "PASSWORD": "a secret"}
NOTHING = dict.fromkeys([*LOGIN, "SECURITY_PROTOCOL", "CA_FILE", "KEY_FILE", "CERTIFICATE_FILE"], "")


def _access(variables: Mapping[str, str]) -> KafkaAccess:
    environment = {f"A_KAFKA_{name}": value for name, value in variables.items()}
    with patch.dict(os.environ, environment | {"HULEEDU_ENV_FILE": os.devnull}):
        return KafkaAccessSettings.load("A_").access_to("a:1")


def _said_of(variables: Mapping[str, str]) -> dict[str, str]:
    """What is said of each variable that is wrong."""
    with pytest.raises(SettingsError) as refused:
        _access(variables)
    assert "a secret" not in f"{refused.value} {refused.value.__cause__}"
    # An error for each, and where the variables come from at the end.
    said = str(refused.value).rpartition(" (")[0].split("; A_KAFKA_")
    return dict(each.removeprefix("A_KAFKA_").split(": ", 1) for each in said)


@pytest.fixture(name="authority", scope="module")
def _authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def test_nothing_set_or_all_of_it_empty_is_in_the_clear_and_nobody() -> None:
    assert _access({}) == _access(NOTHING) == KafkaAccess("a:1")


@given(protocol=st.sampled_from(SecurityProtocol), given_of=st.sets(st.sampled_from(sorted(LOGIN))), ca=st.booleans())
def test_what_a_protocol_needs_must_be_set_and_what_it_makes_no_use_of_must_not(
    authority: Authority, protocol: SecurityProtocol, given_of: set[str], ca: bool
) -> None:
    told = {name: value for name, value in LOGIN.items() if name in given_of} | {"SECURITY_PROTOCOL": protocol}
    if ca:
        told["CA_FILE"] = str(authority.file)
    if protocol.has_sasl:
        wrong = dict.fromkeys(LOGIN.keys() - given_of, f"Value error, {protocol} needs it")
    else:
        wrong = dict.fromkeys(given_of, f"Value error, {protocol} makes no use of it")
    if ca and not protocol.has_tls:
        wrong["CA_FILE"] = f"Value error, {protocol} makes no use of it"
    if wrong:
        assert _said_of(told) == wrong
    else:
        access = _access(told)
        assert access.protocol is protocol
        assert (access.tls.ca_file if access.tls else None) == (authority.file if ca else None)


def test_a_login_is_what_the_variables_say() -> None:
    access = _access(LOGIN | {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "SCRAM-SHA-256"})
    assert access.login is not None
    assert (access.login.mechanism, access.login.username) == (SaslMechanism.SCRAM_SHA_256, "capture")
    assert access.login.password.get_secret_value() == "a secret"


def test_what_there_is_not_is_refused_with_what_there_is() -> None:
    assert "'SASL_PLAINTEXT' or 'SASL_SSL'" in _said_of({"SECURITY_PROTOCOL": "TLS"})["SECURITY_PROTOCOL"]
    said = _said_of(LOGIN | {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "GSSAPI"})
    assert "'PLAIN', 'SCRAM-SHA-256' or 'SCRAM-SHA-512'" in said["SASL_MECHANISM"]


def test_files_that_cannot_be_used_are_refused_by_their_variables(authority: Authority, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    for name in ("CA_FILE", "CERTIFICATE_FILE"):
        assert f"{nowhere} cannot be read" in _said_of({"SECURITY_PROTOCOL": "SSL", name: nowhere})[name]
    client = str(authority.certified("client"))
    key_alone = _said_of({"SECURITY_PROTOCOL": "SSL", "KEY_FILE": client})["CERTIFICATE_FILE"]
    assert f"{client} is the key of a certificate, whose file must be set as well" in key_alone


def test_a_client_may_prove_itself_by_a_certificate(authority: Authority) -> None:
    client = authority.certified("client")
    access = _access({"SECURITY_PROTOCOL": "SSL", "CERTIFICATE_FILE": str(client), "KEY_FILE": str(client)})
    assert access.tls is not None
    assert (access.tls.certificate_file, access.tls.key_file) == (client, client)
