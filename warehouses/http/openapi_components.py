"""What the operations of an OpenAPI document share: headers, parameters, the problem and its responses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from warehouses.http import idempotency, request_id
from warehouses.http.operations import Contract
from warehouses.http.problem_codes import ALWAYS, ON_PRECONDITIONS, ON_WRITES, ProblemCode, by_status
from warehouses.http.problems import CONTENT_TYPE
from warehouses.http.throttling import WINDOW

__all__ = [
    "HEADERS",
    "SCHEMAS",
    "SHARED_RESPONSES",
    "Schema",
    "header_references",
    "plain",
    "problem_response",
    "response_name",
    "shared_parameters",
]

Schema = dict[str, Any]

_RETRY_LATER: Final = frozenset({409, 429, 503})
_EXAMPLE_REQUEST_ID: Final = "0193a4f1c2d87b0e9f3a6c5d4e2b1a08"

#: Statuses that have one set of codes wherever they occur; the others depend on the operation.
SHARED_RESPONSES: Final = {
    status: tuple(codes)
    for status, codes in by_status([*ALWAYS, *ON_WRITES, *ON_PRECONDITIONS]).items()
    if status in {401, 406, 411, 412, 413, 415, 429, 500, 503}
}

HEADERS: Final[Mapping[str, Schema]] = {
    "ETag": {
        "description": "The version of the record, for `If-Match` and `If-None-Match`.",
        "schema": {"type": "string", "example": '"level-7"'},
    },
    "Location": {
        "description": "The address of what was made.",
        "schema": {"type": "string"},
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
SCHEMAS: Final[Mapping[str, Schema]] = {
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


def shared_parameters(contract: Contract) -> dict[str, Schema]:
    """The header parameters, by the name that operations refer to them by."""

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


def response_name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "")


def problem_response(status: int, codes: Iterable[ProblemCode]) -> Schema:
    """One status as a response: its codes with meaning and remedy, and an example of each."""
    headers = ["X-API-Contract", request_id.HEADER]
    if status in _RETRY_LATER:
        headers.append("Retry-After")
    if status == HTTPStatus.UNAUTHORIZED:
        headers.append("WWW-Authenticate")
    return {
        "description": "\n".join(f"- `{code.code}`: {code.meaning} {code.remedy}" for code in codes),
        "headers": header_references(headers),
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


def header_references(names: Iterable[str]) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def plain(value: Any) -> Any:
    """`value` as plain JSON types, so that what is built equals what is served."""
    return json.loads(json.dumps(value, default=str))
