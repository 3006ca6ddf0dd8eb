"""What a route says about itself that its view does not: words, examples and problem codes, for `openapi`.

Parameters, limits, permissions and methods are read from the view; nothing of that is repeated here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from rest_framework.serializers import Serializer

from warehouses.http.problem_codes import ProblemCode

__all__ = ["Contract", "Operation", "Parameter", "operation_of"]

_ATTRIBUTE: Final = "_tallyhouse_operation"
Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Parameter:
    """The words for a query or path parameter. `schema` replaces what the filter says of itself.

    Only a path parameter has an `example`, and a query parameter without which the request is refused: reference pages
    fill examples in, and what is filled in is sent.
    """

    description: str
    schema: Mapping[str, Any] | None = None
    example: str | None = None
    is_required: bool = False


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one route; put it on the view's handler as a decorator.

    `example` is a body, and `answer` an answer, that hold against a fresh demonstration. `is_tagged`: the answer has
    an ETag. `takes_if_match`: the write honours If-Match. An answer without a body (204) has neither `result` nor
    `answer`. `csv` is an example of the same answer as CSV, for routes that give that too; `csv_body` one of the same
    body, for routes that take it.
    """

    id: str
    tag: str
    summary: str
    description: str
    result: type[Serializer[Any]] | None = None
    answer: Mapping[str, Any] | None = None
    body: type[Serializer[Any]] | None = None
    example: Mapping[str, Any] | None = None
    problems: tuple[ProblemCode, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    status: int = 200
    is_tagged: bool = False
    takes_if_match: bool = False
    csv: str | None = None
    csv_body: str | None = None

    def __call__(self, handler: Handler) -> Handler:
        setattr(handler, _ATTRIBUTE, self)
        return handler


def operation_of(handler: Any) -> Operation:
    """The operation that describes a view's handler. Raises LookupError where none does."""
    found = getattr(handler, _ATTRIBUTE, None)
    if not isinstance(found, Operation):
        raise LookupError(f"{handler.__qualname__} is not described: decorate it with an Operation.")
    return found


@dataclass(frozen=True, kw_only=True)
class Contract:
    """One HTTP contract as a document. `urlconf` has its documented paths; `tags` are pairs of a tag and its sentence.

    `fields` has the words for fields of request bodies that have no help text of their own, by name.
    """

    name: str
    title: str
    description: str
    urlconf: str
    tags: tuple[tuple[str, str], ...]
    fields: Mapping[str, str] = field(default_factory=dict, hash=False)
    version: str = "1.0.0"
