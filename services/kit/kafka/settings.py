"""What whoever reads or writes topics may be told of how to reach Kafka; its settings derive from it."""

from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import SecretStr, StringConstraints, ValidationInfo, field_validator

from services.kit.kafka.access import KafkaAccess, Login, SaslMechanism, SecurityProtocol, Tls, TlsFileError
from services.kit.settings import Settings

Servers = Annotated[str, StringConstraints(pattern=r"^[^\s,]+:\d+(,[^\s,]+:\d+)*$")]
Given = TypeVar("Given")

_PROTOCOL = "kafka_security_protocol"
_LOGIN = ("kafka_sasl_mechanism", "kafka_username", "kafka_password")
_FILES = ("kafka_ca_file", "kafka_certificate_file", "kafka_key_file")


class KafkaAccessSettings(Settings):
    """What the security protocol needs must be set, and what it makes no use of must not; empty is not set.

    kafka_ca_file: without it, brokers are trusted whom the system trusts; kafka_key_file: without it, the key is in
    the certificate's file.
    """

    # What comes later is judged by what comes before it.
    kafka_security_protocol: SecurityProtocol = SecurityProtocol.PLAINTEXT
    kafka_sasl_mechanism: SaslMechanism | None = None
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca_file: Path | None = None
    kafka_key_file: Path | None = None
    kafka_certificate_file: Path | None = None

    def access_to(self, bootstrap: str) -> KafkaAccess:
        """How the brokers of that address are reached."""
        tls, login = None, None
        if self.kafka_security_protocol.has_tls:
            tls = Tls(self.kafka_ca_file, self.kafka_certificate_file, self.kafka_key_file)
        if self.kafka_sasl_mechanism and self.kafka_username and self.kafka_password:
            login = Login(self.kafka_sasl_mechanism, self.kafka_username, self.kafka_password)
        return KafkaAccess(bootstrap, tls, login)

    @field_validator(_PROTOCOL, *_LOGIN, *_FILES, mode="before")
    @classmethod
    def _empty_is_not_set(cls, value: object, info: ValidationInfo) -> Any:
        return cls.model_fields[str(info.field_name)].default if value == "" else value

    @field_validator(*_LOGIN)
    @classmethod
    def _for_sasl(cls, value: Given, info: ValidationInfo) -> Given:
        protocol = _protocol(info)
        if protocol is not None and (value is not None) != protocol.has_sasl:
            raise ValueError(f"{protocol} needs it" if protocol.has_sasl else f"{protocol} makes no use of it")
        return value

    @field_validator(*_FILES)
    @classmethod
    def _for_tls(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        protocol = _protocol(info)
        if value is not None and protocol is not None and not protocol.has_tls:
            raise ValueError(f"{protocol} makes no use of it")
        return value

    @field_validator("kafka_ca_file")
    @classmethod
    def _has_authorities(cls, value: Path | None) -> Path | None:
        if value is not None:
            _require_readable(Tls(value))
        return value

    @field_validator("kafka_certificate_file")
    @classmethod
    def _has_a_certificate_and_its_key(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        key_file = info.data.get("kafka_key_file")
        if value is not None:
            _require_readable(Tls(None, value, key_file))
        elif key_file is not None:
            raise ValueError(f"{key_file} is the key of a certificate, whose file must be set as well")
        return value


def _protocol(info: ValidationInfo) -> SecurityProtocol | None:
    """None if it is wrong itself."""
    return info.data.get(_PROTOCOL)


def _require_readable(tls: Tls) -> None:
    try:
        tls.context()
    except TlsFileError as error:
        raise ValueError(str(error)) from error
