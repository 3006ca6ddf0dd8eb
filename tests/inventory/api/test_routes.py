"""Every route × every caller who must be refused: the right refusal, and nothing changed.

The routes are read from the URL resolver: one that has no line in `routes.py` fails here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import resolve
from django.utils import timezone

from config import contracts
from config.dispatch import CONTRACTS
from inventory.models import Sku
from tests.factories import make_key, make_person, make_sku, stock
from tests.inventory.api.callers import Caller, problem, problem_of
from tests.inventory.api.ground import lay_ground
from tests.inventory.api.routes import (
    EVERY_SCOPE,
    ROUTES,
    UNKNOWN_WAREHOUSE,
    Request,
    Route,
    documented,
    prepare,
    route_of,
    routed,
)
from tests.inventory.api.snapshots import everything
from tests.inventory.api.syncs import end_syncs
from warehouses import keys, people
from warehouses.actors import SYSTEM
from warehouses.http import throttling
from warehouses.http.openapi import build_document
from warehouses.models import ApiKey, Membership, Organization, RoleAssignment, User, Warehouse
from warehouses.permissions import DESCRIPTIONS, expand

every_route = pytest.mark.parametrize("route", ROUTES, ids=str)
every_route_that_names_something = pytest.mark.parametrize(
    "route", [route for route in ROUTES if not route.names_nothing], ids=str
)

Plain = Callable[[Route], Request]


@pytest.fixture
def organization(db: None, request: pytest.FixtureRequest) -> Organization:
    return lay_ground(route_of(request))


@pytest.fixture
def stocked(organization: Organization) -> Sku:
    """SKU-001 in Acme's first warehouse, with whatever the routes may be about."""
    return Sku.objects.get(organization=organization, code="SKU-001")


@pytest.fixture(autouse=True)
def _guesses_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are more routes than one address may fail to authenticate at in a minute."""
    monkeypatch.setattr(throttling, "FAILED_AUTHENTICATIONS_PER_MINUTE", 1_000_000)


@pytest.fixture
def plain(stocked: Sku, warehouse: Warehouse) -> Plain:
    """The plainest good request of a route."""
    return lambda route: route.requests("SKU-001", warehouse.public_id)[0]


def send(caller: Caller, route: Route, request: Request) -> Any:
    response = caller.send(route.method, request.path, request.body, route.headers)
    end_syncs()
    return response


class TestTable:
    def test_every_route_has_a_line(self) -> None:
        assert {(contract, method, name) for contract, method, name, _ in routed()} == {
            (route.contract, route.method, route.name) for route in ROUTES
        }

    def test_every_line_is_documented_and_every_documented_route_has_a_line(self) -> None:
        assert {(route.contract, route.method, route.path) for route in ROUTES} == set(documented())

    def test_the_openapi_documents_have_every_line_and_no_other(self) -> None:
        described = {
            (contract, method.upper(), path)
            for contract in CONTRACTS
            for path, item in build_document(contracts.CONTRACTS[contract])["paths"].items()
            for method in item
            if method != "parameters"
        }
        assert described == set(documented())

    @every_route
    def test_the_documented_address_reaches_the_route(self, route: Route) -> None:
        address = re.sub(r"\{\w+\}", "SKU-001", route.path)
        for path in (address, f"{address}/"):
            match = resolve(f"/{route.contract}{path}")
            assert (match.app_name, match.url_name) == (route.contract, route.name)

    def test_each_needs_the_documented_permission_and_no_other(self) -> None:
        promised = documented()
        paths = {(route.contract, route.method, route.name): route.path for route in ROUTES}
        for contract, method, name, view in routed():
            wanted = promised[contract, method, paths[contract, method, name]]
            assert set(view.permissions[method]) == wanted, (contract, method, name)  # type: ignore[attr-defined]

    def test_no_view_gives_a_permission_to_a_method_it_has_not(self) -> None:
        for contract, _, name, view in routed():
            methods = set(view.permissions)  # type: ignore[attr-defined]
            assert methods == {
                method for one, method, other, _ in routed() if (one, other) == (contract, name)
            }


class TestGoodRequests:
    """Control: without these, the refusals below could have any cause."""

    @every_route
    def test_root_and_prefix_with_and_without_a_slash(
        self, api: Caller, route: Route, stocked: Sku, warehouse: Warehouse
    ) -> None:
        for number in range(len(route.requests("SKU-001", warehouse.public_id))):
            for turn in range(4):
                # Asked for anew each time: what one request removes, the next one cannot.
                request = route.requests("SKU-001", warehouse.public_id)[number]
                sent = route.prefixed(request) if turn >= 2 else request
                path = _slashed(sent.path) if turn % 2 else sent.path
                response = send(api, route, sent._replace(path=path))
                assert response.status_code == route.status, (path, response.content)
                assert response.get("Content-Type", "") == (route.media_types or ("",))[0]
                assert response["X-API-Contract"] == route.contract
                assert response["Cache-Control"] == "no-store"

    def test_a_person_with_a_browser(self, plain: Plain, alice: User) -> None:
        for route in ROUTES:
            response = send(Caller.person(alice), route, route.prefixed(plain(route)))
            assert response.status_code == route.status, (route, response.content)

    @pytest.mark.parametrize("form", ["X-API-Key: {}", "Authorization: Bearer {}", "Authorization: {}"])
    def test_each_form_of_the_key(self, key: str, plain: Plain, form: str) -> None:
        name, value = form.format(key).split(": ")
        for route in ROUTES:
            assert send(Caller(**{name: value}), route, plain(route)).status_code == route.status, route

    def test_exactly_the_scope_it_needs(self, api_with: Callable[..., Caller], plain: Plain) -> None:
        promised = documented()
        for route in ROUTES:
            caller = api_with(promised[route.contract, route.method, route.path])
            assert send(caller, route, plain(route)).status_code == route.status, route


class TestRefusedCallers:
    """Each test walks all routes with one caller, and compares the whole database before and after."""

    @pytest.fixture
    def refused(self, plain: Plain, subtests: pytest.Subtests) -> Callable[..., None]:
        def check(caller: Caller, *expected: Any, prefixed: bool = False) -> None:
            before = everything()
            for route in ROUTES:
                with subtests.test(str(route)):
                    request = route.prefixed(plain(route)) if prefixed else plain(route)
                    response = send(caller, route, request)
                    assert problem_of(response) == (*expected, [])
                    assert response["X-API-Contract"] == route.contract
                    assert ("WWW-Authenticate" in response) == (response.status_code == 401)
            assert everything() == before

        return check

    def test_no_credential(self, refused: Callable[..., None]) -> None:
        refused(Caller(), 401, "UNAUTHENTICATED")

    @pytest.mark.parametrize(
        "headers",
        [
            {"X-API-Key": "{swapped}"},
            {"X-API-Key": "{key}0"},
            {"X-API-Key": "{lower}"},
            {"X-API-Key": "{start}"},
            {"X-API-Key": ""},
            {"X-API-Key": "None"},
            {"X-API-Key": "ключ"},
            {"Authorization": "Basic {key}"},
            {"Authorization": "Token {key}"},
            {"Authorization": "Bearer"},
            {"Authorization": "Bearer "},
            {"Authorization": "Bearer {key} {key}"},
            {"X-API-Key": "{key}", "Authorization": "Bearer {swapped}"},
            {"X-API-Key": "{swapped}", "Authorization": "Bearer {key}"},
            {"Cookie": "X-API-Key={key}"},
        ],
    )
    def test_bad_keys(self, key: str, refused: Callable[..., None], headers: dict[str, str]) -> None:
        swapped = f"{key[:-1]}{'a' if key[-1] != 'a' else 'b'}"
        forms = {"key": key, "swapped": swapped, "lower": key.lower(), "start": key[:16]}
        throttling.forget_counts()

        refused(
            Caller(**{name: form.format(**forms) for name, form in headers.items()}), 401, "UNAUTHENTICATED"
        )

    def test_a_key_in_the_address(self, key: str, plain: Plain) -> None:
        for route in ROUTES:
            request = plain(route)
            for name in ("api_key", "key", "token", "access_token", "X-API-Key"):
                response = send(Caller(), route, request._replace(path=f"{request.path}?{name}={key}"))
                assert problem_of(response)[0] == 401

    def test_every_scope_but_the_right_one(
        self, api_with: Callable[..., Caller], plain: Plain, subtests: pytest.Subtests
    ) -> None:
        promised = documented()
        before = everything()
        for route in ROUTES:
            needed = promised[route.contract, route.method, route.path]
            others = [name for name in DESCRIPTIONS if not needed & expand([name])]
            with subtests.test(str(route)):
                response = send(api_with(others), route, plain(route))
                assert problem_of(response) == (403, "PERMISSION_DENIED", [])
                assert sorted(response.json()["missing"]) == sorted(needed)
        assert everything() == before

    def test_a_member_without_a_role(self, organization: Organization, refused: Callable[..., None]) -> None:
        bob = make_person("bob@example.com", {organization: []})
        refused(Caller.person(bob), 403, "PERMISSION_DENIED", prefixed=True)

    def test_an_expired_key(self, organization: Organization, refused: Callable[..., None]) -> None:
        caller = Caller(make_key(organization, expires_at=timezone.now() + timedelta(hours=1)))
        ApiKey.objects.update(expires_at=timezone.now())

        refused(caller, 401, "UNAUTHENTICATED")

    def test_a_key_whose_warehouses_are_all_gone(
        self, organization: Organization, second: Warehouse, refused: Callable[..., None]
    ) -> None:
        """It must not become a key to every warehouse."""
        caller = Caller(make_key(organization, warehouses=[second]))
        ApiKey.objects.get().warehouses.clear()

        refused(caller, 403, "PERMISSION_DENIED")

    def test_a_superuser_who_has_chosen_no_organization(self, refused: Callable[..., None]) -> None:
        root = make_person("root@example.com", is_superuser=True, is_staff=True)
        refused(Caller.person(root), 403, "ORG_CONTEXT_REQUIRED", prefixed=True)

    def test_a_person_of_two_organizations_who_has_chosen_none(
        self, organization: Organization, rival: Organization, refused: Callable[..., None]
    ) -> None:
        both = make_person("both@example.com", {organization: ["Owner"], rival: ["Owner"]})
        refused(Caller.person(both), 403, "ORG_CONTEXT_REQUIRED", prefixed=True)

    def test_a_person_of_no_organization(self, refused: Callable[..., None]) -> None:
        refused(Caller.person(make_person("nobody@example.com")), 403, "ORG_CONTEXT_REQUIRED", prefixed=True)

    def test_a_bad_key_beside_a_good_session(self, alice: User, refused: Callable[..., None]) -> None:
        caller = Caller.person(alice)
        caller.headers["X-API-Key"] = "th_live_nonsense"

        refused(caller, 401, "UNAUTHENTICATED", prefixed=True)

    def test_a_person_who_chose_what_is_not_theirs(
        self,
        organization: Organization,
        warehouse: Warehouse,
        rival: Organization,
        plain: Plain,
        subtests: pytest.Subtests,
    ) -> None:
        """Back in the only organization they belong to, where nothing of Acme is found."""
        charlie = make_person("charlie@example.com", {rival: ["Owner"]})
        caller = Caller.person(charlie, organization)
        before = everything()
        for route in [route for route in ROUTES if not route.names_nothing]:
            with subtests.test(str(route)):
                response = send(caller, route, route.prefixed(plain(route)))
                assert response.status_code in ({404} if route.is_write else {200, 404})
                if response.status_code == 200:
                    assert "SKU-001" not in response.content.decode()
                    assert warehouse.public_id not in str(response.content)
        assert everything() == before


class TestEndedCallers:
    """Good until now, refused from the next request on."""

    @pytest.fixture
    def goes_well(self, plain: Plain) -> Callable[[Caller], None]:
        def check(caller: Caller) -> None:
            for route in ROUTES:
                response = send(caller, route, route.prefixed(plain(route)))
                assert response.status_code == route.status, (route, response.content)

        return check

    @pytest.fixture
    def is_refused(self, plain: Plain, subtests: pytest.Subtests) -> Callable[..., None]:
        def check(caller: Caller, status: int, code: str) -> None:
            before = everything()
            for route in ROUTES:
                with subtests.test(str(route)):
                    response = send(caller, route, route.prefixed(plain(route)))
                    assert problem_of(response) == (status, code, [])
            assert everything() == before

        return check

    @pytest.mark.parametrize("how", ["revoked", "expired", "scopes", "organization"])
    def test_a_key(
        self,
        organization: Organization,
        goes_well: Callable[..., None],
        is_refused: Callable[..., None],
        how: str,
    ) -> None:
        caller = Caller(make_key(organization, EVERY_SCOPE))
        goes_well(caller)
        if how == "revoked":
            keys.revoke_key(organization=organization, actor=SYSTEM, key=ApiKey.objects.get())
        elif how == "expired":
            ApiKey.objects.update(expires_at=timezone.now())
        elif how == "scopes":
            ApiKey.objects.update(scopes=["organization.manage"])
        else:
            Organization.objects.filter(pk=organization.pk).update(is_active=False)

        is_refused(caller, *((403, "PERMISSION_DENIED") if how == "scopes" else (401, "UNAUTHENTICATED")))

    @pytest.mark.parametrize("how", ["organization", "membership", "role", "account"])
    def test_a_person(
        self,
        organization: Organization,
        goes_well: Callable[..., None],
        is_refused: Callable[..., None],
        how: str,
    ) -> None:
        bob = make_person("bob@example.com", {organization: ["Owner"]})
        caller = Caller.person(bob)
        goes_well(caller)
        if how == "organization":
            Organization.objects.filter(pk=organization.pk).update(is_active=False)
        elif how == "membership":
            Membership.objects.filter(user=bob).update(is_active=False)
        elif how == "role":
            RoleAssignment.objects.filter(membership__user=bob).delete()
        else:
            User.objects.filter(pk=bob.pk).update(is_active=False)

        expected = {
            "organization": (403, "ORG_CONTEXT_REQUIRED"),
            "membership": (403, "ORG_CONTEXT_REQUIRED"),
            "role": (403, "PERMISSION_DENIED"),
            "account": (401, "UNAUTHENTICATED"),
        }
        is_refused(caller, *expected[how])


class TestCsrf:
    @pytest.mark.parametrize("headers", [{}, {"X-CSRFToken": "b" * 32}, {"Origin": "https://evil.example"}])
    def test_a_browser_without_the_token_reads_and_does_not_write(
        self, plain: Plain, alice: User, headers: dict[str, str], subtests: pytest.Subtests
    ) -> None:
        caller = Caller.person(alice, token=False)
        caller.headers |= headers
        before = everything()
        for route in ROUTES:
            with subtests.test(str(route)):
                response = send(caller, route, route.prefixed(plain(route)))
                if route.is_write:
                    assert problem_of(response) == (403, "CSRF_FAILED", [])
                else:
                    assert response.status_code == 200
        assert everything() == before

    def test_a_key_needs_no_token_whatever_session_is_beside_it(
        self, plain: Plain, alice: User, key: str
    ) -> None:
        caller = Caller.person(alice, token=False)
        caller.headers["X-API-Key"] = key
        for route in ROUTES:
            assert send(caller, route, route.prefixed(plain(route))).status_code == route.status


@every_route_that_names_something
def test_another_organizations_ids_are_answered_like_unknown_ones(
    api: Caller,
    route: Route,
    stocked: Sku,
    warehouse: Warehouse,
    rival: Organization,
    rival_warehouse: Warehouse,
) -> None:
    ours, theirs = warehouse.public_id, rival_warehouse.public_id

    def answers(sku: str, place: str) -> list[tuple[Any, ...]]:
        return [_comparable(send(api, route, request)) for request in route.requests(sku, place)]

    before = everything()
    unknown = [
        answers("SECRET-1", ours),
        answers("SKU-001", UNKNOWN_WAREHOUSE),
        answers("SECRET-1", UNKNOWN_WAREHOUSE),
    ]
    assert everything() == before

    secret = make_sku(rival, "SECRET-1", title="Their secret")
    stock(secret, rival_warehouse, 1000)
    prepare(secret, rival_warehouse, route=route)
    before = everything()
    foreign = [answers("SECRET-1", ours), answers("SKU-001", theirs), answers("SECRET-1", theirs)]

    assert foreign == unknown
    assert everything() == before
    assert "Their secret" not in str(foreign)
    assert theirs not in str(foreign)


@pytest.mark.parametrize("route", [route for route in ROUTES if "bulk" in route.path], ids=str)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_another_organizations_ids_in_any_row(
    api: Caller,
    organization: Organization,
    route: Route,
    stocked: Sku,
    warehouse: Warehouse,
    rival: Organization,
    rival_warehouse: Warehouse,
    place: int,
) -> None:
    others = [make_sku(organization, f"OTHER-{number}").code for number in (1, 2)]
    for other in Sku.objects.filter(code__in=others):
        stock(other, warehouse, 5)

    def answer(sku: str, where: str) -> tuple[Any, ...]:
        rows = [
            route.requests(code, warehouse.public_id)[0].body["updates"][0]  # type: ignore[index]
            for code in others
        ]
        (request, *_) = route.requests(sku, where)
        assert request.body is not None
        rows.insert(place, request.body["updates"][0])
        return _comparable(send(api, route, Request(request.path, {"updates": rows})))

    before = everything()
    unknown = [
        answer("SECRET-1", warehouse.public_id),
        answer("SKU-001", UNKNOWN_WAREHOUSE),
        answer("SECRET-1", UNKNOWN_WAREHOUSE),
    ]
    assert everything() == before
    stock(make_sku(rival, "SECRET-1"), rival_warehouse, 5)
    before = everything()

    assert [
        answer("SECRET-1", warehouse.public_id),
        answer("SKU-001", rival_warehouse.public_id),
        answer("SECRET-1", rival_warehouse.public_id),
    ] == unknown
    assert {one[0] for one in unknown} == {404}
    assert everything() == before


@every_route
def test_a_key_limited_to_another_warehouse(
    api_with: Callable[..., Caller], route: Route, stocked: Sku, warehouse: Warehouse, second: Warehouse
) -> None:
    """What it cannot see is answered exactly like what is not there."""
    limited = api_with(EVERY_SCOPE, warehouses=[second])
    before = everything()

    hidden = [send(limited, route, request) for request in route.requests("SKU-001", warehouse.public_id)]
    absent = [send(limited, route, request) for request in route.requests("SKU-001", UNKNOWN_WAREHOUSE)]

    assert [_comparable(one) for one in hidden] == [_comparable(one) for one in absent]
    for response in hidden:
        if route.is_of_organization:
            assert response.status_code == 403
        else:
            assert response.status_code in ({404} if route.is_write else {200, 404})
        text = response.content.decode()
        assert warehouse.public_id not in text
        assert warehouse.name not in text
        if response.status_code == 200 and not route.is_of_catalogue:
            assert "SKU-001" not in text
    assert everything() == before


class TestMethods:
    ALL = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "get", "BREW")

    def test_others_are_405_and_named_in_allow(self, api: Caller, plain: Plain) -> None:
        addresses: dict[str, set[str]] = {}
        for route in ROUTES:
            request = plain(route)
            # At an address of two contracts, the other one may have the method.
            for sent in [route.prefixed(request)] if route.is_shared else [request, route.prefixed(request)]:
                addresses.setdefault(sent.path, set()).update(
                    other.method
                    for other in ROUTES
                    if (other.contract, other.path) == (route.contract, route.path)
                )
        before = everything()
        for address, methods in addresses.items():
            for method in self.ALL:
                if method not in methods and not ("GET" in methods and method == "get"):
                    response = api.send(method, address, {"quantity": 1} if method != "TRACE" else None)
                    assert problem_of(response)[:2] == (405, "METHOD_NOT_ALLOWED"), (method, address)
                    allowed = {*methods, "OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
                    assert set(response["Allow"].split(", ")) == allowed
        assert everything() == before

    def test_no_header_or_parameter_changes_the_method(
        self, api_with: Callable[..., Caller], stocked: Sku
    ) -> None:
        reader = api_with(["inventory.read"])
        before = everything()
        for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
            response = reader.send("GET", "/api/v1/inventory/SKU-001", {"quantity": 1}, {header: "PUT"})
            assert response.status_code == 200
            response = reader.send("POST", "/api/v1/inventory/SKU-001", {"quantity": 1}, {header: "PUT"})
            assert response.status_code == 405
        assert problem_of(reader.get("/api/v1/inventory/SKU-001?_method=PUT"))[0] == 400
        assert everything() == before

    def test_options_tell_the_methods_and_no_more(self, api: Caller, plain: Plain) -> None:
        for route in ROUTES:
            path = plain(route).path
            response = api.send("OPTIONS", path, headers=route.headers)
            assert (response.status_code, response.content) == (204, b"")
            assert route.method in response["Allow"].split(", ")
            assert Caller().send("OPTIONS", path).status_code == 401

    def test_head_is_get_without_the_body(self, api: Caller, plain: Plain) -> None:
        for route in [route for route in ROUTES if not route.is_write]:
            path = plain(route).path
            got, head = (api.send(method, path, headers=route.headers) for method in ("GET", "HEAD"))
            assert (head.status_code, head.content) == (200, b"")
            assert head["Content-Type"] == got["Content-Type"]
            assert head.get("ETag") == got.get("ETag")


def test_only_json_is_answered(api: Caller, plain: Plain) -> None:
    before = everything()
    for accept in ("text/html", "application/xml", "text/csv", "image/*"):
        api.headers["Accept"] = accept
        for route in [route for route in ROUTES if accept not in route.media_types]:
            assert problem_of(send(api, route, plain(route)))[:2] == (406, "NOT_ACCEPTABLE")
    assert everything() == before


def test_a_suspended_member_may_come_back(organization: Organization, stocked: Sku) -> None:
    bob = make_person("bob@example.com", {organization: ["Viewer"]})
    caller = Caller.person(bob)
    membership = Membership.objects.get(user=bob)
    Membership.objects.filter(pk=membership.pk).update(is_active=False)
    assert caller.get("/nexus/api/inventory").status_code == 403

    people.restore_member(organization=organization, actor=SYSTEM, membership=membership)

    assert caller.get("/nexus/api/inventory").status_code == 200


def _slashed(path: str) -> str:
    address, mark, query = path.partition("?")
    return f"{address}/{mark}{query}"


def _comparable(response: Any) -> tuple[Any, ...]:
    """What a caller could tell two answers apart by, but for the request's own id and the rate counter."""
    body = json.loads(response.content)
    if response.status_code >= 400:
        body = {**problem(response), "instance": ""}
    for name in ("as_of", "asOf"):  # what is told of the present names its instant
        body.pop(name, None)
    own = {"X-Request-ID", "RateLimit"}
    headers = {name: value for name, value in response.items() if name not in own}
    return response.status_code, json.dumps(body), headers
