"""Readers of environment variables: what they take, and that what they refuse is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment

WEEK = timedelta(days=7)

Setter = Callable[[str], None]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Setter:
    monkeypatch.delenv("KNOB", raising=False)
    return lambda value: monkeypatch.setenv("KNOB", value)


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "READ", set())


@pytest.mark.usefixtures("given")
def test_what_is_not_set_has_its_default() -> None:
    assert environment.text("KNOB") == ""
    assert environment.text("KNOB", "x") == "x"
    assert environment.flag("KNOB", default=True) is True
    assert environment.integer("KNOB", 3, minimum=1, maximum=5) == 3
    assert environment.choice("KNOB", ("a", "b"), default="b") == "b"
    assert environment.listing("KNOB", ["x"]) == ["x"]
    assert environment.duration("KNOB", "10s", maximum=WEEK) == timedelta(seconds=10)
    assert environment.url("KNOB", schemes=("redis",)) == ""
    assert "KNOB" in environment.READ


def test_an_empty_value_is_not_set(given: Setter) -> None:
    given("  ")
    assert environment.flag("KNOB", default=True) is True
    assert environment.integer("KNOB", 3, minimum=1, maximum=5) == 3
    with pytest.raises(ImproperlyConfigured, match=r"^KNOB is not set: it is needed\.$"):
        environment.required("KNOB", "it is needed.")


@pytest.mark.parametrize(
    ("value", "meant"),
    [("1", True), ("TRUE", True), ("yes", True), ("On", True), ("0", False), ("false", False), ("no", False)],
)
def test_flag(given: Setter, value: str, meant: bool) -> None:
    given(value)
    assert environment.flag("KNOB", default=not meant) is meant


def test_integer_takes_its_limits(given: Setter) -> None:
    for value in ("-5", " 0 ", "5"):
        given(value)
        assert environment.integer("KNOB", 1, minimum=-5, maximum=5) == int(value)


def test_listing_drops_blanks(given: Setter) -> None:
    given(" a, b ,,c ,")
    assert environment.listing("KNOB") == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("0", timedelta(0)),
        ("250ms", timedelta(milliseconds=250)),
        ("10s", timedelta(seconds=10)),
        ("5m", timedelta(minutes=5)),
        ("2h", timedelta(hours=2)),
        ("7d", timedelta(days=7)),
    ],
)
def test_duration(given: Setter, value: str, meant: timedelta) -> None:
    given(value)
    assert environment.duration("KNOB", "1s", maximum=WEEK) == meant


def test_url_is_kept_as_it_is(given: Setter) -> None:
    given("rediss://:p%40ss@host:6380/1?x=y")
    assert environment.url("KNOB", schemes=("redis", "rediss")) == "rediss://:p%40ss@host:6380/1?x=y"


READERS: dict[str, Callable[[], object]] = {
    "flag": lambda: environment.flag("KNOB", default=False),
    "integer": lambda: environment.integer("KNOB", 1, minimum=1, maximum=10),
    "choice": lambda: environment.choice("KNOB", ("a", "b"), default="a"),
    "duration": lambda: environment.duration("KNOB", "1s", maximum=WEEK),
    "url": lambda: environment.url("KNOB", schemes=("redis", "rediss")),
}


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        *[("flag", value) for value in ("maybe", "2", "truee", "-")],
        *[("integer", value) for value in ("0", "11", "1.0", "1e3", "٣", "0x1", "ten", "9" * 40, "1_0")],
        *[("choice", value) for value in ("A", "c", "a,b")],
        *[
            ("duration", value)
            for value in ("10", "s", "1.5s", "-1s", "1 s", "1w", "9999999999d", "8d", "999999999d", "٣s")
        ],
        *[
            ("url", value)
            for value in ("localhost:6379", "http://host", "redis:host", "redis://host:port", "redis://[::")
        ],
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(given: Setter, reader: str, value: str) -> None:
    given(value)
    with pytest.raises(ImproperlyConfigured, match=r"\bKNOB\b"):
        READERS[reader]()


def test_a_refused_url_is_not_repeated(given: Setter) -> None:
    given("http://user:hunter2@host/")
    with pytest.raises(ImproperlyConfigured) as refusal:
        environment.url("KNOB", schemes=("redis",))
    assert "hunter2" not in str(refusal.value)
