"""`python -m services.spell_checker_service` serves on the address of its settings until SIGTERM or SIGINT."""

from services.kit.service import run
from services.spell_checker_service.app import DEFINITION

if __name__ == "__main__":
    run(DEFINITION)
