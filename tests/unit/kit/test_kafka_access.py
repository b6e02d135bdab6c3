"""What clients of Kafka are told of how it is reached, and which files they refuse."""

import ssl
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.kit.kafka.access import KafkaAccess, Login, SaslMechanism, Tls, TlsFileError
from tests.support.certificates import Authority

BROKERS = "a:1,b:2"
LOGIN = Login(SaslMechanism.SCRAM_SHA_512, "capture", SecretStr("a secret"))


def test_without_anything_brokers_are_spoken_to_in_the_clear() -> None:
    assert KafkaAccess(BROKERS).arguments() == {"bootstrap_servers": BROKERS, "security_protocol": "PLAINTEXT"}


def test_a_login_is_told_with_its_password() -> None:
    assert KafkaAccess(BROKERS, login=LOGIN).arguments() == {
        "bootstrap_servers": BROKERS,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "capture",
        "sasl_plain_password": "a secret",
    }


@pytest.mark.parametrize(("login", "protocol"), [(None, "SSL"), (LOGIN, "SASL_SSL")], ids=["nobody", "a login"])
def test_by_tls_a_broker_must_be_who_its_certificate_says(login: Login | None, protocol: str) -> None:
    told = KafkaAccess(BROKERS, Tls(), login).arguments()
    assert told["security_protocol"] == protocol
    assert (told["ssl_context"].verify_mode, told["ssl_context"].check_hostname) == (ssl.CERT_REQUIRED, True)


def test_the_authorities_of_a_file_are_trusted_and_no_others(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    (trusted,) = Tls(authority.file).context().get_ca_certs()
    assert trusted["subject"] == ((("commonName", authority.name),),)


def test_no_password_is_in_what_is_shown_of_an_access() -> None:
    shown = repr(KafkaAccess(BROKERS, login=LOGIN))
    assert "capture" in shown
    assert "a secret" not in shown


def test_a_key_may_be_in_the_file_of_its_certificate_or_in_its_own(tmp_path: Path) -> None:
    file = Authority(tmp_path).certified("client")
    for files in (Tls(None, file), Tls(None, file, file)):
        files.context()


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    authority, garbage, nowhere = Authority(tmp_path), tmp_path / "garbage", tmp_path / "nowhere"
    garbage.write_text("no certificate", encoding="utf-8")
    client, other = authority.certified("client"), authority.certified("other")
    encrypted = authority.certified("encrypted", b"a secret")
    wrong = {
        Tls(nowhere): "nowhere cannot be read as certificates in PEM: No such file",
        Tls(garbage): "garbage cannot be read as certificates in PEM: ",
        Tls(None, nowhere): "nowhere cannot be read as a certificate and its key in PEM: No such file",
        Tls(None, authority.file): "authority.pem cannot be read as a certificate and its key",
        Tls(None, client, other): "client.pem and .*other.pem cannot be read as a certificate and its key",
        Tls(None, encrypted): "encrypted.pem cannot be read as a certificate and its key",
    }
    for files, said in wrong.items():
        with pytest.raises(TlsFileError, match=said):
            files.context()
