"""No service is forgotten where the boundaries between them are drawn."""

import tomllib
from pathlib import Path

from services.registry import SERVICES

CONTRACTS = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]
PACKAGES = {service.package for service in SERVICES}


def test_a_boundary_that_names_one_service_names_all() -> None:
    named = [set(contract.get("modules", [])) | set(contract.get("forbidden_modules", [])) for contract in CONTRACTS]
    drawn = [names & PACKAGES for names in named if names & PACKAGES]
    assert len(drawn) >= 4
    assert all(names == PACKAGES for names in drawn)
