"""The documents and their reference pages, as they are served."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from config.contracts import CONTRACTS
from tests import factories
from warehouses.http.openapi import build_document

# Nobody is signed in and no database is needed: whoever may not see a tenant's data may see these.


@pytest.mark.parametrize("name", CONTRACTS)
def test_anybody_gets_the_document_of_one_contract(name: str, client: Client) -> None:
    response = client.get(f"/{name}/openapi.json")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert json.loads(response.content) == build_document(CONTRACTS[name])


def test_a_document_that_has_not_changed_is_not_sent_again(client: Client) -> None:
    first = client.get("/nexus/openapi.json")
    again = client.get("/nexus/openapi.json", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("name", CONTRACTS)
def test_reference_pages_load_from_this_host_alone(name: str, slash: str, client: Client) -> None:
    response = client.get(f"/{name}/docs{slash}")
    assert response.status_code == 200
    html = response.content.decode()
    assert CONTRACTS[name].title in html
    assert f'data-document="/{name}/openapi.json"' in html
    assert "data-csrf-token" not in html
    addresses = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert addresses
    assert all(re.match(r"/(?!/)", address) for address in addresses)
    for address in addresses:
        if address.startswith("/static/"):
            assert finders.find(address.removeprefix("/static/")), address
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    assert "<style" not in html
    assert " style=" not in html


def test_reference_pages_have_the_strict_policy(client: Client) -> None:
    policy = client.get("/gateway/docs/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/gateway/docs/", "/gateway/openapi.json"])
def test_they_are_only_read(path: str, client: Client) -> None:
    response = client.post(path)
    assert response.status_code == 405
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/nobody/docs/", "/nobody/openapi.json", "/docs/", "/openapi.json"])
def test_other_names_have_none(path: str, client: Client) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.django_db
def test_a_signed_in_reader_can_try_writes_with_the_session() -> None:
    organization = factories.make_organization()
    factories.make_sku(organization, "REGEN-001")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(factories.make_person("alice@example.com", {organization: ["Owner"]}))
    html = browser.get("/gateway/docs/").content.decode()
    (token,) = re.findall(r'data-csrf-token="(\w+)"', html)
    body = {"sku": "REGEN-001", "adjustment": 5}
    refused = browser.post("/api/v1/inventory/adjust", body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "CSRF_FAILED")
    sent = {"X-CSRFToken": token}
    response = browser.post("/api/v1/inventory/adjust", body, content_type="application/json", headers=sent)
    assert (response.status_code, response.json()["quantity"]) == (200, 5)
