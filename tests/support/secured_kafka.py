"""A real Kafka as in production: by TLS, for who has a certificate and a password; and one way in in the clear."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from deploy.local.kafka.artifacts import resolved
from deploy.local.kafka.broker import Kafka, running_kafka
from deploy.local.kafka.broker_command import Forwarded
from deploy.local.kafka.java import Program, java_command
from deploy.local.ports import LOOPBACK, free_port
from services.kit.kafka.access import KafkaAccess, Login, SaslMechanism, Tls
from tests.support.certificates import Authority

USER, PASSWORD = "capture", "a secret"
_JAAS = "org.apache.kafka.common.security"


@dataclass(frozen=True)
class SecuredKafka:
    """A broker, who vouches for it, and a certificate that it accepts."""

    server: Kafka
    port: int
    authority: Authority
    certificate: Path

    @property
    def bootstrap(self) -> str:
        """Where it asks who comes."""
        return f"{LOOPBACK}:{self.port}"

    def access(self, mechanism: SaslMechanism = SaslMechanism.PLAIN) -> KafkaAccess:
        """One that is let in."""
        tls = Tls(self.authority.file, self.certificate)
        return KafkaAccess(self.bootstrap, tls, Login(mechanism, USER, SecretStr(PASSWORD)))


@contextmanager
def running_secured_kafka(directory: Path) -> Iterator[SecuredKafka]:
    """A broker over `directory` that knows one user, by PLAIN and by SCRAM-SHA-512."""
    authority, port = Authority(directory), free_port()
    files = {"keystore": authority.certified("broker"), "truststore": authority.file}
    settings = {
        **{f"ssl.{store}.type": "PEM" for store in files},
        **{f"ssl.{store}.location": str(file) for store, file in files.items()},
        "ssl.client.auth": "required",
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
        "plain.sasl.jaas.config": f'{_JAAS}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
        "scram-sha-512.sasl.jaas.config": f"{_JAAS}.scram.ScramLoginModule required;",
    }
    with running_kafka(
        directory / "broker",
        durable=False,
        forwarded=Forwarded(port, port, "SASL_SSL"),
        differing={f"listener.name.forwarded.{name}": value for name, value in settings.items()},
    ) as server:
        _make_scram_user(directory, server)
        yield SecuredKafka(server, port, authority, authority.certified("client"))


def _make_scram_user(directory: Path, server: Kafka) -> None:
    credentials = f"--add-config=SCRAM-SHA-512=[iterations=4096,password={PASSWORD}]"
    words = ("--bootstrap-server", server.bootstrap, "--alter", credentials, "--entity-type", "users")
    tool = Program("kafka.admin.ConfigCommand", (*words, "--entity-name", USER), 128, brief=True)
    command = java_command(tool, resolved().class_path, directory, {})
    answer = subprocess.run(command.argv, cwd=directory, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
