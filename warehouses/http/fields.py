"""Serializer fields that take exactly the JSON type they name: `"5"`, `5.0` and `true` are no integers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework import serializers

from warehouses.http.conditions import Condition
from warehouses.http.parsers import JsonFraction
from warehouses.http.texts import CONTROL, LINE_CONTROL, text_pattern

__all__ = [
    "LARGEST_QUANTITY",
    "StrictBooleanField",
    "StrictCharField",
    "StrictDateField",
    "StrictDateTimeField",
    "StrictIntegerField",
    "StrictListField",
    "StrictMoneyField",
    "StrictSerializer",
    "TypeIdField",
]

#: Fits four bytes; a sum of very many still fits eight.
LARGEST_QUANTITY = 2_147_483_647

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})"
)
_AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,4})?")


class StrictIntegerField(serializers.IntegerField):
    """A JSON integer from `min_value` to `max_value`; by default as far as a quantity goes, both ways."""

    def __init__(
        self, *, min_value: int = -LARGEST_QUANTITY, max_value: int = LARGEST_QUANTITY, **kwargs: Any
    ) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:  # a bool is an int to isinstance
            self.fail("invalid")
        return data


class StrictCharField(serializers.CharField):
    """A JSON string, trimmed, at most `max_length` long, without control characters.

    A `multiline` field, such as a note, keeps line breaks and tabs, with CR LF made LF; elsewhere they are refused.
    `like` is the regular expression that business code holds the text to, for the document; it is not checked here.
    """

    default_error_messages = {"control": "Control characters are not allowed here."}

    def __init__(
        self, *, max_length: int, multiline: bool = False, like: str | None = None, **kwargs: Any
    ) -> None:
        self.multiline = multiline
        self.like = like
        super().__init__(max_length=max_length, **kwargs)

    @property
    def pattern(self) -> str:
        """What is taken, as a regular expression for the document."""
        if self.like is not None:
            return f"^{self.like}$"
        # One that is not trimmed is blank only if it is empty, which its minimum length forbids.
        return text_pattern(multiline=self.multiline, blank=self.allow_blank or not self.trim_whitespace)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # DRF would turn numbers into strings, and only then look at blanks.
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> str:
        text: str = super().to_internal_value(data)
        if self.multiline:
            text = text.replace("\r\n", "\n")
        if (CONTROL if self.multiline else LINE_CONTROL).search(text):
            self.fail("control")
        return text


class TypeIdField(StrictCharField):
    """A public id, given on as it came: one that is malformed is to be answered like one that does not exist.

    The caller decodes it with `identifiers.decode(prefix, text)`, which gives None for anything but a good id.
    """

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        self.prefix = prefix
        super().__init__(max_length=kwargs.pop("max_length", 255), **kwargs)


class StrictMoneyField(serializers.DecimalField):
    """A JSON number from 0 up, such as 12.90, with at most four decimals: a Decimal of the digits that were sent."""

    default_error_messages = {
        "amount": "Give a number such as 12.90, from 0 up, with at most 10 digits before the point and 4 after."
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=14, decimal_places=4, min_value=0, coerce_to_string=False, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, str):  # DRF reads an empty one as null
            self.fail("amount")
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Decimal:
        text = data.text if isinstance(data, JsonFraction) else str(data) if type(data) is int else ""
        if not _AMOUNT.fullmatch(text):
            self.fail("amount")
        return Decimal(text)


class StrictBooleanField(serializers.BooleanField):
    """JSON `true` or `false`."""

    def to_internal_value(self, data: Any) -> bool:
        if data is not True and data is not False:
            self.fail("invalid", input=data)
        return bool(data)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # DRF reads "", "null" and "None" as None where null is allowed.
        if isinstance(data, str):
            self.fail("invalid", input=data)
        return super().run_validation(data)


class StrictDateTimeField(serializers.DateTimeField):
    """ISO 8601 with its offset, such as `2026-03-12T14:00:00Z`: a time without one would be anybody's guess."""

    default_error_messages = {"offset": "Give date, time and offset, as in 2026-03-12T14:00:00Z."}

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not _DATE_TIME.fullmatch(value):
            self.fail("offset")
        try:
            found = parse_datetime(value.upper())
            if found is None:
                self.fail("offset")
            return found.astimezone(timezone.get_default_timezone())
        except (ValueError, OverflowError):
            self.fail("offset")


class StrictDateField(serializers.DateField):
    """`2026-01-27`."""

    default_error_messages = {"form": "Give a day of the calendar, as in 2026-01-27."}

    def to_internal_value(self, value: Any) -> date:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            self.fail("form")
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail("form")


class StrictListField(serializers.ListField):
    """A JSON array of at most `max_length`, which is looked at first: bad values are not named by the thousand.

    Where each value is given once `is_unique` says so, for the document; a subclass or business code refuses others.
    """

    is_unique: ClassVar[bool] = False

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            message = f"Ensure this field has no more than {self.max_length} elements."
            raise serializers.ValidationError(message, code="max_length")
        values: list[Any] = super().to_internal_value(data)
        return values


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses what it does not know, by name: a misspelt field that is dropped in silence is a wrong order.

    `conditions` between its members are checked in their order, each after those before it are kept.
    """

    conditions: ClassVar[tuple[Condition, ...]] = ()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for condition in self.conditions:
            condition.check(attrs)
        return attrs

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        errors: dict[str, Any] = {}
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            errors = {
                str(name): [serializers.ErrorDetail("There is no such field.", code="unknown_field")]
                for name in data
                if name not in known
            }
        try:
            value: dict[str, Any] = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not errors or not isinstance(error.detail, dict):
                raise
            raise serializers.ValidationError({**error.detail, **errors}) from error
        if errors:
            raise serializers.ValidationError(errors)
        return value
