"""A contract's document, read as an integrator's program reads it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema

__all__ = ["DocumentedOperation", "operations", "resolved", "violations"]

Json = dict[str, Any]


@dataclass(frozen=True)
class DocumentedOperation:
    document: Json
    method: str
    path: str
    definition: Json

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[Json]:
        return [resolved(self.document, parameter) for parameter in self.definition["parameters"]]

    @property
    def example_path(self) -> str:
        """The path with the examples of its parameters, also of those that its query has to have."""
        path = self.path
        query = {}
        for parameter in self.parameters:
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", quote(parameter["example"], safe=""))
            elif parameter["in"] == "query" and "example" in parameter:
                query[parameter["name"]] = parameter["example"]
        return f"{path}?{urlencode(query)}" if query else path

    @property
    def example_body(self) -> Any:
        body = self.definition.get("requestBody")
        return None if body is None else body["content"]["application/json"]["example"]

    def response(self, status: int) -> Json:
        """Raises KeyError for a status that is not documented."""
        return resolved(self.document, self.definition["responses"][str(status)])

    @property
    def success(self) -> int:
        """The status of a good answer."""
        (status,) = [int(status) for status in self.definition["responses"] if status.startswith("2")]
        return status

    def content(self, status: int) -> tuple[str, Json]:
        """The media type and its object, of the JSON that a response has."""
        ((media_type, content),) = (
            (media_type, content)
            for media_type, content in self.response(status)["content"].items()
            if media_type.endswith("json")
        )
        return media_type, content


def operations(document: Json) -> Iterator[DocumentedOperation]:
    for path, item in document["paths"].items():
        for method, definition in item.items():
            yield DocumentedOperation(document, method.upper(), path, definition)


def resolved(document: Json, part: Json) -> Json:
    """`part`, or what its `$ref` points to."""
    if "$ref" not in part:
        return part
    found = document
    for token in part["$ref"].removeprefix("#/").split("/"):
        found = found[token]
    return found


def violations(document: Json, schema: Json, value: Any) -> list[str]:
    """What in `value` is against `schema`. A member that is not documented is a violation too."""
    root = {**_as_json_schema(schema), "components": _as_json_schema(document["components"])}
    validator = jsonschema.Draft202012Validator(root, format_checker=jsonschema.FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def _as_json_schema(part: Any) -> Any:
    """OpenAPI 3.0's dialect as JSON Schema: `nullable` is a type, `exclusiveMaximum` a number, and objects are closed
    unless they say otherwise.
    """
    if isinstance(part, list):
        return [_as_json_schema(entry) for entry in part]
    if not isinstance(part, dict):
        return part
    found = {name: _as_json_schema(value) for name, value in copy.copy(part).items()}
    if found.get("exclusiveMaximum") is True:
        found["exclusiveMaximum"] = found.pop("maximum")
    if found.get("nullable") is True and "type" in found:
        found["type"] = [found["type"], "null"]
    elif found.get("nullable") is True:
        return {"anyOf": [found, {"type": "null"}]}  # a reference, or none
    if found.get("type") == "object" and "properties" in found:
        found.setdefault("additionalProperties", False)
    return found
