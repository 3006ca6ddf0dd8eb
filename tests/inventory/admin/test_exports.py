"""Lists as files: what is on the page and nothing else, for those who may see it, the large ones in the background."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from inventory import exports
from inventory.exports import asking, writing
from inventory.models import Export, ExportPart, ExportState
from tests import factories
from tests.inventory.admin.conftest import House
from tests.inventory.admin.test_lists import fill
from warehouses.models import Notice

pytestmark = pytest.mark.django_db

LISTS = (
    "inventory_category",
    "inventory_product",
    "inventory_sku",
    "inventory_lot",
    "inventory_reasoncode",
    "inventory_stocklevel",
    "inventory_stockitem",
    "inventory_movement",
    "inventory_adjustment",
)


def take(client: Client, page: str, query: str = "", **form: Any) -> Any:
    return client.post(reverse("admin:export"), {"page": page, "query": query, "format": "csv"} | form)


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def cells_of(content: bytes) -> list[list[Any]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_list_is_a_file_with_the_columns_of_the_page(house: House, logged_in: type[Client]) -> None:
    rows = rows_of(take(logged_in(house.alice), "inventory_stocklevel"))
    assert rows == [
        {
            "sku": "MUG-RED", "title": "Red mug", "warehouse": name, "on_hand": units, "reserved": "0", "held": "0",
            "available": units, "reorder_point": "0", "state": "Normal",
        }
        for name, units in (("North", "20"), ("South", "7"))
    ]  # fmt: skip


def test_file_has_the_filters_the_search_and_the_order_of_the_page(
    house: House, logged_in: type[Client]
) -> None:
    plate = factories.make_sku(house.organization, "PLATE", title="Plate")
    factories.stock(plate, house.north, 90)
    alice = logged_in(house.alice)

    def codes(query: str) -> list[tuple[str, str]]:
        return [(row["sku"], row["on_hand"]) for row in rows_of(take(alice, "inventory_stocklevel", query))]

    assert codes("") == [("MUG-RED", "20"), ("MUG-RED", "7"), ("PLATE", "90")]
    assert codes("q=plate") == [("PLATE", "90")]
    assert codes("q=4006381333931") == [("MUG-RED", "20"), ("MUG-RED", "7")]
    assert codes(f"warehouse__id__exact={house.south.pk}") == [("MUG-RED", "7")]
    assert codes("o=-3") == [("PLATE", "90"), ("MUG-RED", "20"), ("MUG-RED", "7")]
    # Which page of the list one looks at makes no difference: all of them are meant.
    assert len(codes("p=3")) == 3


def test_file_is_in_the_order_of_the_page_however_many_batches_it_takes(
    house: House, logged_in: type[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouses.admin.list_exports._BATCH", 2)
    for number in range(7):
        factories.make_sku(house.organization, f"SKU-{number}", title=f"Title {9 - number}")
    rows = rows_of(take(logged_in(house.alice), "inventory_sku", "o=2"))
    assert [row["title"] for row in rows] == ["Red mug", *(f"Title {number}" for number in range(3, 10))]


def test_all_columns_add_what_the_page_does_not_show(house: House, logged_in: type[Client]) -> None:
    alice = logged_in(house.alice)
    (seen,) = rows_of(take(alice, "inventory_sku"))
    (whole,) = rows_of(take(alice, "inventory_sku", columns="all"))
    assert "barcodes" not in seen
    assert whole["barcodes"] == "4006381333931"
    assert whole["product"] == "Red mug"
    assert seen.items() <= whole.items()


def test_columns_are_those_that_the_person_has_chosen(house: House, logged_in: type[Client]) -> None:
    alice = logged_in(house.alice)
    chosen = {"do": "columns", "columns": ["on_hand"], "back": ""}
    assert alice.post(reverse("admin:inventory_stocklevel_changelist_views"), chosen).status_code == 302
    assert [list(row) for row in rows_of(take(alice, "inventory_stocklevel"))] == [["sku", "on_hand"]] * 2
    (whole, _) = rows_of(take(alice, "inventory_stocklevel", columns="all"))
    assert "reorder_point" in whole
    assert "title" in rows_of(take(logged_in(house.vera), "inventory_stocklevel"))[0]


def test_numbers_stay_numbers_and_formulas_are_text(house: House, logged_in: type[Client]) -> None:
    evil = '=HYPERLINK("http://evil.example","x")'
    factories.make_sku(house.organization, "+1+1", title=evil, unit_cost="1234.5")
    factories.make_sku(house.organization, "-7", title="@SUM(A1)", unit_cost="0.25")
    alice = logged_in(house.alice)
    rows = {row["sku"]: row for row in rows_of(take(alice, "inventory_sku"))}
    assert rows["'+1+1"]["title"] == f"'{evil}"
    assert rows["'+1+1"]["unit_cost"] == "1234.5000"
    assert rows["'-7"]["title"] == "'@SUM(A1)"
    answer = take(alice, "inventory_sku", format="xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = book.worksheets[0]
    found = {row[0].value: row for row in sheet.iter_rows(min_row=2)}
    # A text is a text in the file itself, and stays one when somebody edits the cell.
    assert [(cell.value, cell.data_type, cell.quotePrefix) for cell in found["+1+1"][:2]] == [
        ("+1+1", "s", True),
        (evil, "s", True),
    ]
    cost = next(cell for cell in found["+1+1"] if cell.value == 1234.5)
    assert cost.data_type == "n"


def test_signed_changes_are_numbers_and_codes_keep_their_zeros(house: House, logged_in: type[Client]) -> None:
    sku = factories.make_sku(house.organization, "0012", title="Washer")
    factories.stock(sku, house.north, 1500)
    factories.stock(sku, house.north, -300)
    answer = take(logged_in(house.alice), "inventory_movement", "q=0012", format="xlsx")
    head, last, first = cells_of(answer.content)
    change = head.index("quantity_change")
    assert [row[change] for row in (first, last)] == [1500, -300]
    assert [row[head.index("sku")] for row in (first, last)] == ["0012", "0012"]
    rows = rows_of(take(logged_in(house.alice), "inventory_movement", "q=0012"))
    assert [row["quantity_change"] for row in rows] == ["-300", "1500"]


def test_instants_are_told_in_the_organizations_time_zone(house: House, logged_in: type[Client]) -> None:
    house.organization.time_zone = "Asia/Kathmandu"
    house.organization.save()
    rows = rows_of(take(logged_in(house.alice), "inventory_movement"))
    assert {row["recorded_at"][-6:] for row in rows} == {"+05:45"}


def test_list_of_expired_goods_is_a_file_of_its_own(house: House, logged_in: type[Client]) -> None:
    lot = factories.make_lot(house.sku, "OLD", house.organization.today() - timedelta(days=3))
    factories.stock(house.sku, house.north, 4, lot=lot)
    factories.stock(house.sku, house.south, 6, lot=lot)
    page = "inventory_stockitem_expired"
    rows = rows_of(take(logged_in(house.alice), page))
    assert [(row["lot"], row["warehouse"], row["on_hand"]) for row in rows] == [
        ("OLD", "North", "4"),
        ("OLD", "South", "6"),
    ]
    assert [row["warehouse"] for row in rows_of(take(logged_in(house.bob), page))] == ["North"]
    assert rows_of(take(logged_in(house.charlie), page)) == []


@pytest.mark.parametrize("page", LISTS)
def test_file_costs_the_same_for_one_and_three_rows(
    house: House, logged_in: type[Client], page: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alice = logged_in(house.alice)
    fill(house, 1)
    with django_assert_num_queries(QUERIES[page] + IS_POSTGRESQL):
        assert len(rows_of(take(alice, page, columns="all"))) >= 1
    for number in range(1, 3):
        category = factories.make_category(house.organization, f"More {number}")
        product = factories.make_product(house.organization, f"More {number}", category)
        sku = factories.make_sku(
            house.organization, f"MORE-{number}", product=product, barcodes=[f"77{number}"]
        )
        factories.stock(sku, house.north, 5, lot=factories.make_lot(sku, f"M{number}"))
    with django_assert_num_queries(QUERIES[page] + IS_POSTGRESQL):
        assert len(rows_of(take(alice, page, columns="all"))) >= 3


#: The time that a statement may take is set for the keys.
IS_POSTGRESQL = connection.vendor == "postgresql"
#: Session, user, organizations, access, reservations that ran out, the person, their columns, the list's filters, how
#: many rows, their keys in a transaction, and one batch.
QUERIES = {
    "inventory_category": 17,
    "inventory_product": 18,
    "inventory_sku": 18,
    "inventory_lot": 17,
    "inventory_reasoncode": 17,
    "inventory_stocklevel": 18,
    "inventory_stockitem": 18,
    "inventory_movement": 22,
    "inventory_adjustment": 18,
}


class TestWhoMay:
    @pytest.mark.parametrize("page", LISTS)
    def test_nothing_of_another_organization_is_in_a_file(
        self, house: House, logged_in: type[Client], page: str
    ) -> None:
        """Both have the same codes; what the other calls things would tell."""
        category = factories.make_category(house.other, "FOREIGN")
        product = factories.make_product(house.other, "FOREIGN", category)
        twin = factories.make_sku(
            house.other, "MUG-RED", title="FOREIGN", product=product, barcodes=["FOREIGN"]
        )
        factories.stock(
            twin, house.other.default_warehouse, 4321, lot=factories.make_lot(twin, "FOREIGN"), note="FOREIGN"
        )
        fill(house, 1)
        for query in ("", "q=MUG-RED", "q=FOREIGN"):
            text = take(logged_in(house.alice), page, query, columns="all").content.decode()
            assert "FOREIGN" not in text
            assert "4321" not in text

    @pytest.mark.parametrize("page", ["inventory_stocklevel", "inventory_stockitem", "inventory_movement"])
    def test_whoever_sees_one_warehouse_takes_that_one_out(
        self, house: House, logged_in: type[Client], page: str
    ) -> None:
        bob = logged_in(house.bob)
        for query in ("", f"warehouse__id__exact={house.south.pk}"):
            answer = take(bob, page, query, columns="all")
            if answer.status_code == 200:
                assert "South" not in answer.content.decode()
        assert "North" in take(bob, page).content.decode()

    def test_whoever_may_not_see_a_list_gets_no_file(self, house: House, logged_in: type[Client]) -> None:
        counter = factories.make_person("c@acme.example", {house.organization: ["Counter"]})
        answer = take(logged_in(counter), "inventory_movement")
        assert answer.status_code == 302
        assert not Export.objects.exists()
        assert take(logged_in(house.vera), "warehouses_apikey").status_code == 302

    def test_secrets_are_in_no_file(self, house: House, logged_in: type[Client]) -> None:
        factories.make_key(house.organization, name="Till")
        owner = factories.make_person("owner@acme.example", {house.organization: ["Owner"]})
        (row,) = rows_of(take(logged_in(owner), "warehouses_apikey", columns="all"))
        assert row["name"] == "Till"
        assert not {"digest", "secret", "key"} & set(row)
        people = take(logged_in(owner), "warehouses_membership", columns="all").content.decode()
        assert "owner@acme.example" in people
        assert "pbkdf2" not in people
        assert "argon2" not in people

    @pytest.mark.parametrize("page", ["nothing", "inventory_barcode", "", "auth_user", "../x"])
    def test_what_is_no_list_is_not_there(self, house: House, logged_in: type[Client], page: str) -> None:
        assert take(logged_in(house.alice), page).status_code == 404

    def test_it_is_posted(self, house: House, logged_in: type[Client]) -> None:
        assert logged_in(house.alice).get(reverse("admin:export")).status_code == 405
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(house.alice, backend="django.contrib.auth.backends.ModelBackend")
        assert take(strict, "inventory_sku").status_code == 403

    def test_nobody_logged_in_is_asked_to(self, house: House, client: Client) -> None:
        assert take(client, "inventory_sku")["Location"].startswith("/admin/login/")

    @pytest.mark.parametrize(
        "query",
        ["warehouse__id__exact=x", "e=1", "password=1", "%00=%00", "sku__organization__name=Rival", "o=9.9"],
    )
    def test_odd_queries_are_answered(self, house: House, logged_in: type[Client], query: str) -> None:
        assert take(logged_in(house.alice), "inventory_stocklevel", query).status_code in {200, 302}


@pytest.fixture
def _everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 1)


def due(client: Client, page: str = "inventory_stocklevel", **form: Any) -> Export:
    answer = take(client, page, **form)
    assert answer.status_code == 302
    assert answer["Location"] == reverse("admin:exports")
    return Export.objects.latest("created_at")


def file_of(client: Client, export: Export) -> Any:
    return client.get(reverse("admin:export_file", args=[export.public_id]))


@pytest.mark.usefixtures("_everything_is_large")
class TestInTheBackground:
    def test_large_file_is_written_later_and_told_of(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        export = due(alice, query="q=mug", format="xlsx")
        assert (export.state, export.user, export.organization) == (
            ExportState.QUEUED,
            house.alice,
            house.organization,
        )
        assert "Waiting" in alice.get(reverse("admin:exports")).content.decode()
        assert file_of(alice, export).status_code == 404
        assert exports.work(seconds=5) is False
        export.refresh_from_db()
        assert (export.state, export.row_count, export.rows_done, export.lease) == (
            ExportState.READY,
            2,
            2,
            None,
        )
        answer = file_of(alice, export)
        content = b"".join(answer.streaming_content)
        assert [row[3] for row in cells_of(content)] == ["on_hand", 20, 7]
        assert answer["Content-Length"] == str(len(content)) == str(export.size)
        assert answer["Content-Disposition"].startswith('attachment; filename="stock-levels-')
        (notice,) = Notice.objects.filter(user=house.alice)
        assert (notice.title, notice.path) == ("Stock levels: your export is ready", reverse("admin:exports"))

    def test_file_of_several_pieces_is_put_together(
        self, house: House, logged_in: type[Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        alice = logged_in(house.alice)
        small = take(alice, "inventory_reasoncode", format="csv")
        assert small.status_code == 302
        monkeypatch.setattr("inventory.exports.content._PIECE", 64)
        exports.work(seconds=5)
        export = Export.objects.get()
        assert ExportPart.objects.filter(export=export).count() > 3
        content = b"".join(file_of(alice, export).streaming_content)
        monkeypatch.setattr(exports, "AT_ONCE", 5000)
        assert content == take(alice, "inventory_reasoncode", format="csv").content

    def test_it_is_only_theirs_who_asked(self, house: House, logged_in: type[Client]) -> None:
        alice, vera, charlie = (logged_in(each) for each in (house.alice, house.vera, house.charlie))
        export = due(alice)
        exports.work(seconds=5)
        for other in (vera, charlie):
            assert file_of(other, export).status_code == 404
            assert other.post(reverse("admin:export_delete", args=[export.public_id])).status_code == 404
            assert export.public_id not in other.get(reverse("admin:exports")).content.decode()
        assert Export.objects.count() == 1

    def test_it_stays_in_the_organization_it_was_asked_for_in(
        self, house: House, logged_in: type[Client]
    ) -> None:
        alice = logged_in(house.alice)
        export = due(alice)
        exports.work(seconds=5)
        Export.objects.update(organization=house.other)
        assert file_of(alice, export).status_code == 404

    def test_rights_are_those_of_the_moment_of_writing(self, house: House, logged_in: type[Client]) -> None:
        export = due(logged_in(house.alice))
        house.alice.memberships.get().role_assignments.all().delete()
        exports.work(seconds=5)
        export.refresh_from_db()
        assert (export.state, export.problem) == (ExportState.FAILED, "You may not see this list.")
        assert not ExportPart.objects.exists()

    def test_whoever_has_left_gets_nothing(self, house: House, logged_in: type[Client]) -> None:
        export = due(logged_in(house.alice))
        house.alice.memberships.all().delete()
        exports.work(seconds=5)
        export.refresh_from_db()
        assert export.state == ExportState.FAILED
        assert not ExportPart.objects.exists()

    def test_one_that_was_left_is_begun_again_until_it_is_given_up(
        self, house: House, logged_in: type[Client]
    ) -> None:
        export = due(logged_in(house.alice))
        gone = timezone.now() - timedelta(seconds=1)
        Export.objects.update(state=ExportState.RUNNING, tries=1, lease=export.pk, lease_until=gone)
        exports.work(seconds=5)
        export.refresh_from_db()
        assert (export.state, export.tries) == (ExportState.READY, 2)
        Export.objects.update(state=ExportState.RUNNING, tries=3, lease=export.pk, lease_until=gone)
        exports.work(seconds=5)
        export.refresh_from_db()
        assert export.state == ExportState.FAILED

    def test_one_that_somebody_works_on_is_left_to_them(self, house: House, logged_in: type[Client]) -> None:
        export = due(logged_in(house.alice))
        soon = timezone.now() + timedelta(minutes=1)
        Export.objects.update(state=ExportState.RUNNING, tries=1, lease=export.pk, lease_until=soon)
        exports.work(seconds=5)
        export.refresh_from_db()
        assert (export.state, export.tries) == (ExportState.RUNNING, 1)

    def test_one_is_written_at_a_time(self, house: House, logged_in: type[Client]) -> None:
        first, second = due(logged_in(house.alice)), due(logged_in(house.vera))
        soon = timezone.now() + timedelta(minutes=1)
        Export.objects.filter(pk=first.pk).update(
            state=ExportState.RUNNING, tries=1, lease=first.pk, lease_until=soon
        )
        exports.work(seconds=5)
        second.refresh_from_db()
        assert second.state == ExportState.QUEUED
        Export.objects.filter(pk=first.pk).delete()
        exports.work(seconds=5)
        second.refresh_from_db()
        assert second.state == ExportState.READY

    def test_one_that_was_deleted_meanwhile_leaves_nothing(
        self, house: House, logged_in: type[Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        due(logged_in(house.alice))

        def write(*given: Any, **named: Any) -> int:
            Export.objects.all().delete()
            return writing.write(*given, **named)

        monkeypatch.setattr("inventory.exports.queue.write", write)
        exports.work(seconds=5)
        assert not Export.objects.exists()
        assert not ExportPart.objects.exists()
        assert not Notice.objects.exists()

    def test_so_many_at_once_and_no_more(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        for _ in range(exports.MOST_OPEN):
            due(alice)
        take(alice, "inventory_stocklevel")
        assert Export.objects.count() == exports.MOST_OPEN
        due(logged_in(house.vera))  # others have their own

    def test_it_is_deleted_by_hand_and_after_seven_days(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        export = due(alice)
        exports.work(seconds=5)
        alice.post(reverse("admin:export_delete", args=[export.public_id]))
        assert not Export.objects.exists()
        assert not ExportPart.objects.exists()
        export = due(alice)
        exports.work(seconds=5)
        now = timezone.now()
        assert exports.purge(now) == 0
        Export.objects.update(created_at=now - asking.KEPT)
        assert file_of(alice, export).status_code == 404
        assert exports.purge(now) == 1
        assert not ExportPart.objects.exists()

    def test_page_costs_the_same_for_one_and_three(
        self, house: House, logged_in: type[Client], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        alice = logged_in(house.alice)
        due(alice)
        exports.work(seconds=5)
        with django_assert_num_queries(PAGE_QUERIES):
            alice.get(reverse("admin:exports"))
        for _ in range(2):
            due(alice)
        exports.work(seconds=5)
        with django_assert_num_queries(PAGE_QUERIES):
            alice.get(reverse("admin:exports"))


#: Session, user, organizations, access, one's exports, and what stands around every page.
PAGE_QUERIES = 11
