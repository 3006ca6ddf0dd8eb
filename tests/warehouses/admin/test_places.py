"""Warehouses, rooms and bins: pages go through the business functions and say each refusal."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from tests.factories import make_sku, stock
from tests.warehouses.admin.conftest import Company
from tests.warehouses.admin.screens import formset, url
from warehouses.models import Bin, Invitation, Room, Warehouse


class TestWarehouses:
    def test_add_makes_it_with_room_and_bin(self, acme: Company, as_alice: Client) -> None:
        answer = as_alice.post(url("warehouse", "add"), {"name": "North", "type": "3PL"}, follow=True)

        warehouse = Warehouse.objects.get(name="North")
        assert (warehouse.organization, warehouse.type) == (acme.organization, "3PL")
        assert (warehouse.rooms.count(), warehouse.bins.count()) == (1, 1)
        assert "was added successfully" in answer.text
        assert LogEntry.objects.get().object_id == str(warehouse.pk)

    def test_add_of_a_marketplace_is_readonly(self, acme: Company, as_alice: Client) -> None:
        as_alice.post(url("warehouse", "add"), {"name": "Amazon", "type": "FBA", "marketplace": "amazon_eu"})

        assert Warehouse.objects.get(name="Amazon").is_readonly is True

    @pytest.mark.parametrize("name", ["Acme depot", "ACME DEPOT"])
    def test_name_taken_is_said_beside_the_name(self, acme: Company, as_alice: Client, name: str) -> None:
        answer = as_alice.post(url("warehouse", "add"), {"name": name, "type": "own", "address": "Quay 1"})

        assert answer.status_code == 200
        assert answer.context["adminform"].form.errors == {
            "name": [f"There is already a warehouse with the name “{name}”."]
        }
        assert 'value="Quay 1"' in answer.text
        assert "<title> Error:" in re.sub(r"\s+", " ", answer.text)
        assert Warehouse.objects.count() == 2

    def change(self, company: Company, rooms: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
        existing = list(company.depot.rooms.order_by("warehouse__name", "name"))
        rows: list[dict[str, Any]] = [
            {"id": str(room.pk), "warehouse": str(company.depot.pk), "name": room.name}
            | {"room_type": room.room_type, "is_sellable": "on"}
            for room in existing
        ]
        rows = [row | change for row, change in zip(rows, [*rooms, {}, {}], strict=False)] + rooms[
            len(rows) :
        ]
        return {"name": company.depot.name, "type": "own"} | fields | formset("rooms", rows, len(existing))

    def test_change_writes_rooms_too(self, acme: Company, as_alice: Client) -> None:
        answer = as_alice.post(
            url("warehouse", "change", acme.depot.pk),
            self.change(
                acme,
                [{"name": "Safe"}, {}, {"name": "Cold", "room_type": "quarantine"}],
                name="Depot 2",
            ),
        )

        assert answer.status_code == 302
        assert Warehouse.objects.get(pk=acme.depot.pk).name == "Depot 2"
        rooms = {room.name: room for room in acme.depot.rooms.all()}
        assert rooms.keys() == {"Safe", "Main", "Cold"}
        assert (rooms["Cold"].room_type, rooms["Cold"].is_sellable) == ("quarantine", False)

    def test_refused_room_changes_nothing_at_all(self, acme: Company, as_alice: Client) -> None:
        main = next(
            number for number, room in enumerate(acme.depot.rooms.order_by("name")) if room.is_default
        )
        rooms: list[dict[str, Any]] = [{}, {}]
        rooms[main] = {"DELETE": "on"}

        answer = as_alice.post(
            url("warehouse", "change", acme.depot.pk), self.change(acme, rooms, name="Depot 2")
        )

        assert answer.status_code == 200
        assert "holds the default bin" in answer.text
        assert Warehouse.objects.get(pk=acme.depot.pk).name == "Acme depot"
        assert acme.depot.rooms.count() == 2

    def test_deactivating_with_stock_says_what_is_there(self, acme: Company, as_alice: Client) -> None:
        stock(make_sku(acme.organization), acme.depot, 350)

        answer = as_alice.post(
            url("warehouse"), {"action": "deactivate", "_selected_action": [str(acme.depot.pk)]}, follow=True
        )

        assert "350 units of 1 SKU" in answer.text
        assert 'role="alert"' in answer.text
        assert Warehouse.objects.get(pk=acme.depot.pk).is_active is True

    def test_deactivating_and_activating(self, acme: Company, as_alice: Client) -> None:
        rows = {"_selected_action": [str(acme.depot.pk)]}
        answer = as_alice.post(url("warehouse"), {"action": "deactivate"} | rows, follow=True)
        assert "1 warehouse deactivated." in answer.text
        assert Warehouse.objects.get(pk=acme.depot.pk).is_active is False

        as_alice.post(url("warehouse"), {"action": "activate"} | rows)
        assert Warehouse.objects.get(pk=acme.depot.pk).is_active is True

    def test_delete_says_what_goes_and_does_it(self, acme: Company, as_alice: Client) -> None:
        Invitation.objects.all().delete()
        page = as_alice.get(url("warehouse", "delete", acme.depot.pk))
        assert "Rooms: 2" in re.sub(r"\s+", " ", page.text)
        assert "Bins: 2" in re.sub(r"\s+", " ", page.text)

        answer = as_alice.post(url("warehouse", "delete", acme.depot.pk), {"post": "yes"}, follow=True)
        assert "deleted successfully" in answer.text
        assert not Warehouse.objects.filter(pk=acme.depot.pk).exists()

    def test_delete_with_history_says_why_not(self, acme: Company, as_alice: Client) -> None:
        sku = make_sku(acme.organization)
        stock(sku, acme.depot, 5)
        stock(sku, acme.depot, -5)

        answer = as_alice.post(url("warehouse", "delete", acme.depot.pk), {"post": "yes"}, follow=True)

        assert "has history, so it cannot be deleted: deactivate it instead" in answer.text
        assert answer.redirect_chain == [(url("warehouse", "change", acme.depot.pk), 302)]
        assert Warehouse.objects.filter(pk=acme.depot.pk).exists()
        assert not LogEntry.objects.exists()

    def test_deleting_several_deletes_all_or_none(self, acme: Company, as_alice: Client) -> None:
        rows = [str(acme.depot.pk), str(acme.main.pk)]  # the second is the default, and stays

        answer = as_alice.post(
            url("warehouse"),
            {"action": "delete_selected", "_selected_action": rows, "post": "yes"},
            follow=True,
        )

        assert "is the organization&#x27;s default warehouse" in answer.text
        assert Warehouse.objects.count() == 2
        assert not LogEntry.objects.exists()


class TestRoomsAndBins:
    def test_room_is_added_and_changed(self, acme: Company, as_bob: Client) -> None:
        given = {"name": "Cold", "room_type": "storage", "is_sellable": "on"}
        as_bob.post(url("room", "add"), given | {"warehouse": str(acme.depot.pk)})
        room = Room.objects.get(name="Cold")
        assert room.warehouse == acme.depot

        as_bob.post(
            url("room", "change", room.pk), given | {"name": "Colder", "warehouse": str(acme.main.pk)}
        )
        room.refresh_from_db()
        assert (room.name, room.warehouse) == ("Colder", acme.depot)

    def test_bin_is_added_at_the_end_of_the_walk(self, acme: Company, as_bob: Client) -> None:
        answer = as_bob.post(
            url("bin", "add"),
            {"room": str(acme.room.pk), "code": "A-2", "barcode": "B2", "pick_sequence": ""},
        )

        assert answer.status_code == 302
        shelf = Bin.objects.get(code="A-2")
        assert (shelf.warehouse, shelf.room, shelf.pick_sequence) == (acme.depot, acme.room, 20)

    def test_bin_moves_within_its_warehouse_only(self, acme: Company, as_alice: Client) -> None:
        target = url("bin", "change", acme.shelf.pk)
        given = {"code": "Acme-1", "barcode": "ACME0001", "pick_sequence": "10"}

        answer = as_alice.post(target, given | {"room": str(acme.main.rooms.get().pk)})
        assert "Select a valid choice" in answer.text
        answer = as_alice.post(target, given | {"room": str(acme.depot.rooms.get(is_default=True).pk)})
        assert answer.status_code == 302
        acme.shelf.refresh_from_db()
        assert acme.shelf.room.is_default is True

    @pytest.mark.parametrize(
        ("given", "field"), [({"code": "main"}, "code"), ({"code": "A-2", "barcode": "ACME0001"}, "barcode")]
    )
    def test_what_is_taken_is_said_beside_it(
        self, acme: Company, as_alice: Client, given: dict[str, str], field: str
    ) -> None:
        answer = as_alice.post(url("bin", "add"), {"room": str(acme.room.pk)} | given)

        assert answer.status_code == 200
        [(name, [text])] = answer.context["adminform"].form.errors.items()
        assert name == field
        assert "There is already a bin" in text
        assert Bin.objects.filter(warehouse=acme.depot).count() == 2

    def test_default_bin_stays(self, acme: Company, as_alice: Client) -> None:
        default = acme.depot.bins.get(is_default=True)

        answer = as_alice.post(url("bin", "delete", default.pk), {"post": "yes"}, follow=True)

        assert "is the default bin of Acme depot" in answer.text
        assert Bin.objects.filter(pk=default.pk).exists()

    @pytest.mark.parametrize("term", ["acme-1", "ACME0001"])
    def test_bin_is_found_by_code_and_barcode(self, acme: Company, as_alice: Client, term: str) -> None:
        answer = as_alice.get(url("bin"), {"q": term})

        assert list(answer.context["cl"].result_list) == [acme.shelf]

    def test_list_filters_by_room_type(self, acme: Company, as_alice: Client) -> None:
        answer = as_alice.get(url("bin"), {"room__room_type__exact": "vault"})

        assert list(answer.context["cl"].result_list) == [acme.shelf]


class TestPuttingUpBins:
    @staticmethod
    def page(acme: Company) -> str:
        return reverse("admin:warehouses_room_put_up", args=[acme.room.pk])

    def test_a_line_for_each(self, acme: Company, as_bob: Client) -> None:
        assert self.page(acme) in as_bob.get(url("room", "change", acme.room.pk)).text
        assert as_bob.get(self.page(acme)).status_code == 200

        lines = "A-2, B2\r\n\r\n A-3 \r\nA-4,\r\n"
        answer = as_bob.post(self.page(acme), {"lines": lines, "capacity": "40"}, follow=True)

        assert "3 bins put up in Acme depot / " in answer.text
        made = Bin.objects.filter(code__startswith="A-").order_by("pick_sequence")
        assert list(made.values_list("code", "barcode", "capacity", "pick_sequence", "room")) == [
            ("A-2", "B2", 40, 20, acme.room.pk),
            ("A-3", "", 40, 30, acme.room.pk),
            ("A-4", "", 40, 40, acme.room.pk),
        ]

    def test_a_bad_line_puts_up_none(self, acme: Company, as_bob: Client) -> None:
        answer = as_bob.post(self.page(acme), {"lines": "A-2\nacme-1\nA-3, ACME0001\na-2", "capacity": ""})

        assert answer.status_code == 422
        assert [error.partition(":")[0] for error in answer.context["form"].errors["lines"]] == [
            "acme-1",
            "A-3",
            "a-2",
        ]
        assert Bin.objects.filter(warehouse=acme.depot).count() == 2

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"lines": "  "}, "lines"),
            ({"lines": "\n".join(map(str, range(501)))}, "lines"),
            ({"lines": "A-2", "capacity": "-1"}, "capacity"),
        ],
    )
    def test_bad_input_is_said_beside_it(
        self, acme: Company, as_bob: Client, given: dict[str, str], field: str
    ) -> None:
        answer = as_bob.post(self.page(acme), given)
        assert set(answer.context["form"].errors) == {field}

    def test_it_takes_the_right_there(self, acme: Company, as_charlie: Client) -> None:
        before = Bin.objects.count()
        assert as_charlie.get(self.page(acme)).status_code in {403, 404}
        assert as_charlie.post(self.page(acme), {"lines": "A-2"}).status_code in {403, 404}
        assert Bin.objects.count() == before
