"""The stock explorer: whose stock it shows, what its filters leave, its views and columns."""

from __future__ import annotations

from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from inventory.admin.explorer import export_table
from inventory.explorer import Filters
from inventory.explorer.counts import count_up_to
from inventory.models import Sku, StockLevel
from tests import factories
from tests.inventory.admin.conftest import House
from warehouses.access import access_of_user
from warehouses.models import PagePreference, SavedView, User, Warehouse
from warehouses.refusals import Forbidden

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/stock/"
# Session, user, organizations, access (membership and its five sources of rights), reservations that have run out;
# preferences, views, channels, warehouses, categories, six counts; the page, its SKUs, their levels, their terms;
# and what is around every page.
QUERIES = 26


def shown(client: Client, query: str = "view=all") -> dict[str, dict[str, str]]:
    """SKU code → column → words, of the page."""
    response = client.get(f"{ADDRESS}?{query}")
    assert response.status_code == 200
    return {
        row.row.sku.code: {cell.column.name: str(cell.words) for cell in row.cells}
        for row in response.context["rows"]
    }


def codes(client: Client, query: str) -> list[str]:
    return list(shown(client, query))


def figures(client: Client, query: str, code: str) -> list[str]:
    found = shown(client, query)[code]
    return [found[name] for name in ("on_hand", "reserved", "held", "available", "atp")]


def make(house: House, code: str, *, north: int = 0, south: int = 0, **fields: Any) -> Sku:
    sku = factories.make_sku(house.organization, code, **fields)
    for warehouse, quantity in ((house.north, north), (house.south, south)):
        if quantity:
            factories.stock(sku, warehouse, quantity)
    return sku


@pytest.fixture
def three(house: House) -> tuple[User, Warehouse]:
    """Somebody who sees two of three warehouses, and the third."""
    east = factories.make_warehouse(house.organization, "East")
    person = factories.make_person(
        "dora@acme.example",
        {
            house.organization: [
                ("Warehouse manager", house.north),
                ("Warehouse manager", house.south),
            ]
        },
    )
    return person, east


def test_figures_are_those_of_all_warehouses(house: House, logged_in: type[Client]) -> None:
    factories.reserve(house.sku, house.north, 4)
    factories.hold(house.sku, house.south, 2)
    assert figures(logged_in(house.alice), "view=all", "MUG-RED") == ["27", "4", "2", "21", "21"]


def test_one_warehouse_has_figures_of_its_own(house: House, logged_in: type[Client]) -> None:
    factories.reserve(house.sku, house.north, 4)
    alice = logged_in(house.alice)
    assert figures(alice, f"warehouse={house.south.public_id}", "MUG-RED") == ["7", "0", "0", "7", "7"]
    assert figures(alice, f"warehouse={house.north.public_id}", "MUG-RED") == ["20", "4", "0", "16", "16"]


def test_who_sees_one_warehouse_sees_its_figures_alone(house: House, logged_in: type[Client]) -> None:
    bob = logged_in(house.bob)
    make(house, "SOUTH-ONLY", south=3)
    assert codes(bob, "view=all") == ["MUG-RED"]
    assert figures(bob, "view=all", "MUG-RED") == ["20", "0", "0", "20", "20"]
    assert codes(bob, f"warehouse={house.south.public_id}") == []
    page = bob.get(f"{ADDRESS}?columns=warehouses").content.decode()
    assert "South" not in page


def test_who_sees_some_warehouses_has_their_sums(
    house: House, logged_in: type[Client], three: tuple[User, Warehouse]
) -> None:
    person, east = three
    factories.stock(house.sku, east, 500)
    make(house, "EAST-ONLY")
    factories.stock(Sku.objects.get(code="EAST-ONLY"), east, 9)
    dora = logged_in(person)
    assert codes(dora, "view=all") == ["MUG-RED"]
    assert figures(dora, "view=all", "MUG-RED") == ["27", "0", "0", "27", "27"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=out_of_stock", ["GONE-HERE"]),
        ("status=critical", ["CRIT"]),
        ("status=low&status=critical", ["CRIT", "LOW-HERE"]),
        ("status=normal", ["MUG-RED"]),
        ("status=normal&status=low", ["LOW-HERE", "MUG-RED"]),
        ("status=normal&status=low&status=critical&status=out_of_stock", None),
        ("oversold=yes", ["GONE-HERE"]),
        ("stock=no", []),
        ("held=yes", ["MUG-RED"]),
    ],
)
def test_filters_of_who_sees_some_know_nothing_of_the_others(
    house: House,
    logged_in: type[Client],
    three: tuple[User, Warehouse],
    query: str,
    found: list[str] | None,
) -> None:
    """Each SKU is different over all warehouses, so that a filter which knows of all would tell."""
    person, east = three
    rules = {"safety_stock": 2, "reorder_point": 5}
    make(house, "LOW-HERE", north=6, south=3, **rules)
    make(house, "CRIT", north=2, south=1, **rules)
    factories.stock(make(house, "GONE-HERE", north=3), east, 900)
    factories.pretend_reserved(Sku.objects.get(code="GONE-HERE"), house.north, 4)
    for code in ("LOW-HERE", "CRIT"):
        factories.stock(Sku.objects.get(code=code), east, 900)
    factories.hold(house.sku, house.south, 1)
    factories.hold(Sku.objects.get(code="CRIT"), east, 1)
    everything = ["CRIT", "GONE-HERE", "LOW-HERE", "MUG-RED"]
    assert codes(logged_in(person), query) == (everything if found is None else found)


def test_who_sees_some_is_offered_no_order_that_tells_of_others(
    house: House, logged_in: type[Client], three: tuple[User, Warehouse]
) -> None:
    person, east = three
    factories.stock(make(house, "AAA", north=1), east, 900)
    factories.stock(make(house, "ZZZ", north=30), east, 0 + 1)
    dora = logged_in(person)
    assert codes(dora, "sort=-available") == ["AAA", "MUG-RED", "ZZZ"]
    response = dora.get(f"{ADDRESS}?view=all")
    assert [head.address for head in response.context["heads"]] == [""] * 6
    assert codes(dora, f"sort=-available&warehouse={house.north.public_id}") == ["ZZZ", "MUG-RED", "AAA"]


def test_another_organization_with_the_same_codes_is_nowhere(house: House, logged_in: type[Client]) -> None:
    twin = factories.make_sku(house.other, "MUG-RED", title="Their red mug", barcodes=["4006381333931"])
    factories.stock(twin, house.other.default_warehouse, 333)
    alice, charlie = logged_in(house.alice), logged_in(house.charlie)
    assert figures(alice, "q=mug-red", "MUG-RED")[0] == "27"
    assert figures(charlie, "q=mug-red", "MUG-RED")[0] == "333"
    # A barcode means a SKU in each organization.
    assert figures(alice, "q=4006381333931", "MUG-RED")[0] == "27"
    assert figures(charlie, "q=4006381333931", "MUG-RED")[0] == "333"
    for foreign in (
        f"warehouse={house.other.default_warehouse.public_id}",
        f"category={factories.make_category(house.other).public_id}",
    ):
        assert codes(alice, foreign) == []
    assert "333" not in alice.get(f"{ADDRESS}?q=Their").content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=mug", ["MUG-RED"]),
        ("q=MUG-", ["MUG-RED"]),
        ("q=4006381333931", ["MUG-RED"]),
        ("q=red+mu", ["MUG-RED"]),
        ("q=plate", ["BIG", "SMALL"]),
        ("q=plate+small", ["SMALL"]),
        ("q=nothing+like+it", []),
        ("q=o'clock+%5C+%25", []),
        ("lots=yes", ["SMALL"]),
        ("lots=no", ["BIG", "GONE", "MUG-RED"]),
        ("stock=no", ["GONE"]),
        ("stock=yes", ["BIG", "MUG-RED", "SMALL"]),
        ("status=out_of_stock", ["GONE"]),
        ("status=low&status=out_of_stock", ["BIG", "GONE"]),
        ("status=nonsense", ["BIG", "GONE", "MUG-RED", "SMALL"]),
        ("held=yes", ["BIG"]),
        ("oversold=yes", ["GONE"]),
        ("sort=-code", ["SMALL", "MUG-RED", "GONE", "BIG"]),
        ("sort=available", ["GONE", "SMALL", "BIG", "MUG-RED"]),
        ("sort=-on_hand", ["MUG-RED", "BIG", "SMALL", "GONE"]),
        ("sort=status", ["GONE", "BIG", "MUG-RED", "SMALL"]),
        ("status=low&status=critical&sort=-status", ["BIG"]),
        ("warehouse=wh_nonsense", []),
        ("category=nonsense", []),
    ],
)
def test_filters_and_orders(house: House, logged_in: type[Client], query: str, found: list[str]) -> None:
    big = make(house, "BIG", north=10, title="Plate, big", reorder_point=20)
    factories.hold(big, house.north, 1)
    small = factories.make_sku(house.organization, "SMALL", title="Small plate", is_lot_controlled=True)
    factories.stock(small, house.south, 5, lot=factories.make_lot(small))
    gone = make(house, "GONE", north=1, title="Clock")
    factories.stock(gone, house.north, -1)
    factories.pretend_reserved(gone, house.north, 2)
    assert codes(logged_in(house.alice), query) == found


def test_a_word_that_many_titles_have_finds_them_all(
    house: House, logged_in: type[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        make(house, f"T-{number}", north=1, title=f"Tray {number}")
    monkeypatch.setattr("inventory.explorer.narrowing._FEW", 1)
    alice = logged_in(house.alice)
    assert codes(alice, "q=tray") == ["T-0", "T-1", "T-2"]
    assert codes(alice, "q=tray+1") == ["T-1"]


def test_category_is_a_filter_and_a_column(house: House, logged_in: type[Client]) -> None:
    cups = factories.make_category(house.organization, "Cups")
    make(house, "CUP", north=1, product=factories.make_product(house.organization, "Cup", cups))
    found = shown(logged_in(house.alice), f"category={cups.public_id}&columns=category,value,on_hand")
    assert found == {"CUP": {"on_hand": "1", "category": "Cups", "value": ""}}


def test_every_column_is_told(house: House, logged_in: type[Client]) -> None:
    Sku.objects.filter(pk=house.sku.pk).update(unit_cost="1.25")
    names = (
        "status,on_hand,reserved,held,available,atp,warehouses,category,barcode,reorder_point,safety_stock,"
        "incoming,unit_cost,value,last_movement"
    )
    found = shown(logged_in(house.alice), f"columns={names}")["MUG-RED"]
    assert list(found) == names.split(",")
    assert (found["value"], found["unit_cost"], found["barcode"]) == ("33.75", "1.25", "4006381333931")
    assert found["last_movement"]
    page = logged_in(house.alice).get(f"{ADDRESS}?columns=warehouses").content.decode()
    assert "North <b>20</b>" in page
    assert "South <b>7</b>" in page


def test_atp_is_that_of_the_channel(house: House, logged_in: type[Client]) -> None:
    from inventory.models import Channel

    channel = Channel.objects.create(organization=house.organization, code="web", name="Web shop", buffer=3)
    alice = logged_in(house.alice)
    assert shown(alice, f"channel={channel.public_id}")["MUG-RED"]["atp"] == "21"
    assert shown(alice, "channel=nonsense")["MUG-RED"]["atp"] == "27"


def test_the_page_costs_the_same_for_one_and_three_rows(
    house: House, logged_in: type[Client], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alice = logged_in(house.alice)
    with django_assert_num_queries(QUERIES):
        assert codes(alice, "view=all") == ["MUG-RED"]
    for number in range(2):
        make(house, f"MORE-{number}", north=4, south=3)
    with django_assert_num_queries(QUERIES):
        assert len(codes(alice, "view=all")) == 3


def test_chips_count_up_to_a_thousand(
    house: House, logged_in: type[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        make(house, f"LOW-{number}", north=2, reorder_point=5)
    alice = logged_in(house.alice)

    def counts(query: str) -> dict[str, str]:
        return {chip.words: chip.count for chip in alice.get(f"{ADDRESS}?{query}").context["chips"]}

    assert counts("view=all") == {
        "All": "4", "Low": "3", "Critical": "0", "Out of stock": "0", "Held": "0", "Oversold": "0",
    }  # fmt: skip
    assert counts(f"warehouse={house.south.public_id}")["Low"] == "0"
    assert set(counts("q=LOW").values()) == {""}
    monkeypatch.setattr("inventory.explorer.counts.MOST_COUNTED", 2)
    monkeypatch.setattr("inventory.admin.explorer.MOST_COUNTED", 2)
    assert counts("view=all")["Low"] == "2+"
    access = access_of_user(house.alice, house.organization)
    assert access is not None
    assert count_up_to(access=access, filters=Filters()) == 3  # no more is looked at


def test_pages_lead_on_and_back(
    house: House, logged_in: type[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        make(house, f"P-{number:02d}", north=1)
    alice = logged_in(house.alice)
    first = alice.get(f"{ADDRESS}?q=P-&sort=available")
    assert [row.row.sku.code for row in first.context["rows"]] == [f"P-{number:02d}" for number in range(50)]
    assert first.context["previous_url"] == ""
    second = alice.get(first.context["next_url"])
    assert [row.row.sku.code for row in second.context["rows"]] == [
        f"P-{number:02d}" for number in range(50, 60)
    ]
    assert second.context["next_url"] == ""
    back = alice.get(second.context["previous_url"])
    assert back.context["rows"] == first.context["rows"]
    asked = parse_qs(urlsplit(first.context["next_url"]).query)
    assert asked == {"q": ["P-"], "sort": ["available"], "after": ["1:p-49"]}


@pytest.mark.parametrize(
    "query",
    [
        "q=%00", "after=%00", "before=%00&sort=status", "sort=nonsense", "after=x&sort=available",
        "columns=nonsense,%00", "view=%00nonsense", "q=" + "x" * 500, "status=%F0%9F%92%A3", "channel=%00",
        "q=%27%27+%5C%5C+%26+%7C+%21+%3A%2A", "before=%F0%9F%92%A3",
    ],
)  # fmt: skip
def test_nonsense_is_answered(house: House, logged_in: type[Client], query: str) -> None:
    assert logged_in(house.alice).get(f"{ADDRESS}?{query}").status_code == 200


def test_cells_lead_to_the_lists_behind_them(house: House, logged_in: type[Client]) -> None:
    factories.make_sku(house.organization, "OTHER")
    factories.stock(Sku.objects.get(code="OTHER"), house.north, 3)
    factories.reserve(house.sku, house.north, 2)
    factories.hold(house.sku, house.north, 2)
    alice = logged_in(house.alice)
    response = alice.get(f"{ADDRESS}?q=MUG&columns=on_hand,reserved,held,atp,last_movement")
    (row,) = response.context["rows"]
    for cell in row.cells:
        page = alice.get(cell.link)
        assert page.status_code == 200, cell.column.name
        listed = page.context.get("cl") if page.context else None
        if listed is not None:
            assert listed.result_count > 0
            assert {str(found.sku) for found in listed.result_list} == {"MUG-RED"}
    assert alice.get(row.link).status_code == 200
    assert f'href="{row.link}"' in unescape(response.content.decode())


def test_correct_is_offered_where_it_may_be_done(house: House, logged_in: type[Client]) -> None:
    only = make(house, "ONLY", north=1)
    level = StockLevel.objects.get(sku=only)

    def offered(user: User) -> dict[str, str]:
        rows = logged_in(user).get(f"{ADDRESS}?view=all").context["rows"]
        return {row.row.sku.code: row.correct for row in rows}

    assert offered(house.alice) == {
        "MUG-RED": reverse("admin:inventory_sku_correct", args=[house.sku.pk]),
        "ONLY": reverse("admin:inventory_stocklevel_correct", args=[level.pk]),
    }
    assert offered(house.vera) == {"MUG-RED": "", "ONLY": ""}
    Warehouse.objects.filter(pk=house.north.pk).update(is_readonly=True)
    assert offered(house.alice)["ONLY"] == ""
    assert offered(house.alice)["MUG-RED"]


def test_only_who_may_read_stock_sees_it(house: House, logged_in: type[Client]) -> None:
    counter = factories.make_person("cora@acme.example", {house.organization: ["Counter"]})
    assert logged_in(counter).get(ADDRESS).status_code == 403
    assert logged_in(counter).post(f"{ADDRESS}views/", {"do": "save_as", "name": "x"}).status_code == 403
    access = access_of_user(counter, house.organization)
    assert access is not None
    with pytest.raises(Forbidden):
        export_table(access, QueryDict(""))
    assert Client().get(ADDRESS).status_code == 302


def test_catalogue_without_stock_is_named_where_nothing_is_found(
    house: House, logged_in: type[Client]
) -> None:
    factories.make_sku(house.organization, "NEW-1", title="Brand new")
    response = logged_in(house.alice).get(f"{ADDRESS}?q=new-")
    assert [sku.code for sku in response.context["without_stock"]] == ["NEW-1"]
    assert "without any stock here" in response.content.decode()


class TestColumns:
    def test_choice_is_kept_for_the_person(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        answer = alice.post(
            f"{ADDRESS}views/", {"do": "columns", "columns": ["value", "on_hand"], "back": "q=mug"}
        )
        assert answer.headers["Location"] == f"{ADDRESS}?q=mug"
        assert list(shown(alice)["MUG-RED"]) == ["on_hand", "value"]
        assert list(shown(alice, "columns=held")["MUG-RED"]) == ["held"]
        assert "on_hand" in shown(logged_in(house.vera))["MUG-RED"]
        assert "held" in shown(logged_in(house.vera))["MUG-RED"]
        alice.post(f"{ADDRESS}views/", {"do": "columns_reset", "back": ""})
        assert len(shown(alice)["MUG-RED"]) == 6

    def test_none_at_all_is_refused(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        page = alice.post(f"{ADDRESS}views/", {"do": "columns"}, follow=True)
        assert "Choose one column at least." in page.content.decode()
        assert not PagePreference.objects.exists()


class TestViews:
    def test_saved_view_is_a_tab(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        answer = alice.post(
            f"{ADDRESS}views/", {"do": "save_as", "name": "My low", "back": "status=low&sort=-available"}
        )
        view = SavedView.objects.get()
        assert (view.page, view.query, view.owner) == (
            "inventory_explorer",
            "status=low&sort=-available",
            house.alice,
        )
        assert parse_qs(urlsplit(answer.headers["Location"]).query)["view"] == [view.public_id]
        views = alice.get(answer.headers["Location"]).context["views"]
        assert [tab.name for tab in views.tabs] == [
            "All",
            "Low",
            "Out of stock",
            "Held",
            "Oversold",
            "My low",
        ]
        assert views.current.name == "My low"
        assert not views.is_changed
        changed = alice.get(f"{ADDRESS}?status=low&view={view.public_id}").context["views"]
        assert changed.is_changed

    def test_shared_view_is_everybodys_and_changed_by_its_owner_alone(
        self, house: House, logged_in: type[Client]
    ) -> None:
        alice, vera, charlie = map(logged_in, (house.alice, house.vera, house.charlie))
        alice.post(
            f"{ADDRESS}views/", {"do": "save_as", "name": "Ours", "back": "held=yes&q=x", "is_shared": "on"}
        )
        alice.post(f"{ADDRESS}views/", {"do": "save_as", "name": "Mine", "back": "held=yes&q=y"})

        def tabs(client: Client) -> list[str]:
            return [tab.name for tab in client.get(f"{ADDRESS}?view=all").context["views"].tabs[5:]]

        assert (tabs(alice), tabs(vera), tabs(charlie)) == (["Mine", "Ours"], ["Ours"], [])
        ours, mine = SavedView.objects.get(name="Ours"), SavedView.objects.get(name="Mine")
        for deed in ("save", "share", "delete"):
            vera.post(f"{ADDRESS}views/", {"do": deed, "view": ours.public_id, "back": ""})
            refused = vera.post(f"{ADDRESS}views/", {"do": deed, "view": mine.public_id, "back": ""})
            assert refused.status_code == 404
        assert SavedView.objects.count() == 2
        assert SavedView.objects.get(name="Ours").is_shared
        alice.post(f"{ADDRESS}views/", {"do": "delete", "view": ours.public_id, "back": ""})
        assert tabs(vera) == []

    def test_page_begins_with_the_view_chosen(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        alice.post(f"{ADDRESS}views/", {"do": "start", "view": "held", "back": "held=yes"})
        answer = alice.get(ADDRESS)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{ADDRESS}?held=yes&view=held")
        assert alice.get(f"{ADDRESS}?view=all").status_code == 200
        assert logged_in(house.vera).get(ADDRESS).status_code == 200
        alice.post(f"{ADDRESS}views/", {"do": "start", "view": "all", "back": ""})
        assert alice.get(ADDRESS).status_code == 200

    def test_name_taken_is_told(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        for _ in range(2):
            page = alice.post(
                f"{ADDRESS}views/", {"do": "save_as", "name": "Twice", "back": "q=a"}, follow=True
            )
        assert "You have a view “Twice” already." in page.content.decode()

    def test_form_without_token_is_refused(self, house: House, logged_in: type[Client]) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(house.alice, backend="django.contrib.auth.backends.ModelBackend")
        assert strict.post(f"{ADDRESS}views/", {"do": "save_as", "name": "x"}).status_code == 403
        assert not SavedView.objects.exists()
        assert logged_in(house.alice).get(f"{ADDRESS}views/").status_code == 405


class TestExport:
    def _table(self, house: House, user: User, query: str) -> Any:
        access = access_of_user(user, house.organization)
        assert access is not None
        return export_table(access, QueryDict(query))

    def test_is_what_the_page_shows(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("inventory.explorer.pages._AT_ONCE", 2)
        for number in range(5):
            make(house, f"E-{number}", north=number + 1, title=f"Thing {number}")
        table = self._table(house, house.alice, "q=E-&sort=-available&columns=available,status")
        assert table.columns == ("sku", "title", "status", "available")
        assert list(table.rows) == [
            (f"E-{number}", f"Thing {number}", "normal", number + 1) for number in (4, 3, 2, 1, 0)
        ]
        assert (table.count(None), table.count(3)) == (5, 3)

    def test_of_one_warehouse_is_of_that_warehouse(self, house: House) -> None:
        make(house, "SOUTH", south=4)
        table = self._table(house, house.bob, "columns=on_hand,warehouses")
        assert list(table.rows) == [("MUG-RED", "Red mug", 20, "North 20")]
        assert table.count(None) == 1
