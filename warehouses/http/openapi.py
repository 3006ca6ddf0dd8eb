"""OpenAPI documents of the contracts, read from their views: one document for one contract.

What the code enforces is what the document says: parameters come from `filterset_class`, `paging_class` and
`query_parameters`, limits from paging classes and serializers, permissions from `permissions`. `Operation` adds words.
"""

from __future__ import annotations

import json
import threading
from functools import cache
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import EndpointEnumerator, SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import patched_settings

from warehouses.http.openapi_components import (
    HEADERS,
    SCHEMAS,
    SHARED_RESPONSES,
    Schema,
    plain,
    problem_response,
    response_name,
    shared_parameters,
)
from warehouses.http.openapi_operations import ContractSchema
from warehouses.http.operations import Contract

__all__ = ["build_document", "render_document"]

# drf-spectacular's settings are the process's own while they are patched.
_building = threading.Lock()


class KeyScheme(OpenApiAuthenticationExtension):
    """The three header forms of one API key: any of them."""

    target_class = "warehouses.http.authentication.KeyAuthentication"
    name = ["apiKey", "bearer", "authorization"]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[Schema]:
        return [
            {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "`X-API-Key: KEY`"},
            {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer KEY`"},
            {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "`Authorization: KEY`, without a word in front of the key.",
            },
        ]


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "warehouses.http.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> Schema:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The session of a person who is signed in; writes need `X-CSRFToken` too.",
        }


class ContractEndpoints(EndpointEnumerator):
    """The documented paths: routes are regular expressions that also take a slash at the end."""

    def get_path_from_regex(self, path_regex: str) -> str:
        path: str = super().get_path_from_regex(path_regex.removesuffix("/?$"))
        return path


class ContractGenerator(SchemaGenerator):
    endpoint_inspector_cls = ContractEndpoints

    def __init__(self, contract: Contract) -> None:
        super().__init__(urlconf=contract.urlconf)
        self.contract = contract

    def create_view(self, callback: Any, method: str, request: Any = None) -> Any:
        view = super().create_view(callback, method, request)
        schema = ContractSchema()
        schema.words = self.contract.fields
        self._set_schema_to_view(view, schema)
        return view


def build_document(contract: Contract) -> Schema:
    """The contract's OpenAPI document. drf-spectacular's warnings stay in its GENERATOR_STATS until the next one."""
    with _building, patched_settings(_settings(contract)):
        generator = ContractGenerator(contract)
        built: Schema = plain(generator.get_schema(public=True))
    return built


@cache
def render_document(contract: Contract) -> bytes:
    """The document as JSON text, made once a process: what is served, and what is committed as a snapshot."""
    return f"{json.dumps(build_document(contract), indent=2, ensure_ascii=False)}\n".encode()


def _settings(contract: Contract) -> Schema:
    return {
        "TITLE": contract.title,
        "DESCRIPTION": contract.description,
        "VERSION": contract.version,
        "SERVERS": [
            {"url": "/", "description": "The documented paths"},
            {
                "url": f"/{contract.name}",
                "description": f"The same routes; whatever is asked here, {contract.name} answers",
            },
        ],
        "TAGS": [{"name": name, "description": text} for name, text in contract.tags],
        "APPEND_COMPONENTS": {
            "headers": HEADERS,
            "responses": {
                response_name(status): problem_response(status, codes)
                for status, codes in SHARED_RESPONSES.items()
            },
            "parameters": shared_parameters(contract),
            "schemas": SCHEMAS,
        },
        "COMPONENT_SPLIT_REQUEST": False,
        "ENFORCE_NON_BLANK_FIELDS": True,
        "POSTPROCESSING_HOOKS": [],  # enumerations stay where they are used
        "PREPROCESSING_HOOKS": [],
        "SORT_OPERATIONS": False,  # the order of the URLConf is that of the documentation
        "SORT_OPERATION_PARAMETERS": False,
    }
