"""How one method of one view stands in an OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

import uritemplate
from django_filters import filters
from drf_spectacular.drainage import warn
from drf_spectacular.openapi import AutoSchema
from rest_framework.serializers import ListField, ListSerializer, Serializer

from warehouses.http import idempotency, request_id
from warehouses.http.fields import StrictCharField, StrictListField, StrictSerializer
from warehouses.http.filters import (
    StrictBooleanFilter,
    StrictChoiceFilter,
    StrictChoicesFilter,
    StrictDateFilter,
    StrictIntegerFilter,
)
from warehouses.http.moments import MOMENT_SCHEMA, MomentFilter
from warehouses.http.openapi_components import (
    SHARED_RESPONSES,
    Schema,
    header_references,
    plain,
    problem_response,
    response_name,
)
from warehouses.http.operations import Operation, Parameter, operation_of
from warehouses.http.paging import CursorPaging, PageNumberPaging
from warehouses.http.problem_codes import (
    ALWAYS,
    ON_CURSORS,
    ON_PRECONDITIONS,
    ON_WRITES,
    ProblemCode,
    by_status,
)
from warehouses.http.texts import QUERY_PATTERN
from warehouses.http.views import ApiView

__all__ = ["ContractSchema"]

_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
#: Answers that say where what was asked for is found.
_LOCATED: Final = {201: "Created.", 202: "Accepted: `Location` tells how it is getting on."}


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
            yield self._parameter("query", name, {"type": "string", "pattern": QUERY_PATTERN})
        if self.is_write:
            return
        for name in self.api.reading_parameters:
            yield self._parameter("query", name, {"type": "string", "pattern": QUERY_PATTERN})
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
            "required": required or told.is_required,
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
            content["example"] = plain(self.operation.example)
        media_types: Schema = {"application/json": content}
        if self.operation.csv_body is not None:
            media_types["text/csv"] = {"schema": {"type": "string"}, "example": self.operation.csv_body}
        return {"required": True, "content": media_types}

    def _get_response_bodies(self, direction: str = "response") -> Schema:
        operation = self.operation
        headers = ["X-API-Contract", request_id.HEADER, "RateLimit", "RateLimit-Policy"]
        if operation.is_tagged:
            headers.append("ETag")
        besides = [idempotency.REPLAYED] if self.is_write else []
        if operation.status in _LOCATED:
            besides.append("Location")
        success: Schema = {
            "description": _LOCATED.get(operation.status, "Done." if self.is_write else "Found."),
            "headers": header_references([*headers, *besides]),
        }
        if operation.result is not None:
            schema = self._component(operation.result, "response")
            success["content"] = {"application/json": {"schema": schema, "example": plain(operation.answer)}}
            if operation.csv is not None:
                csv = {"schema": {"type": "string"}, "example": operation.csv}
                success["content"]["text/csv"] = csv
        responses: Schema = {str(operation.status): success}
        if operation.is_tagged and not self.is_write:
            responses["304"] = {
                "description": "The reader's copy, named by `If-None-Match`, is good. No body.",
                "headers": header_references(headers),
            }
        for status, codes in by_status(self._problems()).items():
            name = response_name(status)
            shared = tuple(codes) == SHARED_RESPONSES.get(status)
            responses[str(status)] = (
                {"$ref": f"#/components/responses/{name}"} if shared else problem_response(status, codes)
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
            conditions = [condition.schema(serializer.fields) for condition in serializer.conditions]
            if any(conditions):
                schema["allOf"] = [condition for condition in conditions if condition]
        return schema

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Schema:
        schema: Schema = super()._map_serializer_field(field, direction, bypass_extensions)
        if isinstance(field, ListSerializer):
            schema |= _limits_of_rows(field)
        if isinstance(field, ListField) and not field.allow_empty:
            schema["minItems"] = 1
        if isinstance(field, StrictListField) and field.is_unique:
            schema["uniqueItems"] = True
        if "$ref" not in schema and "description" not in schema and field.field_name in self.words:
            schema["description"] = self.words[field.field_name]
        return schema

    def _insert_field_validators(self, field: Any, schema: Schema) -> None:
        super()._insert_field_validators(field, schema)
        if isinstance(field, StrictCharField):
            schema["pattern"] = field.pattern


def _filter_schema(declared: filters.Filter) -> Schema:
    """What a filter takes, as JSON Schema."""
    extra = declared.extra
    if isinstance(declared, StrictBooleanFilter):
        return {"type": "boolean"}
    if isinstance(declared, StrictIntegerFilter):
        return {"type": "integer", "minimum": extra["min_value"], "maximum": extra["max_value"]}
    if isinstance(declared, StrictChoiceFilter):
        return {"type": "string", "enum": [str(value) for value, _ in extra["choices"]]}
    if isinstance(declared, StrictChoicesFilter):
        words = "|".join(extra["choices"])
        return {"type": "string", "pattern": f"^({words})(,({words}))*$"}
    if isinstance(declared, StrictDateFilter):
        return {"type": "string", "format": "date"}
    if isinstance(declared, MomentFilter):
        return dict(MOMENT_SCHEMA)
    schema: Schema = {"type": "string", "pattern": QUERY_PATTERN}
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
