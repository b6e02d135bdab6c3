"""`python -m services.file_service` serves on FILE_SERVICE_HOST and FILE_SERVICE_PORT until SIGTERM or SIGINT."""

from services.file_service.app import DEFINITION
from services.kit.service import run

if __name__ == "__main__":
    run(DEFINITION)
