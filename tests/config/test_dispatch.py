"""Which contract answers at a path that several documents describe."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import include, path, re_path
from rest_framework.request import Request
from rest_framework.response import Response

from config.dispatch import CONTRACTS, choose, dispatch
from tests.factories import make_key, make_person, make_sku, stock
from warehouses.http.views import ApiView
from warehouses.models import Organization, Warehouse
from warehouses.refusals import InvalidInput, NotFound

pytestmark = pytest.mark.django_db


class ToyView(ApiView):
    """Answers with the arguments of its address."""

    permissions: ClassVar = {"GET": ("inventory.read",), "POST": ("inventory.read",)}
    query_parameters = ("page", "locationId", "productMasterId", "lotId", "binId", "limit")
    body_required = False

    def get(self, request: Request, **arguments: str) -> Response:
        return Response({"view": type(self).__name__, **arguments})


class BackofficeList(ToyView):
    contract = "backoffice"


class BackofficeHolds(ToyView):
    contract = "backoffice"


class backoffice:
    urlpatterns: ClassVar = [
        re_path(r"^api/inventory/?$", BackofficeList.as_view(), name="list"),
        re_path(r"^api/inventory/holds/?$", BackofficeHolds.as_view(), name="holds"),
    ]


FOUR: Any = {**CONTRACTS, "backoffice": backoffice}


class root:
    handler400 = "warehouses.http.problems.handler400"
    handler404 = "warehouses.http.problems.handler404"
    handler500 = "warehouses.http.problems.handler500"
    urlpatterns: ClassVar = [
        path("backoffice/", include(backoffice.urlpatterns)),
        *(path(f"{name}/", include(urlconf)) for name, urlconf in CONTRACTS.items()),
        re_path(r"^api(?:/|$)", functools.partial(dispatch, contracts=FOUR)),
    ]


@pytest.fixture(autouse=True)
def _four_contracts(settings: Any) -> None:
    """What keys can be pinned to."""
    settings.API_CONTRACTS = FOUR


@pytest.fixture
def chosen(organization: Organization) -> Callable[..., str]:
    """`chosen(path, **headers)`: the contract that `choose` picks among all four."""

    def ask(address: str, method: str = "GET", **headers: str) -> str:
        request: HttpRequest = getattr(RequestFactory(), method.lower())(
            address, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
        match = choose(request, FOUR)
        contract: str = match.func.view_class.contract
        return contract

    return ask


@pytest.fixture
def key(organization: Organization) -> str:
    return make_key(organization)


V1 = "/api/v1/inventory"


class TestDefaults:
    @pytest.mark.parametrize("address", [V1, f"{V1}/", f"{V1}/REGEN-001", f"{V1}/REGEN-001/"])
    def test_the_v1_paths_follow_the_form_of_the_key(
        self, chosen: Callable[..., str], key: str, address: str
    ) -> None:
        assert chosen(address, X_API_Key=key) == "gateway"
        assert chosen(address, Authorization=f"Bearer {key}") == "pos"
        assert chosen(address, Authorization=f"bearer {key}") == "pos"
        assert chosen(address, Authorization=key) == "gateway"
        assert chosen(address, X_API_Key=key, Authorization=f"Bearer {key}") == "gateway"
        assert chosen(address) == "gateway"

    @pytest.mark.parametrize("address", ["/api/inventory", "/api/inventory/"])
    def test_the_list_without_a_version_follows_the_kind_of_caller(
        self, chosen: Callable[..., str], key: str, address: str
    ) -> None:
        assert chosen(address, X_API_Key=key) == "nexus"
        assert chosen(address, Authorization=f"Bearer {key}") == "nexus"
        assert chosen(address, Authorization=key) == "nexus"
        assert chosen(address) == "backoffice"

    @pytest.mark.parametrize("name", ["page", "locationId", "productMasterId", "lotId", "binId"])
    def test_a_parameter_of_backoffices_own_means_backoffice(
        self, chosen: Callable[..., str], key: str, name: str
    ) -> None:
        assert chosen(f"/api/inventory?{name}=1", X_API_Key=key) == "backoffice"
        assert chosen(f"/api/inventory?{name}=", X_API_Key=key) == "backoffice"
        assert chosen(f"/api/inventory?{name.upper()}=1", X_API_Key=key) == "nexus"

    def test_others_do_not(self, chosen: Callable[..., str], key: str) -> None:
        assert chosen("/api/inventory?limit=1&cursor=x&status=low&sku=a", X_API_Key=key) == "nexus"

    def test_a_bad_key_leads_where_a_good_one_would(self, chosen: Callable[..., str]) -> None:
        assert chosen(V1, Authorization="Bearer nonsense") == "pos"
        assert chosen(V1, X_API_Key="nonsense") == "gateway"
        assert chosen("/api/inventory", X_API_Key="nonsense") == "nexus"

    def test_head_and_options_go_where_get_goes(self, chosen: Callable[..., str], key: str) -> None:
        for method in ("HEAD", "OPTIONS"):
            assert chosen(V1, method, Authorization=f"Bearer {key}") == "pos"
            assert chosen(V1, method, X_API_Key=key) == "gateway"


class TestHeader:
    def test_it_outweighs_form_pin_and_parameters(
        self, chosen: Callable[..., str], organization: Organization
    ) -> None:
        pinned = make_key(organization, contract="pos")

        assert chosen(V1, Authorization=f"Bearer {pinned}", X_API_Contract="gateway") == "gateway"
        assert chosen(V1, X_API_Key=pinned, X_API_Contract="gateway") == "gateway"
        assert chosen(V1, X_API_Contract="pos") == "pos"
        assert chosen("/api/inventory?page=1", X_API_Contract="nexus") == "nexus"
        assert chosen("/api/inventory", X_API_Key=pinned, X_API_Contract="backoffice") == "backoffice"

    def test_one_that_is_no_contract_is_refused(self, chosen: Callable[..., str], key: str) -> None:
        for name in ("", " ", "shopify", "Gateway", "GATEWAY", "gateway,pos", "gateway ", "../nexus", "é"):
            for address in (V1, "/api/inventory", f"{V1}/bulk", "/api/inventory/holds"):
                with pytest.raises(InvalidInput) as refused:
                    chosen(address, X_API_Key=key, X_API_Contract=name)
                assert refused.value.code == "INVALID_REQUEST"

    def test_a_path_that_only_one_contract_has_reaches_it(self, chosen: Callable[..., str], key: str) -> None:
        assert chosen(f"{V1}/low-stock", X_API_Key=key, X_API_Contract="nexus") == "gateway"
        assert chosen("/api/inventory/warehouses", X_API_Key=key, X_API_Contract="gateway") == "nexus"
        assert chosen("/api/inventory/holds", X_API_Key=key, X_API_Contract="nexus") == "backoffice"


class TestPin:
    @pytest.mark.parametrize("form", ["X-API-Key: {}", "Authorization: Bearer {}", "Authorization: {}"])
    def test_it_outweighs_the_form(
        self, chosen: Callable[..., str], organization: Organization, form: str
    ) -> None:
        for contract in ("gateway", "pos"):
            name, value = form.format(make_key(organization, contract=contract)).split(": ")
            assert chosen(V1, **{name.replace("-", "_"): value}) == contract
        for contract in ("nexus", "backoffice"):
            name, value = form.format(make_key(organization, contract=contract)).split(": ")
            header = {name.replace("-", "_"): value}
            assert chosen("/api/inventory", **header) == contract
            assert chosen("/api/inventory?page=1", **header) == contract

    def test_a_pin_to_a_contract_without_the_path_leaves_the_default(
        self, chosen: Callable[..., str], organization: Organization
    ) -> None:
        pinned = make_key(organization, contract="nexus")
        assert chosen(V1, X_API_Key=pinned) == "gateway"
        assert chosen(V1, Authorization=f"Bearer {pinned}") == "pos"

    def test_a_pin_does_not_close_other_paths(
        self, chosen: Callable[..., str], organization: Organization
    ) -> None:
        pinned = make_key(organization, contract="pos")
        assert chosen("/api/inventory", X_API_Key=pinned) == "nexus"
        assert chosen(f"{V1}/low-stock", X_API_Key=pinned) == "gateway"


class TestPaths:
    def test_a_literal_path_wins_over_a_sku(self, chosen: Callable[..., str], key: str) -> None:
        for headers in ({"X_API_Key": key}, {"Authorization": f"Bearer {key}"}, {}):
            assert chosen(f"{V1}/low-stock", **headers) == "gateway"
            assert chosen(f"{V1}/snapshot", **headers) == "pos"
            assert chosen(f"{V1}/snapshot/", **headers) == "pos"
            assert chosen("/api/inventory/holds", **headers) == "backoffice"
            assert chosen("/api/inventory/warehouses", **headers) == "nexus"

    def test_a_path_that_is_spelt_out_more_wins_too(self, chosen: Callable[..., str], key: str) -> None:
        for headers in ({"X_API_Key": key}, {"Authorization": f"Bearer {key}"}, {}):
            assert chosen(f"{V1}/sync/sync_01hz000000e008000000000003", **headers) == "pos"
            assert chosen(f"{V1}/sync/SKU-001/", **headers, X_API_Contract="gateway") == "pos"
            assert chosen("/api/inventory/AB/12/adjustments", **headers) == "nexus"

    def test_a_header_does_not_turn_a_literal_path_into_a_sku(
        self, chosen: Callable[..., str], key: str
    ) -> None:
        assert chosen(f"{V1}/snapshot", X_API_Key=key, X_API_Contract="gateway") == "pos"

    def test_a_method_that_only_one_contract_has_reaches_it(
        self, chosen: Callable[..., str], key: str
    ) -> None:
        assert chosen(f"{V1}/REGEN-001", "PUT", Authorization=f"Bearer {key}") == "gateway"
        assert chosen(f"{V1}/REGEN-001", "PUT", X_API_Key=key, X_API_Contract="pos") == "gateway"
        assert chosen(f"{V1}/bulk-update", "POST", X_API_Key=key) == "pos"

    def test_what_nobody_has(self, chosen: Callable[..., str], key: str) -> None:
        for address in ("/api", "/api/", "/api/v1", "/api/v3/inventory", "/api//inventory"):
            with pytest.raises(NotFound):
                chosen(address, X_API_Key=key)


class TestAnswers:
    """Over HTTP, with the toys mounted."""

    @pytest.fixture
    def client(self, settings: Any, key: str, organization: Organization) -> Client:
        settings.ROOT_URLCONF = root
        stock(make_sku(organization, "REGEN-001"), Warehouse.objects.get(), 5)
        return Client(headers={"X-API-Key": key})

    def test_each_names_the_contract(self, client: Client, key: str) -> None:
        bearer = Client(headers={"Authorization": f"Bearer {key}"})

        for caller, address, contract in (
            (client, V1, "gateway"),
            (bearer, V1, "pos"),
            (client, "/api/inventory", "nexus"),
            (bearer, "/api/inventory?page=1", "backoffice"),
            (bearer, f"/gateway{V1}", "gateway"),
            (client, f"/pos{V1}", "pos"),
            (client, "/nexus/api/inventory", "nexus"),
            (client, "/backoffice/api/inventory", "backoffice"),
        ):
            response = caller.get(address)
            assert (response.status_code, response["X-API-Contract"]) == (200, contract), address
            assert "X-API-Contract" in response["Vary"]

    def test_errors_name_it_too(self, client: Client) -> None:
        assert client.get(f"{V1}?colour=red")["X-API-Contract"] == "gateway"
        assert client.get(f"{V1}/NOTHING")["X-API-Contract"] == "gateway"
        assert client.delete(V1)["X-API-Contract"] in {"gateway", "pos"}
        assert Client().get("/api/inventory/warehouses")["X-API-Contract"] == "nexus"

    def test_a_prefix_is_not_moved_by_header_form_or_pin(
        self, client: Client, organization: Organization
    ) -> None:
        pinned = make_key(organization, contract="pos")
        for headers in (
            {"X-API-Contract": "pos"},
            {"Authorization": f"Bearer {pinned}", "X-API-Key": pinned},
        ):
            assert client.get(f"/gateway{V1}", headers=headers)["X-API-Contract"] == "gateway"

    def test_one_that_is_no_contract_is_a_problem(self, client: Client) -> None:
        for address in (V1, "/api/inventory/warehouses"):
            response = client.get(address, headers={"X-API-Contract": "shopify"})
            assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
            assert response.json()["code"] == "INVALID_REQUEST"
            assert "X-API-Contract" in response.json()["detail"]

    def test_a_session_reads_the_backoffice_list_and_may_ask_for_another(
        self, client: Client, organization: Organization
    ) -> None:
        browser = Client()
        browser.force_login(make_person("alice@example.com", {organization: ["Owner"]}))

        assert browser.get("/api/inventory")["X-API-Contract"] == "backoffice"
        asked = browser.get("/api/inventory", headers={"X-API-Contract": "nexus"})
        assert (asked.status_code, asked["X-API-Contract"]) == (200, "nexus")

    def test_a_code_that_is_a_literal_of_another_contract_is_had_under_the_prefix(
        self, client: Client, organization: Organization
    ) -> None:
        for code in ("snapshot", "sync/1"):
            stock(make_sku(organization, code), Warehouse.objects.get(), 5)

            assert client.get(f"{V1}/{code}")["X-API-Contract"] == "pos"
            assert client.get(f"/gateway{V1}/{code}").json()["sku"] == code

    def test_nothing_there_is_a_problem(self, client: Client) -> None:
        response = client.get("/api/v3/inventory")
        assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")

    def test_the_key_is_looked_up_once(
        self, client: Client, django_assert_num_queries: Any, organization: Organization
    ) -> None:
        client.get("/backoffice/api/inventory")
        with django_assert_num_queries(1):
            assert client.get("/backoffice/api/inventory").status_code == 200
        with django_assert_num_queries(1):
            assert client.get("/api/inventory", headers={"X-API-Contract": "backoffice"}).status_code == 200


def test_the_contracts_that_are_served() -> None:
    assert CONTRACTS == {
        "gateway": "inventory.api.gateway.urls",
        "nexus": "inventory.api.nexus.urls",
        "pos": "inventory.api.pos.urls",
        "backoffice": "config.backoffice",
    }
