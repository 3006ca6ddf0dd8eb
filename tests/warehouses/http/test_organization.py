from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.warehouses.http.conftest import Browser
from warehouses.http.organization import (
    SESSION_KEY,
    access_of,
    choose_organization,
    forget_organization,
    organization_of,
    require_access,
)
from warehouses.models import Membership, Organization, User
from warehouses.refusals import Forbidden, NotFound


@pytest.fixture
def request_of(rf: RequestFactory) -> Callable[[Any], HttpRequest]:
    def make(user: Any, session: Any = None) -> HttpRequest:
        request = rf.get("/")
        request.user = user
        request.session = session if session is not None else SessionStore()
        return request

    return make


def test_the_only_organization_needs_no_choice(
    alice: User, organization: Organization, request_of: Callable[..., HttpRequest]
) -> None:
    request = request_of(alice)

    assert organization_of(request) == organization
    access = access_of(request)
    assert access is not None
    assert access.may("organization.manage")


def test_choosing_takes_effect_in_this_request_and_the_next(
    alice: User, organization: Organization, request_of: Callable[..., HttpRequest]
) -> None:
    other = factories.make_organization("Other")
    Membership.objects.create(user=alice, organization=other)
    request = request_of(alice)
    assert organization_of(request) is None

    choose_organization(request, other)

    assert organization_of(request) == other
    assert request.session[SESSION_KEY] == str(other.pk)
    assert organization_of(request_of(alice, request.session)) == other
    forget_organization(request)
    assert organization_of(request) is None
    assert access_of(request) is None


def test_an_organization_that_is_not_yours_cannot_be_chosen(
    alice: User, request_of: Callable[..., HttpRequest]
) -> None:
    other = factories.make_organization("Other")
    request = request_of(alice)

    with pytest.raises(NotFound):
        choose_organization(request, other)
    with pytest.raises(NotFound):
        choose_organization(request_of(AnonymousUser()), other)

    assert SESSION_KEY not in request.session


@pytest.mark.parametrize("text", ["", "nonsense", "../..", 5, None])
def test_a_session_with_nonsense_is_a_session_without_a_choice(
    alice: User, organization: Organization, request_of: Callable[..., HttpRequest], text: object
) -> None:
    session = SessionStore()
    session[SESSION_KEY] = text

    assert organization_of(request_of(alice, session)) == organization


def test_an_organization_that_was_closed_is_none(
    alice: User, organization: Organization, request_of: Callable[..., HttpRequest]
) -> None:
    Organization.objects.update(is_active=False)

    assert organization_of(request_of(alice)) is None
    with pytest.raises(Forbidden) as caught:
        require_access(request_of(alice))
    assert caught.value.code == "ORG_CONTEXT_REQUIRED"


def test_a_superuser_belongs_to_all_and_works_in_none(
    organization: Organization, request_of: Callable[..., HttpRequest]
) -> None:
    request = request_of(User.objects.create_superuser("root@example.com", "correct horse battery"))

    assert organization_of(request) is None
    choose_organization(request, organization)
    assert organization_of(request) == organization


def test_pages_have_organization_and_access(alice: User, browser_of: Callable[[User], Browser]) -> None:
    assert browser_of(alice).get("/page/context").content == b"Acme/True"
    assert Client().get("/page/context").content == b"None/False"


def test_a_page_that_asks_for_neither_costs_no_query(
    alice: User, browser_of: Callable[[User], Browser]
) -> None:
    browser = browser_of(alice)

    with CaptureQueriesContext(connection) as captured:
        assert browser.get("/page/idle").content == b"idle"

    assert len(captured) == 0


def test_they_are_looked_up_once_a_request(
    alice: User, request_of: Callable[..., HttpRequest], organization: Organization
) -> None:
    request = request_of(alice)
    access_of(request)

    with CaptureQueriesContext(connection) as captured:
        assert access_of(request) is access_of(request)
        assert organization_of(request) == organization

    assert len(captured) == 0
