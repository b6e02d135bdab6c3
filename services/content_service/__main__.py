"""`python -m services.content_service` serves on CONTENT_SERVICE_HOST and _PORT until SIGTERM or SIGINT."""

from services.content_service.app import DEFINITION
from services.kit.service import run

if __name__ == "__main__":
    run(DEFINITION)
