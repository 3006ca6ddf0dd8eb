"""`ETag`, `If-None-Match` and `If-Match` of both contracts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from inventory.models import Sku, StockLevel
from tests.factories import make_key, make_sku, stock
from tests.inventory.api.callers import Caller, problem_of
from tests.inventory.api.snapshots import everything
from warehouses.models import Organization, Warehouse

GATEWAY = "/api/v1/inventory/SKU-001"
NEXUS = "/api/inventory/SKU-001"
ADJUST = "/api/v1/inventory/adjust"

Write = Callable[..., Any]


def gateway_put(api: Caller, warehouse: Warehouse, quantity: int, match: str | None) -> Any:
    body = {"quantity": quantity, "warehouseId": warehouse.public_id}
    return api.put(GATEWAY, body, {"If-Match": match} if match is not None else None)


def gateway_adjust(api: Caller, warehouse: Warehouse, quantity: int, match: str | None) -> Any:
    body = {"sku": "SKU-001", "adjustment": quantity, "warehouseId": warehouse.public_id}
    return api.post(ADJUST, body, {"If-Match": match} if match is not None else None)


def nexus_put(api: Caller, warehouse: Warehouse, quantity: int, match: str | None) -> Any:
    body = {"quantity": quantity, "warehouse_id": warehouse.public_id, "reason": "cycle_count"}
    return api.put(NEXUS, body, {"If-Match": match} if match is not None else None)


WRITES = [(gateway_put, GATEWAY), (gateway_adjust, GATEWAY), (nexus_put, NEXUS)]
writes = pytest.mark.parametrize(("write", "path"), WRITES)
paths = pytest.mark.parametrize("path", [GATEWAY, NEXUS])


@paths
class TestReading:
    def test_the_tag_is_strong_and_stays_while_nothing_changes(
        self, api: Caller, sku: Sku, warehouse: Warehouse, path: str
    ) -> None:
        stock(sku, warehouse, 5)

        tags = {api.get(path)["ETag"], api.send("HEAD", path)["ETag"], api.get(f"{path}/")["ETag"]}

        (tag,) = tags
        assert tag.startswith('"')
        assert tag.endswith('"')

    def test_who_has_it_is_told_so(self, api: Caller, sku: Sku, warehouse: Warehouse, path: str) -> None:
        stock(sku, warehouse, 5)
        tag = api.get(path)["ETag"]

        for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            response = api.send("GET", path, headers={"If-None-Match": header})
            assert (response.status_code, response.content, response["ETag"]) == (304, b"", tag), header
            assert "Content-Type" not in response
        for header in ('"other"', tag.strip('"'), "", "junk"):
            response = api.send("GET", path, headers={"If-None-Match": header})
            assert response.status_code == 200, header

    @pytest.mark.parametrize("which", ["same", "other"])
    def test_any_change_of_stock_is_a_new_tag(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse, path: str, which: str
    ) -> None:
        stock(sku, warehouse, 5)
        stock(sku, second, 5)
        tag = api.get(path)["ETag"]

        stock(sku, warehouse if which == "same" else second, 1)

        response = api.send("GET", path, headers={"If-None-Match": tag})
        assert response.status_code == 200
        assert response["ETag"] != tag

    def test_a_second_warehouse_is_a_new_tag(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse, path: str
    ) -> None:
        stock(sku, warehouse, 5)
        tag = api.get(path)["ETag"]

        stock(sku, second, 5)

        assert api.get(path)["ETag"] != tag

    @pytest.mark.parametrize("what", ["warehouse", "title"])
    def test_whatever_the_body_shows_is_in_the_tag(
        self, api: Caller, sku: Sku, warehouse: Warehouse, path: str, what: str
    ) -> None:
        """A strong tag means the same bytes: a reader must not be told that its old names are still good."""
        stock(sku, warehouse, 5)
        before = api.get(path)
        if what == "warehouse":
            Warehouse.objects.filter(pk=warehouse.pk).update(name="Renamed")
        else:
            type(sku).objects.filter(pk=sku.pk).update(title="Renamed")
            type(sku.product).objects.filter(pk=sku.product_id).update(name="Renamed")

        after = api.send("GET", path, headers={"If-None-Match": before["ETag"]})

        assert after.status_code == 200
        assert after.json() != before.json()

    def test_lists_have_none(self, api: Caller, sku: Sku, warehouse: Warehouse, path: str) -> None:
        stock(sku, warehouse, 5)
        assert "ETag" not in api.get(path.removesuffix("/SKU-001"))

    def test_what_is_not_there_has_none(self, api: Caller, sku: Sku, path: str) -> None:
        response = api.send("GET", path, headers={"If-None-Match": "*"})
        assert response.status_code == 404
        assert "ETag" not in response


@writes
class TestWriting:
    def test_the_tag_of_the_answer_is_that_of_the_next_reading(
        self, api: Caller, sku: Sku, warehouse: Warehouse, write: Write, path: str
    ) -> None:
        stock(sku, warehouse, 5)
        assert write(api, warehouse, 7, None)["ETag"] == api.get(path)["ETag"]

    def test_current(self, api: Caller, sku: Sku, warehouse: Warehouse, write: Write, path: str) -> None:
        stock(sku, warehouse, 5)

        first = write(api, warehouse, 7, api.get(path)["ETag"])
        second = write(api, warehouse, 8, first["ETag"])

        assert (first.status_code, second.status_code) == (200, 200)

    def test_current_among_others(
        self, api: Caller, sku: Sku, warehouse: Warehouse, write: Write, path: str
    ) -> None:
        stock(sku, warehouse, 5)
        for form in ("{}", '"other", {}', '{} , "other"'):
            assert write(api, warehouse, 7, form.format(api.get(path)["ETag"])).status_code == 200

    def test_stale(self, api: Caller, sku: Sku, warehouse: Warehouse, write: Write, path: str) -> None:
        stock(sku, warehouse, 5)
        tag = api.get(path)["ETag"]
        stock(sku, warehouse, 1)
        before = everything()

        response = write(api, warehouse, 7, tag)

        assert problem_of(response)[:2] == (412, "PRECONDITION_FAILED")
        assert everything() == before

    def test_of_two_who_read_the_same_one_is_refused(
        self, api: Caller, sku: Sku, warehouse: Warehouse, write: Write, path: str
    ) -> None:
        stock(sku, warehouse, 5)
        tag = api.get(path)["ETag"]

        assert write(api, warehouse, 7, tag).status_code == 200
        assert write(api, warehouse, 9, tag).status_code == 412

    def test_weak_tags_never_match(
        self, api: Caller, sku: Sku, warehouse: Warehouse, write: Write, path: str
    ) -> None:
        stock(sku, warehouse, 5)
        before = everything()

        assert write(api, warehouse, 7, f"W/{api.get(path)['ETag']}").status_code == 412
        assert everything() == before

    def test_what_cannot_be_read_is_not_dropped(
        self, api: Caller, sku: Sku, warehouse: Warehouse, write: Write, path: str
    ) -> None:
        stock(sku, warehouse, 5)
        before = everything()

        for header in ("", "junk", "level-1", '"a', '"a",', "W/*", "* , *", '"a" "b"', "'a'"):
            found = problem_of(write(api, warehouse, 7, header))
            assert found == (400, "INVALID_REQUEST", [("If-Match", "INVALID_REQUEST")]), header
        assert everything() == before

    def test_a_star_asks_that_it_exists(
        self, api: Caller, sku: Sku, warehouse: Warehouse, write: Write, path: str
    ) -> None:
        before = everything()
        assert problem_of(write(api, warehouse, 7, "*"))[:2] == (412, "PRECONDITION_FAILED")
        assert everything() == before

        stock(sku, warehouse, 5)
        assert write(api, warehouse, 7, "*").status_code == 200

    def test_a_tag_of_what_is_not_there_is_stale(
        self, api: Caller, sku: Sku, warehouse: Warehouse, write: Write, path: str
    ) -> None:
        before = everything()
        for guess in ('"level-0"', '"level-1"', '"sku-0"', '"sku-1"', '"0"'):
            assert write(api, warehouse, 7, guess).status_code == 412
        assert everything() == before

    def test_over_several_warehouses_the_tag_is_that_of_them_all(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse, write: Write, path: str
    ) -> None:
        stock(sku, warehouse, 5)
        stock(sku, second, 5)
        tag = api.get(path)["ETag"]

        assert write(api, warehouse, 7, tag).status_code == 200
        before = everything()
        assert write(api, second, 7, tag).status_code == 412
        assert everything() == before
        assert write(api, second, 7, api.get(path)["ETag"]).status_code == 200

    def test_the_tag_of_one_warehouse_is_no_tag_of_another(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse, write: Write, path: str
    ) -> None:
        """Read while one warehouse had it; written to a second that came since and has had as many changes."""
        stock(sku, warehouse, 5)
        tag = api.get(path)["ETag"]
        stock(sku, second, 40)
        assert len(set(StockLevel.objects.values_list("version", flat=True))) == 1
        before = everything()

        assert write(api, second, 1, tag).status_code == 412
        assert everything() == before

    def test_the_tag_of_another_sku_is_none_of_this(
        self,
        api: Caller,
        organization: Organization,
        sku: Sku,
        warehouse: Warehouse,
        write: Write,
        path: str,
    ) -> None:
        stock(sku, warehouse, 5)
        stock(make_sku(organization, "SKU-002"), warehouse, 5)
        other = api.get(path.replace("001", "002"))["ETag"]
        before = everything()

        assert write(api, warehouse, 7, other).status_code == 412
        assert everything() == before

    def test_staleness_of_what_one_may_not_see_is_not_told(
        self,
        api: Caller,
        rival: Organization,
        rival_warehouse: Warehouse,
        sku: Sku,
        write: Write,
        path: str,
    ) -> None:
        stock(make_sku(rival, "SKU-001"), rival_warehouse, 5)
        tag = Caller(make_key(rival)).get(path)["ETag"]

        assert problem_of(write(api, rival_warehouse, 7, tag))[:2] == (404, "WAREHOUSE_NOT_FOUND")


def test_gateway_object_of_one_of_several_warehouses_has_the_tag_of_its_level(
    api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse
) -> None:
    stock(sku, warehouse, 5)
    stock(sku, second, 5)
    path = f"{GATEWAY}?warehouse_id={second.public_id}"
    tag = api.get(path)["ETag"]
    stock(sku, warehouse, 1)

    assert api.get(path)["ETag"] == tag
    response = gateway_put(api, second, 7, tag)
    assert (response.status_code, response["ETag"]) == (200, api.get(path)["ETag"])


def test_a_key_limited_to_one_of_two_is_not_disturbed_by_the_other(
    api_with: Callable[..., Caller], sku: Sku, warehouse: Warehouse, second: Warehouse
) -> None:
    stock(sku, warehouse, 5)
    stock(sku, second, 5)
    limited = api_with(warehouses=[second])
    tags = [limited.get(path)["ETag"] for path in (GATEWAY, NEXUS)]
    stock(sku, warehouse, 1)

    assert [limited.get(path)["ETag"] for path in (GATEWAY, NEXUS)] == tags
    assert gateway_put(limited, second, 7, tags[0]).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/inventory/bulk", "/api/inventory/bulk"])
def test_bulk_does_not_drop_a_condition_in_silence(
    api: Caller, sku: Sku, warehouse: Warehouse, path: str
) -> None:
    """There is no tag of a batch, so a client that sends one expects a protection that it would not get."""
    row = {"sku": "SKU-001", "quantity": 5}
    if "v1" not in path:
        row |= {"warehouse_id": warehouse.public_id, "reason": "cycle_count"}
    before = everything()

    response = api.post(path, {"updates": [row]}, {"If-Match": '"level-1"'})

    assert response.status_code in {400, 412}
    assert everything() == before
