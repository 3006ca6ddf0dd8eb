"""Channels over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from inventory import channels
from inventory.models import Channel, ChannelRule, Sku
from tests import factories
from tests.inventory.api.callers import Caller, problem_of
from tests.inventory.api.routes import EVERY_SCOPE
from tests.inventory.api.snapshots import everything
from tests.inventory.channels.worlds import make_channel, make_rule
from warehouses.http.instants import instant
from warehouses.models import Organization, Warehouse

URL = "/api/channels"
BODY = {"code": "web-shop", "name": "Web shop", "buffer": 2}


def shown(channel: Channel, **fields: Any) -> dict[str, Any]:
    return {
        "id": channel.public_id,
        "code": channel.code,
        "name": channel.name,
        "buffer": channel.buffer,
        "isActive": channel.is_active,
        "createdAt": instant(channel.created_at),
    } | fields


class TestCreate:
    def test_answers_with_the_channel_its_address_and_its_tag(self, api: Caller) -> None:
        response = api.post(URL, BODY)
        channel = Channel.objects.get()
        assert response.status_code == 201
        body = response.json()
        (made,) = body.pop("history")
        assert body == shown(channel)
        assert (channel.code, channel.name, channel.buffer, channel.is_active) == (
            "web-shop",
            "Web shop",
            2,
            True,
        )
        assert (made["action"], made["fromState"], made["toState"], made["by"]) == (
            *("create", None, "active"),
            "Integration",
        )
        assert response["Location"] == f"/backoffice{URL}/{channel.public_id}"
        again = api.get(f"{URL}/{channel.public_id}")
        assert again["ETag"] == response["ETag"]
        assert api.get(response["Location"], If_None_Match=response["ETag"]).status_code == 304

    @pytest.mark.parametrize(
        ("body", "where"),
        [
            ({"code": "WEB-SHOP", "name": "Other"}, "/code"),
            ({"code": "other", "name": "web SHOP"}, "/name"),
        ],
    )
    def test_a_code_or_name_that_another_has(self, api: Caller, body: dict[str, str], where: str) -> None:
        api.post(URL, BODY)
        before = everything()
        response = api.post(URL, {**body, "code": body["code"].lower()})
        assert problem_of(response) == (409, "CHANNEL_EXISTS", [(where, "CHANNEL_EXISTS")])
        assert everything() == before

    @pytest.mark.parametrize("code", ["Web", "web shop", "-web", "web-", "web--shop", "wéb", "web/shop"])
    def test_a_code_that_is_none(self, api: Caller, code: str) -> None:
        response = api.post(URL, {**BODY, "code": code})
        assert problem_of(response) == (400, "INVALID_REQUEST", [("/code", "INVALID")])
        assert not Channel.objects.exists()

    def test_no_more_than_an_organization_may_have(
        self, api: Caller, organization: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(channels, "MOST_CHANNELS", 2)
        make_channel(organization, "one")
        make_channel(organization, "two")
        assert problem_of(api.post(URL, BODY)) == (409, "CHANNEL_LIMIT", [])
        assert Channel.objects.count() == 2

    def test_another_organization_may_have_the_same(self, api: Caller, rival: Organization) -> None:
        make_channel(rival, "web-shop")
        assert api.post(URL, BODY).status_code == 201

    def test_once_per_idempotency_key(self, api: Caller) -> None:
        first = api.post(URL, BODY, headers={"Idempotency-Key": "k"})
        again = api.post(URL, BODY, headers={"Idempotency-Key": "k"})
        assert again.content == first.content
        assert again["Idempotent-Replayed"] == "true"
        assert Channel.objects.count() == 1


class TestChange:
    def test_what_is_not_given_stays(self, api: Caller, organization: Organization) -> None:
        channel = make_channel(organization, buffer=1)
        response = api.send("PATCH", f"{URL}/{channel.public_id}", {"isActive": False})
        assert response.status_code == 200
        body = response.json()
        assert [entry["action"] for entry in body.pop("history")] == ["create", "deactivate"]
        assert body == shown(channel, isActive=False)
        response = api.send("PATCH", f"{URL}/{channel.public_id}", {"name": "Shop", "isActive": True})
        last = response.json()["history"][-1]
        assert (last["action"], last["fromState"], last["toState"]) == ("activate", "inactive", "active")

    def test_nothing_new_is_no_change(self, api: Caller, organization: Organization) -> None:
        channel = make_channel(organization)
        response = api.send("PATCH", f"{URL}/{channel.public_id}", {"name": channel.name})
        assert [entry["action"] for entry in response.json()["history"]] == ["create"]

    def test_of_the_version_that_was_read(self, api: Caller, organization: Organization) -> None:
        path = f"{URL}/{make_channel(organization).public_id}"
        tag = api.get(path)["ETag"]
        assert api.send("PATCH", path, {"buffer": 1}, {"If-Match": tag}).status_code == 200
        before = everything()
        for method, body in (("PATCH", {"buffer": 2}), ("DELETE", None)):
            refused = api.send(method, path, body, {"If-Match": tag})
            assert problem_of(refused) == (412, "PRECONDITION_FAILED", [])
        assert everything() == before

    def test_not_to_the_name_of_another(self, api: Caller, organization: Organization) -> None:
        make_channel(organization, "one")
        path = f"{URL}/{make_channel(organization, 'two').public_id}"
        assert problem_of(api.send("PATCH", path, {"name": "ONE"})) == (
            *(409, "CHANNEL_EXISTS"),
            [("/name", "CHANNEL_EXISTS")],
        )
        assert api.send("PATCH", path, {"name": "TWO"}).status_code == 200


class TestDelete:
    def test_with_its_rules(
        self, api: Caller, organization: Organization, warehouse: Warehouse, sku: Sku
    ) -> None:
        channel = make_channel(organization)
        make_rule(sku, warehouse, channel, "excluded")
        assert api.send("DELETE", f"{URL}/{channel.public_id}").status_code == 204
        assert not ChannelRule.objects.exists()
        assert problem_of(api.get(f"{URL}/{channel.public_id}"))[:2] == (404, "CHANNEL_NOT_FOUND")

    def test_not_one_that_anything_was_reserved_for(
        self, api: Caller, organization: Organization, warehouse: Warehouse, sku: Sku
    ) -> None:
        channel = make_channel(organization)
        factories.stock(sku, warehouse, 5)
        made = factories.reserve(sku, warehouse, 1, channel=channel)
        released = api.post(f"/api/inventory/reservations/{made.public_id}", {"action": "release"})
        assert released.status_code == 200
        before = everything()
        assert problem_of(api.send("DELETE", f"{URL}/{channel.public_id}")) == (409, "CHANNEL_IN_USE", [])
        assert everything() == before


class TestWhoMay:
    def test_a_key_limited_to_warehouses_reads_and_does_not_write(
        self, api_with: Callable[..., Caller], organization: Organization, warehouse: Warehouse
    ) -> None:
        path = f"{URL}/{make_channel(organization).public_id}"
        limited = api_with(EVERY_SCOPE, warehouses=[warehouse])
        assert limited.get(URL).json()["pagination"]["total"] == 1
        assert limited.get(path).status_code == 200
        before = everything()
        for method, address, body in (
            ("POST", URL, {"code": "new", "name": "New"}),
            ("PATCH", path, {"buffer": 1}),
            ("DELETE", path, None),
        ):
            assert problem_of(limited.send(method, address, body))[:2] == (403, "PERMISSION_DENIED")
        assert everything() == before


class TestList:
    def test_filters_sorts_and_pages(self, api: Caller, organization: Organization) -> None:
        for code, name in (("c", "Alpha"), ("b", "Beta"), ("a", "Gamma")):
            make_channel(organization, code, name=name, is_active=code != "b")

        def codes(query: str) -> list[str]:
            return [row["code"] for row in api.get(f"{URL}?{query}").json()["data"]]

        assert codes("limit=2") == ["c", "b"]
        assert codes("limit=2&page=2") == ["a"]
        assert codes("sort=code") == ["a", "b", "c"]
        assert codes("sort=-createdAt") == ["a", "b", "c"]
        assert codes("isActive=false") == ["b"]
        assert codes("search=LPH") == ["c"]
        assert codes("startDate=2199-01-01") == []
        assert codes("endDate=2199-01-01&sort=-name") == ["a", "b", "c"]
