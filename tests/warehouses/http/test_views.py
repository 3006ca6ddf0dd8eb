from __future__ import annotations

from collections.abc import Callable

import pytest

from tests import factories
from tests.warehouses.http.conftest import Api, problem
from warehouses.models import Bin, Organization


def test_what_every_answer_says(api: Api) -> None:
    for response in (api.get("/bins"), api.get("/bins/none"), api.get("/bins?wat=1")):
        assert response["X-API-Contract"] == "toy"
        assert response["Cache-Control"] == "no-store"
        assert response["RateLimit-Policy"] == '"key";q=6000;w=60'
        assert response["RateLimit"].startswith('"key";r=59')
        assert response["X-Request-ID"]
        assert {"X-API-Key", "Authorization", "Cookie"} <= set(response["Vary"].split(", "))


def test_without_credentials_the_contract_is_named_too(api_of: Callable[..., Api], db: None) -> None:
    response = api_of().get("/bins")

    assert response.status_code == 401
    assert (response["X-API-Contract"], response["Cache-Control"]) == ("toy", "no-store")


def test_a_method_needs_its_own_permission(api_of: Callable[..., Api], organization: Organization) -> None:
    reader = api_of(factories.make_key(organization, ["inventory.read"]))
    stranger = api_of(factories.make_key(organization, ["transfers.read"]))
    body = {"code": "B1", "pick_sequence": 1}

    assert reader.get("/bins").status_code == 200
    assert reader.send("HEAD", "/bins").status_code == 200
    refused = reader.post("/bins", body)
    assert refused.status_code == 403
    assert problem(refused)["code"] == "PERMISSION_DENIED"
    assert problem(refused)["missing"] == ["inventory.write"]
    assert stranger.get("/bins").status_code == 403
    assert stranger.send("HEAD", "/bins").status_code == 403
    assert not Bin.objects.filter(code="B1").exists()


def test_permission_comes_before_what_the_body_says(
    api_of: Callable[..., Api], organization: Organization
) -> None:
    reader = api_of(factories.make_key(organization, ["inventory.read"]))

    assert reader.post("/bins", b"not json").status_code == 403


def test_a_view_that_declares_nothing_denies(api_of: Callable[..., Api], organization: Organization) -> None:
    from warehouses.permissions import DESCRIPTIONS

    mighty = api_of(factories.make_key(organization, list(DESCRIPTIONS)))

    response = mighty.get("/undeclared")

    assert response.status_code == 403
    assert problem(response)["code"] == "PERMISSION_DENIED"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
def test_a_method_without_a_handler_is_405_with_the_others(api: Api, method: str) -> None:
    response = api.send(method, "/bins")

    assert response.status_code == 405
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert problem(response)["code"] == "METHOD_NOT_ALLOWED"


def test_a_method_cannot_be_overridden(api: Api, make_bins: Callable[..., None]) -> None:
    make_bins("A1")

    api.get("/bins/A1", **{"X-HTTP-Method-Override": "DELETE"})

    assert Bin.objects.filter(code="A1").exists()


def test_options_tells_the_methods_and_nothing_else(api: Api, api_of: Callable[..., Api]) -> None:
    response = api.send("OPTIONS", "/bins?anything=1")

    assert response.status_code == 204
    assert response.content == b""
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert "Content-Type" not in response
    assert api_of().send("OPTIONS", "/bins").status_code == 401


def test_head_is_get_without_its_body(api: Api) -> None:
    response = api.send("HEAD", "/bins")

    assert response.status_code == 200
    assert response.content == b""
    assert int(response["Content-Length"]) > 0


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("", 200),
        ("*/*", 200),
        ("application/*", 200),
        ("application/json;q=0.5", 200),
        ("text/html,application/xhtml+xml,*/*;q=0.8", 200),
        ("application/problem+json", 200),
        ("text/html", 406),
        ("application/xml", 406),
        ("nonsense", 406),
    ],
)
def test_only_json_is_spoken(api: Api, accept: str, status: int) -> None:
    response = api.get("/bins", Accept=accept)

    assert response.status_code == status
    if status == 406:
        assert problem(response)["code"] == "NOT_ACCEPTABLE"


def test_paths_have_no_format_suffix_or_parameter(api: Api, make_bins: Callable[..., None]) -> None:
    make_bins("A1")

    assert api.get("/bins.json").status_code == 404
    assert api.get("/bins?format=api").status_code == 400


def test_another_organizations_record_is_answered_like_one_that_is_not_there(
    api: Api, api_of: Callable[..., Api], make_bins: Callable[..., None]
) -> None:
    make_bins("A1")
    other = api_of(factories.make_key(factories.make_organization("Other")))
    fixed = {"X-Request-ID": "same"}

    theirs, nobodys = other.get("/bins/A1", **fixed), other.get("/bins/Z9", **fixed)

    assert theirs.status_code == 404
    assert theirs.content == nobodys.content
    assert other.send("PUT", "/bins/A1", {"sequence": 9}).status_code == 404
    assert Bin.objects.get(code="A1").pick_sequence == 1


def test_nothing_is_answered_from_another_callers_cache(
    api: Api, api_of: Callable[..., Api], make_bins: Callable[..., None]
) -> None:
    make_bins("A1")
    other = api_of(factories.make_key(factories.make_organization("Other")))

    assert api.get("/bins").json()["total"] == 1
    assert other.get("/bins").json()["total"] == 0
    assert api.get("/bins").json()["total"] == 1
