"""`python -m services.spell_checker_service` serves until SIGTERM or SIGINT; `… parked` is about refused messages."""

from services.kit.topics.command import with_parked
from services.spell_checker_service.app import DEFINITION
from services.spell_checker_service.config import SpellCheckerServiceSettings
from services.spell_checker_service.models_db import ParkedMessageRow

command = with_parked(DEFINITION, SpellCheckerServiceSettings, ParkedMessageRow)

if __name__ == "__main__":
    command()
