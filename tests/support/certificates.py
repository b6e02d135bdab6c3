"""An authority made for a test, and the certificates that it vouches for, all in files of PEM."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from deploy.local.ports import LOOPBACK


@dataclass(frozen=True)
class Authority:
    """Keeps what it makes in a directory, its own certificate in `file`."""

    directory: Path
    name: str = "authority"
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()), repr=False)

    @property
    def file(self) -> Path:
        return self.directory / f"{self.name}.pem"

    def __post_init__(self) -> None:
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        about = self._about(self.name, self.key, is_authority=True).add_extension(usage, critical=True)
        self.file.write_bytes(about.sign(self.key, SHA256()).public_bytes(Encoding.PEM))

    def certified(self, name: str, password: bytes | None = None) -> Path:
        """A file with a certificate for this machine, under a name, and its key, encrypted if there is a password."""
        key = generate_private_key(SECP256R1())
        here = x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))])
        certificate = self._about(name, key, is_authority=False).add_extension(here, critical=False)
        encryption: KeySerializationEncryption = BestAvailableEncryption(password) if password else NoEncryption()
        file = self.directory / f"{name}.pem"
        file.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
            + certificate.sign(self.key, SHA256()).public_bytes(Encoding.PEM)
        )
        return file

    def _about(self, name: str, key: EllipticCurvePrivateKey, *, is_authority: bool) -> x509.CertificateBuilder:
        now, own = datetime.now(UTC), self.key.public_key()
        return (
            x509.CertificateBuilder()
            .issuer_name(_named(self.name))
            .subject_name(_named(name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(own), critical=False)
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
