"""The tables that a service's models declare, found by the name of their module."""

import importlib

from sqlalchemy import MetaData


def metadata_of(models: str) -> MetaData:
    """What `Base` of a module of models declares, e.g. of `services.file_service.models_db`."""
    metadata: MetaData = importlib.import_module(models).Base.metadata
    return metadata
