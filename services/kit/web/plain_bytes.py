"""Bodies that are bytes and nothing else, as the OpenAPI page describes them; quart-schema knows JSON and forms."""

from collections.abc import Callable
from typing import Any

from pydantic import RootModel
from quart_schema import DataSource, OpenAPIProvider, document_request

Bytes = RootModel[bytes]

Description = tuple[dict[str, Any], dict[str, Any]]

# A media type of its own comes with each body, in Content-Type.
_CONTENT = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


def takes_bytes(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Say that a route takes bytes as they are."""
    return document_request(Bytes)(handler)


class ProviderWithBytes(OpenAPIProvider):
    """Describes `Bytes` as binary, and all else as quart-schema does."""

    def build_request_body(self, model: type[Any], source: DataSource) -> Description:
        """The description of a request's body, and the components that it refers to."""
        if model is Bytes:
            return {"content": _CONTENT, "required": True}, {}
        return super().build_request_body(model, source)

    def build_response_object(self, model: type[Any], headers_model: type[Any] | None) -> Description:
        """The description of an answer's body, and the components that it refers to."""
        if model is Bytes:
            return {"content": _CONTENT, "description": "The bytes, exactly as they are stored."}, {}
        return super().build_response_object(model, headers_model)
