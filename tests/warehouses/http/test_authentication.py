from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories
from tests.warehouses.http.conftest import Api, Browser, problem
from warehouses import keys
from warehouses.actors import SYSTEM
from warehouses.http import throttling
from warehouses.http.credentials import Form, identify
from warehouses.models import ApiKey, Bin, Membership, Organization, User


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        ({"X-API-Key": "{key}"}, Form.X_API_KEY),
        ({"Authorization": "Bearer {key}"}, Form.BEARER),
        ({"Authorization": "bearer  {key}"}, Form.BEARER),
        ({"Authorization": "{key}"}, Form.PLAIN),
        ({"X-API-Key": "{key}", "Authorization": "Bearer {key}"}, Form.X_API_KEY),
    ],
)
def test_every_header_form_opens(
    api_of: Callable[..., Api], key: str, headers: dict[str, str], form: Form
) -> None:
    sent = {name: value.format(key=key) for name, value in headers.items()}

    assert api_of(**sent).get("/bins").status_code == 200
    request = RequestFactory().get("/", headers=sent)
    assert identify(request).form is form


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": ""},
        {"X-API-Key": "nonsense"},
        {"X-API-Key": "{key}x"},
        {"X-API-Key": "{key}, {key}"},
        {"X-API-Key": "{key}\x00"},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic {key}"},
        {"Authorization": "Token {key}"},
        {"Authorization": "Bearer Bearer {key}"},
        {"X-API-Key": "{key}", "Authorization": "Bearer {other}"},
        {"X-API-Key": "{other}", "Authorization": "{key}"},
        {"X-API-Key": "{key}", "Authorization": "Basic abc"},
        {"X-API-Key": "ключ"},
    ],
)
def test_no_good_credential_is_401(
    api_of: Callable[..., Api], organization: Organization, key: str, headers: dict[str, str]
) -> None:
    other = factories.make_key(organization, name="Second")
    sent = {name: value.format(key=key, other=other) for name, value in headers.items()}

    response = api_of(**sent).post("/bins", {"code": "B1", "pick_sequence": 1})

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="tallyhouse"'
    found = problem(response)
    assert found["code"] == "UNAUTHENTICATED"
    assert key not in response.content.decode()
    assert not Bin.objects.filter(code="B1").exists()


def test_revoked_and_expired_keys_are_401_from_the_next_request(api: Api, organization: Organization) -> None:
    assert api.get("/bins").status_code == 200
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert api.get("/bins").status_code == 401
    ApiKey.objects.update(expires_at=None)
    assert api.get("/bins").status_code == 200
    keys.revoke_key(organization=organization, actor=SYSTEM, key=ApiKey.objects.get())
    assert api.get("/bins").status_code == 401


def test_a_keyed_request_looks_its_key_up_once(api: Api, rf: RequestFactory, key: str) -> None:
    api.get("/bins")  # notes the use

    with CaptureQueriesContext(connection) as captured:
        assert api.send("OPTIONS", "/bins").status_code == 204
    assert [query["sql"].split()[0] for query in captured] == ["SELECT"]

    request = rf.get("/", headers={"X-API-Key": key})
    with CaptureQueriesContext(connection) as captured:
        assert identify(request).key == identify(request).key
    assert len(captured) == 1


def test_a_pinned_contract_is_known_before_authentication(
    rf: RequestFactory, organization: Organization
) -> None:
    pinned = factories.make_key(organization, contract="nexus")

    assert identify(rf.get("/", headers={"Authorization": pinned})).contract == "nexus"
    assert identify(rf.get("/")).contract == ""
    assert identify(rf.get("/", headers={"X-API-Key": "bad"})).is_key


def test_a_limited_key_sees_its_warehouses_only(
    api_of: Callable[..., Api], organization: Organization, make_bins: Callable[..., None]
) -> None:
    make_bins("A1")
    spare = factories.make_warehouse(organization, "Spare")
    factories.make_bin(spare, "S1")
    limited = factories.make_key(organization, warehouses=[spare])

    assert [row["code"] for row in api_of(limited).get("/bins").json()["data"]] == ["S1"]


def test_a_session_reads_and_writes_with_its_csrf_token(
    alice: User, browser_of: Callable[[User], Browser]
) -> None:
    browser = browser_of(alice)

    assert browser.get("/bins").status_code == 200
    assert browser.post("/bins", {"code": "B1", "pick_sequence": 1}).status_code == 201


def test_a_session_without_its_csrf_token_writes_nothing(
    alice: User, browser_of: Callable[[User], Browser]
) -> None:
    response = browser_of(alice).post("/bins", {"code": "B1", "pick_sequence": 1}, token=False)

    assert response.status_code == 403
    assert problem(response)["code"] == "CSRF_FAILED"
    assert not Bin.objects.filter(code="B1").exists()


def test_the_csrf_token_comes_before_the_body(alice: User, browser_of: Callable[[User], Browser]) -> None:
    response = browser_of(alice).post("/bins", b"not json", token=False)

    assert problem(response)["code"] == "CSRF_FAILED"


def test_a_form_with_the_token_in_it_is_415(alice: User, browser_of: Callable[[User], Browser]) -> None:
    """What a page of another site could send with a form, were its token known."""
    form = b"code=B1&pick_sequence=1&csrfmiddlewaretoken=" + b"a" * 32

    response = browser_of(alice).post(
        "/bins", form, token=False, **{"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert response.status_code == 415
    assert not Bin.objects.filter(code="B1").exists()


def test_a_key_beats_the_session_and_needs_no_csrf_token(
    alice: User, browser_of: Callable[[User], Browser], make_bins: Callable[..., None]
) -> None:
    other = factories.make_organization("Other")
    theirs = factories.make_key(other)
    browser = browser_of(alice)

    response = browser.post("/bins", {"code": "B1", "pick_sequence": 1}, token=False, **{"X-API-Key": theirs})

    assert response.status_code == 201
    assert Bin.objects.get(code="B1").organization == other


def test_a_bad_key_does_not_fall_back_to_the_session(
    alice: User, browser_of: Callable[[User], Browser]
) -> None:
    assert browser_of(alice).get("/bins", **{"X-API-Key": "nonsense"}).status_code == 401


def test_a_person_who_may_not_log_in_any_more_is_401(
    alice: User, browser_of: Callable[[User], Browser]
) -> None:
    browser = browser_of(alice)
    User.objects.update(is_active=False)

    assert browser.get("/bins").status_code == 401


def test_a_superuser_has_to_choose_an_organization(
    organization: Organization, browser_of: Callable[[User], Browser]
) -> None:
    root = User.objects.create_superuser("root@example.com", "correct horse battery")
    browser = browser_of(root)

    response = browser.get("/bins")
    assert response.status_code == 403
    assert problem(response)["code"] == "ORG_CONTEXT_REQUIRED"

    browser.choose(organization)
    assert browser.get("/bins").status_code == 200


def test_a_person_of_two_organizations_has_to_choose(
    alice: User, organization: Organization, browser_of: Callable[[User], Browser]
) -> None:
    other = factories.make_organization("Other")
    Membership.objects.create(user=alice, organization=other)
    browser = browser_of(alice)

    assert problem(browser.get("/bins"))["code"] == "ORG_CONTEXT_REQUIRED"
    browser.choose(organization)
    assert browser.get("/bins").status_code == 200


def test_a_person_of_no_organization_gets_none(browser_of: Callable[[User], Browser], db: None) -> None:
    charlie = User.objects.create_user("charlie@example.com", "correct horse battery")

    assert problem(browser_of(charlie).get("/bins"))["code"] == "ORG_CONTEXT_REQUIRED"


def test_a_membership_that_ends_stops_at_the_next_request(
    alice: User, organization: Organization, browser_of: Callable[[User], Browser]
) -> None:
    browser = browser_of(alice)
    browser.choose(organization)
    assert browser.get("/bins").status_code == 200

    Membership.objects.update(is_active=False)

    assert browser.get("/bins").status_code == 403


def test_choosing_another_organization_in_the_session_by_force_is_void(
    alice: User, browser_of: Callable[[User], Browser], make_bins: Callable[..., None]
) -> None:
    make_bins("A1")
    other = factories.make_organization("Other")
    browser = browser_of(alice)
    browser.choose(other)

    # Falls back to the one organization that is hers.
    assert [row["code"] for row in browser.get("/bins").json()["data"]] == ["A1"]


def test_a_flood_of_bad_keys_is_told_to_wait_and_good_ones_pass(
    api_of: Callable[..., Api], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "FAILED_AUTHENTICATIONS_PER_MINUTE", 3)
    bad = api_of("nonsense")

    assert [bad.get("/bins").status_code for _ in range(5)] == [401, 401, 401, 429, 429]
    response = bad.get("/bins")
    assert problem(response)["code"] == "RATE_LIMITED"
    assert int(response["Retry-After"]) >= 1
    assert api_of(key).get("/bins").status_code == 200


def test_credentials_are_read_once_even_for_a_bad_key(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("warehouses.http.credentials.find_key", asked.append)
    request: HttpRequest = rf.get("/", headers={"X-API-Key": "x"})

    identify(request)
    identify(request)

    assert asked == ["x"]
