"""Guessing passwords: what each way in allows, whom it shuts out, and what it says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from structlog.testing import capture_logs

from tests.factories import make_organization, make_person
from warehouses.admin_site import TallyhouseAdminSite
from warehouses.http import login_limits, throttling
from warehouses.http.login_limits import FAILURES_OF_AN_ADDRESS, TRIES_OF_AN_ACCOUNT, LimitedLogin
from warehouses.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
WAYS_IN = ("/admin/login/", "/count/login/")

each_way_in = pytest.mark.parametrize("path", WAYS_IN)


@pytest.fixture
def alice() -> User:
    return make_person("alice@example.com", {make_organization(): ["Owner"]})


def log_in(
    path: str,
    email: str = "alice@example.com",
    password: str = PASSWORD,
    *,
    at: str = "192.0.2.1",
    **headers: str,
) -> Any:
    return Client(REMOTE_ADDR=at).post(path, {"username": email, "password": password}, headers=headers)


def is_in(response: Any) -> bool:
    return response.status_code == 302 and "sessionid" in response.cookies


@each_way_in
def test_an_account_has_so_many_tries_wherever_they_come_from(path: str, alice: User) -> None:
    for number in range(TRIES_OF_AN_ACCOUNT):
        assert log_in(path, password="guess", at=f"192.0.2.{number}").status_code == 200

    # The right password is no way to go on guessing, nor is another spelling of the account or the other way in.
    for email in ("alice@example.com", "ALICE@Example.com", " alice@example.com "):
        for other in WAYS_IN:
            answer = log_in(other, email, at="192.0.2.99")
            assert answer.status_code == 429
            assert answer["Retry-After"] == "900"
            assert re.search(r"too many attempts to log in. Wait 1?\d minutes", answer.content.decode())
            assert "sessionid" not in answer.cookies


@each_way_in
def test_others_are_not_shut_out(path: str, alice: User) -> None:
    bob = make_person("bob@example.com", {make_organization("Other"): ["Owner"]})
    for _ in range(TRIES_OF_AN_ACCOUNT + 5):
        log_in(path, password="guess")

    assert is_in(log_in(path, bob.email))


@each_way_in
def test_an_account_that_does_not_exist_is_told_the_same(path: str, alice: User) -> None:
    def told(email: str) -> list[tuple[int, str]]:
        throttling.forget_counts()
        answers = [log_in(path, email, "guess") for _ in range(TRIES_OF_AN_ACCOUNT + 1)]
        shown = [re.sub(r'value="[^"]*"', "", answer.content.decode()) for answer in answers]
        return [(answer.status_code, text) for answer, text in zip(answers, shown, strict=True)]

    assert told("alice@example.com") == told("nobody@example.com")


def test_who_succeeds_begins_anew(alice: User) -> None:
    for _ in range(3):
        for _ in range(TRIES_OF_AN_ACCOUNT - 1):
            log_in(WAYS_IN[0], password="guess")
        assert is_in(log_in(WAYS_IN[0]))


def test_one_password_for_many_accounts(alice: User) -> None:
    """From one address; whoever logs in from there has no part in it, and others go on."""
    for number in range(FAILURES_OF_AN_ADDRESS):
        log_in(WAYS_IN[1], f"person{number}@example.com", "Spring2026!")

    assert log_in(WAYS_IN[1]).status_code == 429
    assert is_in(log_in(WAYS_IN[1], at="192.0.2.2"))


def test_a_network_of_ipv6_is_one_address(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    few = login_limits.RateLimitItemPerMinute(3, login_limits.MINUTES, namespace="FEW")
    monkeypatch.setattr(login_limits, "_ADDRESS", few)
    for number in range(3):
        log_in(WAYS_IN[0], f"person{number}@example.com", "guess", at=f"2001:db8::{number:x}")

    assert log_in(WAYS_IN[0], at="2001:db8::ffff").status_code == 429
    assert is_in(log_in(WAYS_IN[0], at="2001:db8:0:1::1"))


def test_a_forwarded_address_counts_where_a_proxy_has_added_it(
    alice: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = login_limits.RateLimitItemPerMinute(3, login_limits.MINUTES, namespace="FORWARDED")
    monkeypatch.setattr(login_limits, "_ADDRESS", few)

    def refused(email: str, **headers: str) -> bool:
        return bool(log_in(WAYS_IN[0], email, "guess", **headers).status_code == 429)

    # Without a proxy the header is only something that the caller says.
    assert [refused(f"a{n}@example.com", **{"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(4)][-1]
    settings.BEHIND_PROXY = True
    # What the proxy adds is the last entry; what stands before it, the caller has sent.
    assert [refused(f"b{n}@example.com", **{"X-Forwarded-For": f"{n}.1.1.1, 203.0.113.5"}) for n in range(4)][
        -1
    ]
    assert not refused("c@example.com", **{"X-Forwarded-For": "203.0.113.5, 203.0.113.6"})
    # A proxy that adds nothing has one address for everybody: then only accounts count.
    assert not any(refused(f"d{n}@example.com") for n in range(6))
    assert not any(refused(f"e{n}@example.com", **{"X-Forwarded-For": "unknown"}) for n in range(6))


def test_the_log_has_neither_the_password_nor_what_was_typed_for_an_account(alice: User) -> None:
    with capture_logs() as lines:
        for _ in range(TRIES_OF_AN_ACCOUNT + 1):
            log_in(WAYS_IN[0], "my secret pass\r\nphrase", "guess-93")
    events = [line["event"] for line in lines if line["event"].startswith("login.")]
    assert events == ["login.failed"] * TRIES_OF_AN_ACCOUNT + ["login.paused"]
    assert "secret" not in str(lines)
    assert "guess-93" not in str(lines)


def test_every_login_is_limited() -> None:
    """Read from the resolver: a way in that is added later is one of them."""
    forms = [view.view_initkwargs.get("form_class") or view.view_class.form_class for view in _login_views()]
    assert len(forms) == len(WAYS_IN) - 1  # the back office's is a method of its site
    assert issubclass(TallyhouseAdminSite.login_form, LimitedLogin)
    for form in forms:
        assert issubclass(form, LimitedLogin)
        assert form.__mro__.index(LimitedLogin) < form.__mro__.index(AuthenticationForm)


def _login_views() -> list[Any]:
    def walk(resolver: URLResolver) -> Any:
        for each in resolver.url_patterns:
            if isinstance(each, URLResolver):
                yield from walk(each)
            elif isinstance(each, URLPattern) and issubclass(
                getattr(each.callback, "view_class", object), LoginView
            ):
                yield each.callback

    return list(walk(get_resolver()))
