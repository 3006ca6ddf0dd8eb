"""OpenAPI documents of the contracts, read from their views: one document for one contract.

What the code enforces is what the document says: parameters come from `filterset_class`, `paging_class` and
`query_parameters`, limits from paging classes and serializers, permissions from `permissions`. `Operation` adds words.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final, cast

import uritemplate
from django.conf import settings
from django_filters import filters
from drf_spectacular.drainage import warn
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import EndpointEnumerator, SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import patched_settings
from rest_framework.serializers import ListSerializer, Serializer

from warehouses.http import idempotency, request_id
from warehouses.http.fields import StrictSerializer
from warehouses.http.filters import (
    StrictBooleanFilter,
    StrictChoiceFilter,
    StrictDateFilter,
    StrictIntegerFilter,
)
from warehouses.http.operations import Contract, Operation, Parameter, operation_of
from warehouses.http.paging import CursorPaging, PageNumberPaging
from warehouses.http.problem_codes import (
    ALWAYS,
    ON_CURSORS,
    ON_PRECONDITIONS,
    ON_WRITES,
    ProblemCode,
    by_status,
)
from warehouses.http.problems import CONTENT_TYPE
from warehouses.http.throttling import WINDOW
from warehouses.http.views import ApiView

__all__ = ["build_document", "render_document"]

Schema = dict[str, Any]

_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_RETRY_LATER: Final = frozenset({409, 429, 503})
_EXAMPLE_REQUEST_ID: Final = "0193a4f1c2d87b0e9f3a6c5d4e2b1a08"
# drf-spectacular's settings are the process's own while they are patched.
_building = threading.Lock()

#: Statuses that have one set of codes wherever they occur; the others depend on the operation.
_SHARED_RESPONSES: Final = {
    status: tuple(codes)
    for status, codes in by_status([*ALWAYS, *ON_WRITES, *ON_PRECONDITIONS]).items()
    if status in {401, 406, 411, 412, 413, 415, 429, 500, 503}
}

_HEADERS: Final[Mapping[str, Schema]] = {
    "ETag": {
        "description": "The version of the record, for `If-Match` and `If-None-Match`.",
        "schema": {"type": "string", "example": '"level-7"'},
    },
    idempotency.REPLAYED: {
        "description": "`true` when this is the stored answer of an earlier request with the same Idempotency-Key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "RateLimit": {
        "description": "`r` requests are left; the count begins anew in `t` seconds.",
        "schema": {"type": "string", "example": '"key";r=5999;t=60'},
    },
    "RateLimit-Policy": {
        "description": f"`q` requests in `w` seconds; the window is {WINDOW} seconds.",
        "schema": {"type": "string", "example": f'"key";q=6000;w={WINDOW}'},
    },
    "Retry-After": {
        "description": "Try again after that many seconds.",
        "schema": {"type": "string", "pattern": "^[0-9]+$", "example": "1"},
    },
    "WWW-Authenticate": {
        "description": "How to authenticate.",
        "schema": {"type": "string", "example": 'Bearer realm="tallyhouse"'},
    },
    "X-API-Contract": {
        "description": "The contract that answered.",
        "schema": {"type": "string"},
    },
    request_id.HEADER: {
        "description": "The request's id: the one sent, or a new one. Name it when asking for help.",
        "schema": {"type": "string", "example": _EXAMPLE_REQUEST_ID},
    },
}

_PROBLEM_MEMBERS: Final[Schema] = {
    "code": {"type": "string", "description": "What exactly is wrong, in capitals; stable."},
    "detail": {"type": "string", "description": "The same for people."},
}
_SCHEMAS: Final[Mapping[str, Schema]] = {
    "Problem": {
        "type": "object",
        "description": f"Every error is one of these (RFC 9457, `{CONTENT_TYPE}`).",
        "properties": {
            "type": {"type": "string", "format": "uri", "description": "The code as a URN."},
            "title": {"type": "string", "description": "The code in words."},
            "status": {"type": "integer", "description": "The HTTP status."},
            "detail": {"type": "string", "description": "What happened, for people."},
            "instance": {"type": "string", "description": "The request id."},
            "code": {"type": "string", "description": "What happened, for programs; stable."},
            "errors": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/ProblemError"},
                "description": "Everything that is at fault, every bad row of a bulk request included.",
            },
            "available": {
                "type": "integer",
                "description": "With a quantity that is too large: what there is.",
            },
        },
        "required": ["type", "title", "status", "detail", "instance", "code"],
        "additionalProperties": True,
    },
    "ProblemError": {
        "type": "object",
        "description": "One fault: in the body (`pointer`), the query (`parameter`) or a header (`header`).",
        "properties": {
            "pointer": {
                "type": "string",
                "description": "RFC 6901, into the body; empty: the body as a whole.",
            },
            "parameter": {"type": "string", "description": "The query parameter."},
            "header": {"type": "string", "description": "The header."},
            **_PROBLEM_MEMBERS,
        },
        "required": ["code", "detail"],
    },
}


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


class ContractSchema(AutoSchema):
    """How one method of an `ApiView` is described."""

    method: str
    #: The words for fields that have none of their own.
    words: Mapping[str, str] = {}

    @property
    def api(self) -> ApiView:
        return cast(ApiView, self.view)

    @property
    def operation(self) -> Operation:
        return operation_of(getattr(self.view, self.method.lower()))

    @property
    def permissions(self) -> tuple[str, ...]:
        return self.api.permissions[self.method]

    @property
    def is_write(self) -> bool:
        return self.method in _WRITES

    def get_operation_id(self) -> str:
        return self.operation.id

    def get_summary(self) -> str:
        return self.operation.summary

    def get_tags(self) -> list[str]:
        return [self.operation.tag]

    def get_description(self) -> str:  # type: ignore[override]
        names = " and ".join(
            f"`{name}` (as a scope also `{name.replace('.', ':')}`)" for name in self.permissions
        )
        return f"{self.operation.description}\n\nNeeds the permission {names}."

    def get_extensions(self) -> Schema:
        return {"x-permissions": list(self.permissions)}

    # --- parameters

    def _get_parameters(self) -> list[Schema]:
        parameters = [*self._path_parameters(), *self._query_parameters(), *self._header_parameters()]
        known = {parameter.get("name") for parameter in parameters}
        for name in self.operation.parameters.keys() - known:
            warn(f"{self.operation.id} describes the parameter {name}, which the view does not take.")
        return parameters

    def _path_parameters(self) -> Iterator[Schema]:
        for name in uritemplate.variables(self.path):
            yield self._parameter("path", name, {"type": "string", "minLength": 1}, required=True)

    def _query_parameters(self) -> Iterator[Schema]:
        for name in self.api.query_parameters:
            yield self._parameter("query", name, {"type": "string", "minLength": 1})
        if self.is_write:
            return
        if self.api.filterset_class is not None:
            for name, declared in self.api.filterset_class.base_filters.items():
                words = declared.extra.get("help_text") or ""
                yield self._parameter("query", name, _filter_schema(declared), words)
        if self.api.paging_class is not None:
            for name, (schema, words) in _paging_schemas(self.api.paging_class).items():
                yield self._parameter("query", name, schema, words)

    def _parameter(
        self, place: str, name: str, schema: Schema, words: str = "", *, required: bool = False
    ) -> Schema:
        told = self.operation.parameters.get(name, Parameter(words))
        if not told.description:
            warn(f"{self.operation.id} does not describe its parameter {name}.")
        parameter: Schema = {
            "name": name,
            "in": place,
            "required": required,
            "description": told.description,
            "schema": schema if told.schema is None else {**told.schema},
        }
        if told.example is not None:
            parameter["example"] = told.example
        return parameter

    def _header_parameters(self) -> Iterator[Schema]:
        names = ["Contract", "RequestId"]
        if self.is_write:
            names.append("IdempotencyKey")
        if self.operation.takes_if_match:
            names.append("IfMatch")
        if self.operation.is_tagged and not self.is_write:
            names.append("IfNoneMatch")
        for name in names:
            yield {"$ref": f"#/components/parameters/{name}"}

    # --- bodies

    def _get_request_body(self, direction: str = "request") -> Schema | None:
        if self.operation.body is None:
            return None
        content = {"schema": self._component(self.operation.body, "request")}
        if self.operation.example is not None:
            content["example"] = _plain(self.operation.example)
        return {"required": True, "content": {"application/json": content}}

    def _get_response_bodies(self, direction: str = "response") -> Schema:
        operation = self.operation
        headers = ["X-API-Contract", request_id.HEADER, "RateLimit", "RateLimit-Policy"]
        if operation.is_tagged:
            headers.append("ETag")
        responses: Schema = {
            str(operation.status): {
                "description": "Done." if self.is_write else "Found.",
                "headers": _header_references([*headers, idempotency.REPLAYED] if self.is_write else headers),
                "content": {
                    "application/json": {
                        "schema": self._component(operation.result, "response"),
                        "example": _plain(operation.answer),
                    }
                },
            }
        }
        if operation.is_tagged and not self.is_write:
            responses["304"] = {
                "description": "The reader's copy, named by `If-None-Match`, is good. No body.",
                "headers": _header_references(headers),
            }
        for status, codes in by_status(self._problems()).items():
            name = _response_name(status)
            shared = tuple(codes) == _SHARED_RESPONSES.get(status)
            responses[str(status)] = (
                {"$ref": f"#/components/responses/{name}"} if shared else _problem_response(status, codes)
            )
        return responses

    def _problems(self) -> Iterator[ProblemCode]:
        yield from ALWAYS
        paging = self.api.paging_class
        if not self.is_write and paging is not None and issubclass(paging, CursorPaging):
            yield from ON_CURSORS
        if self.is_write:
            yield from ON_WRITES
        if self.operation.takes_if_match:
            yield from ON_PRECONDITIONS
        yield from self.operation.problems

    def _component(self, serializer: type[Serializer[Any]], direction: Any) -> Schema:
        reference: Schema = self.resolve_serializer(serializer, direction).ref
        return reference

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Schema:
        schema: Schema = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
        return schema

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Schema:
        schema: Schema = super()._map_serializer_field(field, direction, bypass_extensions)
        if isinstance(field, ListSerializer):
            schema |= _limits_of_rows(field)
        if "$ref" not in schema and "description" not in schema and field.field_name in self.words:
            schema["description"] = self.words[field.field_name]
        return schema


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
        built: Schema = _plain(generator.get_schema(public=True))
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
            "headers": _HEADERS,
            "responses": {
                _response_name(status): _problem_response(status, codes)
                for status, codes in _SHARED_RESPONSES.items()
            },
            "parameters": _shared_parameters(contract),
            "schemas": _SCHEMAS,
        },
        "COMPONENT_SPLIT_REQUEST": False,
        "ENFORCE_NON_BLANK_FIELDS": True,
        "POSTPROCESSING_HOOKS": [],  # enumerations stay where they are used
        "PREPROCESSING_HOOKS": [],
        "SORT_OPERATIONS": False,  # the order of the URLConf is that of the documentation
        "SORT_OPERATION_PARAMETERS": False,
    }


def _shared_parameters(contract: Contract) -> dict[str, Schema]:
    def header(name: str, description: str, **schema: Any) -> Schema:
        return {
            "name": name,
            "in": "header",
            "required": False,
            "description": description,
            "schema": {"type": "string", **schema},
        }

    return {
        "Contract": header(
            "X-API-Contract",
            "Which contract is to answer, where several share a path. It matters at the documented paths only.",
            enum=[contract.name],
            default=contract.name,
        ),
        "RequestId": header(
            request_id.HEADER,
            "An id of the caller's own for this request, up to 64 visible ASCII characters: it comes back in the "
            "answer and stands in our logs. Another one is replaced.",
        ),
        "IdempotencyKey": header(
            idempotency.HEADER,
            "A new one, such as a UUID, for every new request. The same key and request again, within 7 days, "
            "get the first answer again, and nothing happens twice.",
            pattern="^[!#-~][!-~]{0,254}$",
        ),
        "IfMatch": header(
            "If-Match",
            'The `ETag` of the record as it was read, such as `"level-7"`: the write is refused with 412 if the '
            "record has changed since.",
            pattern=r'^(\*|"[!#-~]*")$',
        ),
        "IfNoneMatch": header(
            "If-None-Match",
            "The `ETag` of the reader's copy: 304 without a body if it is still good.",
        ),
    }


def _filter_schema(declared: filters.Filter) -> Schema:
    """What a filter takes, as JSON Schema."""
    extra = declared.extra
    if isinstance(declared, StrictBooleanFilter):
        return {"type": "boolean"}
    if isinstance(declared, StrictIntegerFilter):
        return {"type": "integer", "minimum": extra["min_value"], "maximum": extra["max_value"]}
    if isinstance(declared, StrictChoiceFilter):
        return {"type": "string", "enum": [str(value) for value, _ in extra["choices"]]}
    if isinstance(declared, StrictDateFilter):
        return {"type": "string", "format": "date"}
    schema: Schema = {"type": "string", "minLength": 1}
    if "max_length" in extra:
        schema["maxLength"] = extra["max_length"]
    return schema


def _limits_of_rows(rows: Any) -> Schema:
    limits = {} if rows.allow_empty else {"minItems": 1}
    return limits if rows.max_length is None else {**limits, "maxItems": rows.max_length}


def _paging_schemas(
    paging: type[PageNumberPaging] | type[CursorPaging],
) -> dict[str, tuple[Schema, str]]:
    """The schema and the words of each paging parameter."""
    size: tuple[Schema, str] = (
        {"type": "integer", "minimum": 1, "maximum": paging.maximum_size, "default": paging.default_size},
        f"Results per page, at most {paging.maximum_size}.",
    )
    if issubclass(paging, PageNumberPaging):
        number: Schema = {"type": "integer", "minimum": 1, "maximum": paging.largest_page, "default": 1}
        return {
            paging.page_parameter: (number, "Page number, from 1. A page past the end is empty."),
            paging.size_parameter: size,
        }
    cursor: Schema = {"type": "string", "minLength": 1, "maxLength": paging.longest_cursor}
    return {
        paging.cursor_parameter: (
            cursor,
            "The `nextCursor` of the page before, with the same filters. Leave it out for the first page.",
        ),
        paging.size_parameter: size,
    }


def _response_name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "")


def _problem_response(status: int, codes: Iterable[ProblemCode]) -> Schema:
    headers = ["X-API-Contract", request_id.HEADER]
    if status in _RETRY_LATER:
        headers.append("Retry-After")
    if status == HTTPStatus.UNAUTHORIZED:
        headers.append("WWW-Authenticate")
    return {
        "description": "\n".join(f"- `{code.code}`: {code.meaning} {code.remedy}" for code in codes),
        "headers": _header_references(headers),
        "content": {
            CONTENT_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {code.code: {"value": _problem_example(code)} for code in codes},
            }
        },
    }


def _problem_example(code: ProblemCode) -> Schema:
    return {
        "type": f"urn:tallyhouse:problem:{code.code.lower().replace('_', '-')}",
        "title": code.code.replace("_", " ").capitalize(),
        "status": code.status,
        "detail": code.meaning,
        "instance": _EXAMPLE_REQUEST_ID,
        "code": code.code,
    }


def _header_references(names: Iterable[str]) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _plain(value: Any) -> Any:
    """`value` as plain JSON types, so that what is built equals what is served."""
    return json.loads(json.dumps(value, default=str))
