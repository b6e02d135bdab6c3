"""How Kafka is reached: its brokers, whom to trust for them, and as whom; all that a client of it is told of that."""

import enum
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr


class SecurityProtocol(enum.StrEnum):
    """Whether brokers are spoken to by TLS, and whether a client must say who it is; by Kafka's own names."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"

    @property
    def has_sasl(self) -> bool:
        """Whether a client says who it is by a user name and a password."""
        return self.startswith("SASL_")

    @property
    def has_tls(self) -> bool:
        """Whether what is sent is encrypted, and a broker proves who it is."""
        return self.endswith("SSL")


class SaslMechanism(enum.StrEnum):
    """How a password is proved: PLAIN sends it, SCRAM does not."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


class TlsFileError(OSError):
    """A file for TLS is missing or wrong; the message names it."""


@dataclass(frozen=True)
class Login:
    """Who a client is."""

    mechanism: SaslMechanism
    username: str
    password: SecretStr

    def arguments(self) -> Mapping[str, str]:
        """What a client of aiokafka is told of it, the password in the clear."""
        return {
            "sasl_mechanism": str(self.mechanism),
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password.get_secret_value(),
        }


@dataclass(frozen=True)
class Tls:
    """Files in PEM: whom to trust for brokers (None: whom the system trusts), and what proves who the client is.

    key_file: None where the certificate's file has the key as well. A key must not be encrypted.
    """

    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    def context(self) -> ssl.SSLContext:
        """What a connection is made with: a broker must be who its certificate says. TlsFileError."""
        context = _trusting(self.ca_file)
        if self.certificate_file is not None:
            _present(context, self.certificate_file, self.key_file)
        return context


@dataclass(frozen=True)
class KafkaAccess:
    """Where brokers are (host:port, comma between), by TLS or not, and as whom or as nobody."""

    bootstrap: str
    tls: Tls | None = None
    login: Login | None = None

    @property
    def protocol(self) -> SecurityProtocol:
        """By its name in Kafka."""
        secured = "PLAINTEXT" if self.tls is None else "SSL"
        return SecurityProtocol(secured if self.login is None else f"SASL_{secured}")

    def arguments(self) -> dict[str, Any]:
        """What any client of aiokafka is told; files are read anew each time. TlsFileError."""
        return {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": str(self.protocol),
            **({} if self.tls is None else {"ssl_context": self.tls.context()}),
            **({} if self.login is None else self.login.arguments()),
        }


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise TlsFileError(f"{ca_file} cannot be read as certificates in PEM: {_said(error)}") from error


def _present(context: ssl.SSLContext, certificate_file: Path, key_file: Path | None) -> None:
    try:
        # With a password, even if it is none, an encrypted key is an error, and no question on the terminal.
        context.load_cert_chain(certificate_file, key_file, password="")
    except OSError as error:
        files = certificate_file if key_file is None else f"{certificate_file} and {key_file}"
        raise TlsFileError(f"{files} cannot be read as a certificate and its key in PEM: {_said(error)}") from error


def _said(error: OSError) -> str:
    return error.strerror or str(error)
