"""Imports in the back office: brought, looked at, decided about; by those who may, and seen by nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from inventory.import_runs import engine
from inventory.models import Adjustment, ImportRun, ImportState, Sku, StockLevel
from tests import factories
from tests.inventory.admin.conftest import House
from warehouses.models import Notice

pytestmark = pytest.mark.django_db

LIST = "/admin/inventory/importrun/"
EVIL = "<script>alert(1)</script>"


def url(what: str, run: ImportRun | None = None) -> str:
    return reverse(f"admin:inventory_importrun_{what}", args=[run.pk] if run is not None else [])


def bring(client: Client, *lines: str, name: str = "goods.csv", **more: Any) -> HttpResponse:
    content = "".join(f"{line}\n" for line in lines).encode()
    answer: Any = client.post(url("upload"), {"file": SimpleUploadedFile(name, content)} | more)
    return answer


def brought(client: Client, *lines: str, **more: Any) -> ImportRun:
    answer = bring(client, *lines, **more)
    assert answer.status_code == 302
    return ImportRun.objects.latest("created_at")


@pytest.fixture
def as_alice(house: House, logged_in: type[Client]) -> Client:
    return logged_in(house.alice)


class TestWhoMay:
    def test_whoever_may_import_nothing_finds_nothing(self, house: House, logged_in: type[Client]) -> None:
        counter = factories.make_person("carl@acme.example", {house.organization: ["Counter"]})
        for person in (house.vera, counter):
            client = logged_in(person)
            assert client.get(LIST).status_code == 403
            assert bring(client, "sku,title", "POT,Pot").status_code == 404
            assert LIST not in client.get("/admin/").text
        assert not ImportRun.objects.exists()

    def test_others_find_no_page_and_no_act(
        self, house: House, as_alice: Client, logged_in: type[Client]
    ) -> None:
        run = brought(as_alice, "sku,warehouse,quantity", "MUG-RED,South,3", "NONE,South,3")
        assert run.state == ImportState.READY
        for person in (house.bob, house.charlie):
            client = logged_in(person)
            assert str(run.pk) not in client.get(LIST).text
            for what in ("change", "problems", "undo"):
                assert client.get(url(what, run)).status_code == 404
            for what in ("columns", "start", "undo", "discard"):
                assert client.post(url(what, run)).status_code == 404
        run.refresh_from_db()
        assert run.state == ImportState.READY

    def test_a_get_changes_nothing(self, house: House, as_alice: Client) -> None:
        run = brought(as_alice, "sku,title", "POT,Pot")
        for what in ("start", "discard", "columns", "undo"):
            as_alice.get(url(what, run))
        run.refresh_from_db()
        assert run.state == ImportState.READY

    def test_two_organizations_that_share_a_code(self, house: House, logged_in: type[Client]) -> None:
        factories.make_sku(house.other, "MUG-RED", title="Theirs")
        run = brought(logged_in(house.charlie), "sku,title", "MUG-RED,Ours")
        assert [row.changes for row in run.rows.all()] == [[["title", "Theirs", "Ours"]]]
        logged_in(house.charlie).post(url("start", run))
        assert Sku.objects.get(organization=house.organization, code="MUG-RED").title == "Red mug"


class TestBringing:
    def test_a_small_file_is_checked_at_once(self, house: House, as_alice: Client) -> None:
        run = brought(as_alice, "sku,title", "POT,Pot", "MUG-RED,Large mug", "PAN,")
        page = as_alice.get(url("change", run)).text
        assert "Import 2 good rows" in page
        assert "Download 1 row with errors" in page
        assert "<del>Red mug</del>" in page
        assert "title: PAN is new and needs a title" in page

    def test_what_is_wrong_is_said_at_the_field(self, house: House, as_alice: Client) -> None:
        answer = as_alice.post(url("upload"), {})
        assert answer.status_code == 422
        assert "Choose a file first." in answer.text
        assert bring(as_alice).status_code == 422

    def test_a_hostile_name_and_hostile_cells_are_text(self, house: House, as_alice: Client) -> None:
        run = brought(as_alice, "sku,title", f"POT,{EVIL}", f"{EVIL},", name=f"{EVIL}.csv")
        for address in (url("change", run), LIST):
            assert EVIL not in as_alice.get(address).text
        assert "alert(1)" in as_alice.get(url("change", run)).text


class TestColumns:
    def test_columns_are_chosen_by_hand(self, house: House, as_alice: Client) -> None:
        run = brought(as_alice, "Nr,Was,Wert", "POT,Pot,2.50")
        assert run.state == ImportState.MAPPING
        page = as_alice.get(url("change", run)).text
        assert "The columns do not say what this file is about" in page
        offered = as_alice.post(url("columns", run), {"kind": "catalogue", "of": "", "other_kind": "1"})
        assert "Unit cost (unit_cost)" in offered.text
        given = {
            "kind": "catalogue",
            "of": "catalogue",
            "column_0": "sku",
            "column_1": "",
            "column_2": "unit_cost",
        }
        wrong = as_alice.post(url("columns", run), given | {"column_0": "", "column_1": "unit_cost"})
        assert wrong.status_code == 422
        assert "“Was” is that already: choose one of the two." in wrong.text
        assert as_alice.post(url("columns", run), given | {"column_1": "title"}).status_code == 302
        run.refresh_from_db()
        assert (run.state, run.new_count) == (ImportState.READY, 1)

    def test_a_warehouse_for_rows_that_name_none(
        self, house: House, as_alice: Client, logged_in: type[Client]
    ) -> None:
        run = brought(as_alice, "sku,quantity", "MUG-RED,3")
        given = {"kind": "stock", "of": "stock", "column_0": "sku", "column_1": "quantity"}
        as_alice.post(url("columns", run), given | {"warehouse": str(house.south.pk)})
        assert run.rows.get().problems == [
            ["reason_code", "is missing: name one, or choose one for all rows"]
        ]
        reason = factories.reason(house.organization, "FOUND").pk
        as_alice.post(
            url("columns", run), given | {"warehouse": str(house.south.pk), "reason_code": str(reason)}
        )
        assert run.rows.get().problems == [
            ["reason_code", "found adds stock; a difference of -4 does not fit it"]
        ]
        reason = factories.reason(house.organization).pk
        as_alice.post(
            url("columns", run), given | {"warehouse": str(house.south.pk), "reason_code": str(reason)}
        )
        assert run.rows.get().changes == [["quantity", "7", "3"]]
        mine = brought(logged_in(house.bob), "sku,quantity", "MUG-RED,3")
        answer = logged_in(house.bob).post(url("columns", mine), given | {"warehouse": str(house.south.pk)})
        assert answer.status_code == 422

    def test_another_kind_than_one_may_is_refused(self, house: House, logged_in: type[Client]) -> None:
        client = logged_in(house.bob)
        run = brought(client, "sku,quantity", "MUG-RED,3")
        given = {"kind": "catalogue", "of": "catalogue", "column_0": "sku", "column_1": "title"}
        assert client.post(url("columns", run), given).status_code == 422


class TestDeciding:
    def test_imported_and_undone(self, house: House, as_alice: Client) -> None:
        run = brought(as_alice, "sku,warehouse,quantity", "MUG-RED,North,3")
        as_alice.post(url("start", run))
        assert StockLevel.objects.get(sku=house.sku, warehouse=house.north).on_hand == 3
        page = as_alice.get(url("change", run)).text
        assert "Undo import" in page
        document = Adjustment.objects.get(reference=run.public_id)
        assert reverse("admin:inventory_adjustment_change", args=[document.pk]) in page
        assert (
            url("change", run)
            in as_alice.get(reverse("admin:inventory_adjustment_change", args=[document.pk])).text
        )
        assert "Take back what the 1 imported rows have done?" in as_alice.get(url("undo", run)).text
        as_alice.post(url("undo", run))
        assert StockLevel.objects.get(sku=house.sku, warehouse=house.north).on_hand == 20

    def test_nothing_until_all_are_right(self, house: House, as_alice: Client) -> None:
        run = brought(as_alice, "sku,title", "POT,Pot", "PAN,")
        answer = as_alice.post(url("start", run), {"strict": "on"})
        assert answer.status_code == 422
        assert "1 rows have errors, so nothing is imported." in answer.text
        assert not Sku.objects.filter(code="POT").exists()

    def test_a_second_press_imports_nothing_twice(self, house: House, as_alice: Client) -> None:
        run = brought(as_alice, "sku,warehouse,quantity_change,reason_code", "MUG-RED,North,3,RETURN")
        as_alice.post(url("start", run))
        again = as_alice.post(url("start", run))
        assert again.status_code == 422
        assert StockLevel.objects.get(sku=house.sku, warehouse=house.north).on_hand == 23

    def test_import_nothing(self, house: House, as_alice: Client) -> None:
        run = brought(as_alice, "sku,title", "POT,Pot")
        as_alice.post(url("discard", run))
        run.refresh_from_db()
        assert (run.state, run.rows.count()) == (ImportState.DISCARDED, 0)
        assert as_alice.post(url("start", run)).status_code == 422

    def test_errors_are_downloaded(self, house: House, as_alice: Client) -> None:
        run = brought(as_alice, "sku,title", "POT,Pot", "=PAN,")
        answer: Any = as_alice.get(url("problems", run))
        assert b"".join(answer.streaming_content).decode("utf-8-sig").splitlines() == [
            "sku,title,problem",
            "'=PAN,,title: =PAN is new and needs a title",
        ]
        assert answer["Content-Disposition"] == 'attachment; filename="goods.problems.csv"'
        answer.close()

    def test_a_long_one_is_the_workers_and_tells_when_it_is_done(
        self, house: House, as_alice: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("inventory.admin.imports._SMALL_FILE", 10)
        run = brought(as_alice, "sku,title", "POT,Pot")
        assert run.state == ImportState.READING
        page = as_alice.get(url("change", run)).text
        assert 'data-refresh="2"' in page
        while engine.work(seconds=10):
            pass
        notice = Notice.objects.get(user=house.alice, kind="import")
        assert (notice.title, notice.path) == ("goods.csv is checked", url("change", run))


class TestPages:
    def test_queries_are_the_same_for_one_row_and_for_fifty(
        self, house: House, as_alice: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        few = brought(as_alice, "sku,title", "MUG-RED,Mug 0")
        many = brought(as_alice, "sku,title", *[f"POT-{n},Pot {n}" for n in range(60)])
        as_alice.get(url("change", few))
        counted = []
        for run in (few, many):
            with django_assert_num_queries(100, exact=False) as captured:
                as_alice.get(url("change", run))
            counted.append(len(captured))
        assert counted == [14, 14]

    def test_the_list_asks_the_same_for_one_and_for_three(
        self, house: House, as_alice: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        counted = []
        for number in (1, 2, 3):
            brought(as_alice, "sku,title", f"POT-{number},Pot")
            with django_assert_num_queries(100, exact=False) as captured:
                as_alice.get(LIST)
            counted.append(len(captured))
        assert counted[0] == counted[2]

    def test_rows_are_paged_and_filtered_by_their_place(self, house: House, as_alice: Client) -> None:
        run = brought(as_alice, "sku,title", *[f"POT-{n:03},{'' if n % 2 else 'Pot'}" for n in range(120)])
        page = as_alice.get(url("change", run)).context
        assert [row["line"] for row in page["rows"]] == list(range(2, 52))
        assert (page["earlier"], page["later"]) == (None, "?after=50")
        wrong = as_alice.get(url("change", run) + "?show=wrong").context
        assert [row["line"] for row in wrong["rows"]] == list(range(3, 103, 2))
        last = as_alice.get(url("change", run) + wrong["later"]).context
        assert [row["line"] for row in last["rows"]] == list(range(103, 122, 2))
        first = as_alice.get(url("change", run) + last["earlier"]).context
        assert [row["line"] for row in first["rows"]] == list(range(3, 103, 2))
        for query in (
            "?show=none",
            "?after=x",
            "?before=%00",
            "?after=99999999999999",
            "?show=wrong&before=1",
        ):
            assert as_alice.get(url("change", run) + query).status_code == 200
