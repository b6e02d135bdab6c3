"""The local stack's key pair: what the private half signs the public one proves, and no restart changes either."""

from pathlib import Path

import jwt

from deploy.local.signing_key import ALGORITHM, kept_signing_key


def test_what_the_private_key_signs_the_public_one_proves(tmp_path: Path) -> None:
    pair = kept_signing_key(tmp_path / "keys")
    token = jwt.encode({"sub": "anna"}, pair.private.read_bytes(), ALGORITHM)
    assert jwt.decode(token, pair.public.read_bytes(), [ALGORITHM]) == {"sub": "anna"}


def test_only_its_owner_reads_the_private_key(tmp_path: Path) -> None:
    assert kept_signing_key(tmp_path).private.stat().st_mode & 0o777 == 0o600


def test_the_pair_stays_and_half_of_one_is_made_anew(tmp_path: Path) -> None:
    pair = kept_signing_key(tmp_path)
    public = pair.public.read_bytes()
    assert kept_signing_key(tmp_path).public.read_bytes() == public
    pair.private.unlink()
    token = jwt.encode({}, kept_signing_key(tmp_path).private.read_bytes(), ALGORITHM)
    assert jwt.decode(token, pair.public.read_bytes(), [ALGORITHM]) == {}
