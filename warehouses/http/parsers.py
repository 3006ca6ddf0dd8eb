"""The bodies that are read: a JSON object in UTF-8, and nothing that two parsers could read in two ways; and CSV."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser
from rest_framework.utils.mediatypes import _MediaType

from warehouses.http.faults import RequestFault, invalid_json, unsupported_media_type
from warehouses.http.pointers import escape

__all__ = [
    "DEEPEST",
    "JsonFraction",
    "StrictJSONParser",
    "check_media_type",
    "is_csv",
    "parse_csv_text",
    "parse_json_object",
]

DEEPEST = 20
_LARGEST_INTEGER = 2**63 - 1
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


class JsonFraction(float):
    """A number with a point or an exponent, and the very digits that were sent: money is read from those."""

    text: str

    def __new__(cls, text: str) -> JsonFraction:
        number = super().__new__(cls, text)
        number.text = text
        return number


class StrictJSONParser(BaseParser):
    """`application/json`, UTF-8, an object. Anything else is 400 or 415, never a guess."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        check_media_type(media_type or "")
        return parse_json_object(stream.read())


def check_media_type(text: str) -> None:
    """Raise 415 unless `text` is application/json in UTF-8. DRF alone would decode with any charset that is named."""
    media_type = _MediaType(text)
    if (media_type.main_type, media_type.sub_type) != ("application", "json"):
        raise unsupported_media_type("The body must be sent as application/json.")
    _check_charset(media_type)


def is_csv(text: str) -> bool:
    """Whether a media type is text/csv. Raises 415 for one that is not in UTF-8."""
    media_type = _MediaType(text)
    if (media_type.main_type, media_type.sub_type) != ("text", "csv"):
        return False
    _check_charset(media_type)
    return True


def parse_csv_text(content: bytes) -> str:
    """The text of a CSV file, without its byte order mark. Raises 400 `INVALID_REQUEST` for what is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = f"The file is not UTF-8: it cannot be read at byte {error.start}."
        fault = {"pointer": "", "code": "INVALID", "detail": detail}
        raise RequestFault(400, "INVALID_REQUEST", detail, errors=[fault]) from None


def _check_charset(media_type: _MediaType) -> None:
    charset = media_type.params.get("charset", "utf-8").strip('"').lower()
    if charset not in {"utf-8", "utf8"}:
        raise unsupported_media_type("The body must be in UTF-8.")


def parse_json_object(content: bytes) -> dict[str, Any]:
    """The object in `content`. Raises 400 `INVALID_JSON` for what is no JSON, `INVALID_REQUEST` for another type.

    Refused besides malformed JSON: duplicate keys, NaN and infinities (also by overflow, as 1e400), integers beyond
    64 bits, more than DEEPEST levels, NUL and lone surrogates anywhere.
    """
    if not content.strip():
        raise invalid_json("The body is empty; a JSON object was expected.")
    try:
        value = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_integer,
        )
    except UnicodeDecodeError:
        raise invalid_json("The body is not UTF-8.") from None
    except RecursionError:
        raise invalid_json("The body is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise invalid_json(
            f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        ) from None
    _check_values(value, "", 1)
    if not isinstance(value, dict):
        detail = "The body must be a JSON object."
        raise RequestFault(
            400,
            "INVALID_REQUEST",
            detail,
            errors=[{"pointer": "", "code": "INVALID", "detail": detail}],
        )
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise invalid_json(f"The key “{_quoted(key)}” is there twice in one object.")
            seen.add(key)
    return found


def _constant(text: str) -> Any:
    raise invalid_json(f"{text} is no JSON number.")


def _float(text: str) -> JsonFraction:
    number = JsonFraction(text)
    if math.isinf(number):
        raise invalid_json(f"The number {_quoted(text)} is too large.")
    return number


def _integer(text: str) -> int:
    # The length first: int() refuses more than 4,300 digits with an error of its own, and is slow before that.
    if len(text) > 20 or abs(number := int(text)) > _LARGEST_INTEGER:
        raise invalid_json(f"The number {_quoted(text)} is too large.")
    return number


def _check_values(value: Any, pointer: str, depth: int) -> None:
    if isinstance(value, str):
        _check_text(value, pointer)
    elif isinstance(value, dict | list):
        if depth > DEEPEST:
            raise invalid_json(f"The body is nested more than {DEEPEST} levels deep.")
        if isinstance(value, dict):
            for key in value:
                _check_text(key, pointer)
        children = value.items() if isinstance(value, dict) else enumerate(value)
        for key, child in children:
            if isinstance(child, str | dict | list):
                _check_values(child, f"{pointer}/{escape(key)}", depth + 1)


def _check_text(text: str, pointer: str) -> None:
    if _NO_TEXT.search(text):
        raise invalid_json("Text cannot hold NUL or half of a surrogate pair.", pointer=pointer)


def _quoted(text: str) -> str:
    shown = text if len(text) <= 60 else f"{text[:60]}…"
    return _NO_TEXT.sub("\ufffd", shown)
