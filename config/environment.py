"""Typed readers of environment variables.

A value that cannot be meant is refused at start-up with the variable's name, never replaced by a default. An empty
value counts as not set, because that is what compose files and unit files pass on. Each read is entered in `READ`,
and a test holds that against the table in docs/operating.md.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Collection
from datetime import timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

__all__ = ["READ", "choice", "duration", "flag", "integer", "listing", "networks", "required", "text", "url"]

#: The names of all variables read so far.
READ: set[str] = set()

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")
_INTEGER = re.compile(r"-?[0-9]{1,18}")


def text(name: str, default: str = "") -> str:
    READ.add(name)
    return os.environ.get(name, "").strip() or default


def required(name: str, why: str) -> str:
    """The value of a variable that nothing can stand in for."""
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {why}")
    return value


def flag(name: str, *, default: bool) -> bool:
    value = text(name).lower()
    if not value:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be one of 1, true, yes, on, 0, false, no, off; it is {value!r}.")


def integer(name: str, default: int, *, minimum: int, maximum: int) -> int:
    value = text(name)
    if not value:
        return default
    if not _INTEGER.fullmatch(value):
        raise ImproperlyConfigured(f"{name} must be a whole number; it is {value!r}.")
    number = int(value)
    if not minimum <= number <= maximum:
        raise ImproperlyConfigured(f"{name} must be from {minimum} to {maximum}; it is {number}.")
    return number


def choice(name: str, choices: Collection[str], *, default: str) -> str:
    value = text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}; it is {value!r}.")
    return value


def listing(name: str, default: Collection[str] = ()) -> list[str]:
    """A comma-separated list."""
    items = [item.strip() for item in text(name).split(",")]
    return [item for item in items if item] or list(default)


def networks(name: str) -> list[str]:
    """A comma-separated list of networks such as `10.20.0.0/16`, or of single addresses."""
    found = []
    for item in listing(name):
        try:
            found.append(str(ipaddress.ip_network(item)))
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} lists networks such as 10.20.0.0/16 or fd00:20::/32; {item!r} is none."
            ) from None
    return found


def duration(name: str, default: str, *, maximum: timedelta) -> timedelta:
    """A number with its unit: `500ms`, `10s`, `5m`, `2h`, `7d`. Only 0 needs no unit."""
    value = text(name, default)
    if value == "0":
        return timedelta(0)
    match = _DURATION.fullmatch(value)
    if match is None:
        raise ImproperlyConfigured(
            f"{name} must be a number with its unit, such as 500ms, 10s, 5m, 2h or 7d; it is {value!r}."
        )
    length = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if length > maximum:
        raise ImproperlyConfigured(f"{name} must be at most {maximum}; it is {value}.")
    return length


def url(name: str, default: str = "", *, schemes: Collection[str]) -> str:
    """A URL of one of `schemes`. It may hold a password, so a refusal never repeats it."""
    value = text(name, default)
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        _ = parts.port  # the property is what checks it
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not a URL.") from None
    if parts.scheme not in schemes or "://" not in value:
        raise ImproperlyConfigured(
            f"{name} must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}."
        )
    return value
