"""What the ledger refuses, with which words, and that it then has written nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from inventory.ledger import DocumentRef, Line, Settings, post
from inventory.ledger.planning import overlaps
from inventory.models import DocumentType, Movement, Sku, StockLevel, StockSummary
from inventory.models.sku import MAXIMUM_QUANTITY
from tests import factories
from tests.inventory.ledger.batches import (
    by,
    fingerprint,
    on_hand,
    picked,
    problems,
    record,
    refused,
    reserve,
    to,
)
from warehouses.actors import SYSTEM
from warehouses.identifiers import new_id
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Conflict, Forbidden, NotFound, Problem, RuleBroken, Stale

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def sku(organization: Organization) -> Sku:
    return factories.make_sku(organization, "MILK")


# --- too little, too much


@pytest.mark.parametrize("code", ["SALE", "ADJUSTMENT"])
def test_taking_more_than_there_is_names_what_there_is(sku: Sku, depot: Warehouse, code: str) -> None:
    factories.stock(sku, depot, 5)
    caught = refused(by(sku, depot, -6, code))
    assert isinstance(caught, RuleBroken)
    assert (caught.code, caught.extra) == ("NEGATIVE_QUANTITY", {"available": 5})
    assert "5" in caught.detail
    assert caught.problems == (Problem("NEGATIVE_QUANTITY", caught.detail, 0, "quantity"),)


@pytest.mark.parametrize("quantity", [-4, -10, -11])
def test_what_may_be_issued_is_named_however_much_was_asked_for(
    sku: Sku, depot: Warehouse, quantity: int
) -> None:
    factories.stock(sku, depot, 10)
    record(reserve(sku, depot, 7))
    assert refused(by(sku, depot, quantity, "SALE")).extra == {"available": 3}


def test_nothing_can_be_taken_from_a_sku_that_was_never_there(sku: Sku, depot: Warehouse) -> None:
    assert refused(by(sku, depot, -1)).extra == {"available": 0}
    assert not StockLevel.objects.exists()
    assert not StockSummary.objects.exists()


def test_the_largest_quantity(sku: Sku, depot: Warehouse) -> None:
    record(to(sku, depot, MAXIMUM_QUANTITY))
    caught = refused(by(sku, depot, 1))
    assert (type(caught), caught.code) == (RuleBroken, "QUANTITY_TOO_LARGE")
    record(by(sku, depot, -MAXIMUM_QUANTITY))
    assert on_hand(sku, depot) == {}
    for line in (
        to(sku, depot, MAXIMUM_QUANTITY + 1),
        by(sku, depot, MAXIMUM_QUANTITY + 1),
        by(sku, depot, -MAXIMUM_QUANTITY - 1),
        by(sku, depot, 2**63),
        by(sku, depot, -(2**200)),
    ):
        assert refused(line).code == "INVALID_QUANTITY"
    assert refused(to(sku, depot, -1)).code == "NEGATIVE_QUANTITY"


def test_several_bins_together_stay_below_the_largest_quantity(sku: Sku, depot: Warehouse) -> None:
    half = MAXIMUM_QUANTITY // 2
    record(*(by(sku, depot, half, bin=depot.bins.get(code=code)) for code in ("A-1", "A-2")))
    assert problems(refused(by(sku, depot, 1), by(sku, depot, 1))) == [
        (0, "QUANTITY_TOO_LARGE"),
        (1, "QUANTITY_TOO_LARGE"),
    ]


# --- reasons


@pytest.mark.parametrize(
    ("code", "quantity", "allowed"),
    [
        *(("SALE", -1, True), ("SALE", 1, False)),
        *(("RETURN", 1, True), ("RETURN", -1, False)),
        *(("ADJUSTMENT", 1, True), ("ADJUSTMENT", -1, True)),
    ],
)
def test_a_change_goes_the_way_of_its_reason(
    sku: Sku, depot: Warehouse, code: str, quantity: int, allowed: bool
) -> None:
    factories.stock(sku, depot, 5)
    if allowed:
        record(by(sku, depot, quantity, code))
    else:
        caught = refused(by(sku, depot, quantity, code))
        assert (type(caught), caught.code, caught.problems[0].field) == (
            RuleBroken,
            "REASON_DIRECTION",
            "reason",
        )
        assert f"{quantity:+d}" in caught.detail


def test_a_change_by_nothing_fits_every_reason_and_writes_nothing(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 5)
    assert record(by(sku, depot, 0, "SALE"), by(sku, depot, 0, "RETURN")).adjustment is None


# --- lots


def test_lot_controlled_stock_is_received_into_lots_only(
    organization: Organization, depot: Warehouse
) -> None:
    sku = factories.make_sku(organization, is_lot_controlled=True)
    lot = factories.make_lot(sku, "L", date(2026, 4, 1))
    for line in (by(sku, depot, 1), to(sku, depot, 1), by(sku, depot, 1, bin=depot.bins.get(code="A-1"))):
        caught = refused(line)
        assert (caught.code, caught.problems[0].field) == ("LOT_REQUIRED", "lot")
    record(by(sku, depot, 3, lot=lot))
    assert refused(to(sku, depot, 4)).code == "LOT_REQUIRED"
    record(to(sku, depot, 2))  # less needs no lot: FEFO knows
    record(by(sku, depot, -1, "SALE"))
    assert on_hand(sku, depot) == {("MAIN", "L"): 1}


def test_a_lot_of_another_sku_is_not_found(sku: Sku, depot: Warehouse) -> None:
    other = factories.make_lot(factories.make_sku(sku.organization), "L")
    caught = refused(by(sku, depot, 1, lot=other))
    assert (type(caught), problems(caught)) == (NotFound, [(0, "LOT_NOT_FOUND")])


def test_a_bin_of_another_warehouse_is_not_found(
    sku: Sku, depot: Warehouse, organization: Organization
) -> None:
    other = factories.make_warehouse(organization, "Other").bins.get()
    for quantity in (1, -1):
        caught = refused(by(sku, depot, quantity, bin=other))
        assert (type(caught), problems(caught)) == (NotFound, [(0, "BIN_NOT_FOUND")])


# --- places that may not be written


@pytest.fixture
def marketplace(organization: Organization) -> Warehouse:
    return factories.make_warehouse(organization, "FBA", type="FBA", marketplace="amazon_eu")


@pytest.mark.parametrize("quantity", [1, -1, -500, 0, None])
def test_a_read_only_warehouse_is_written_by_its_sync_only(
    sku: Sku, marketplace: Warehouse, quantity: int | None
) -> None:
    factories.stock(sku, marketplace, 5)
    caught = refused(by(sku, marketplace, quantity, settings=Settings(reorder_point=9)))
    # One row, one cause: that 500 are not there is not the caller's business.
    assert (type(caught), caught.code) == (Forbidden, "READONLY_WAREHOUSE")
    assert problems(caught) == [(0, "READONLY_WAREHOUSE")]


def test_a_sync_writes_read_only_warehouses(sku: Sku, marketplace: Warehouse) -> None:
    record(to(sku, marketplace, 7), by_sync=True)
    assert on_hand(sku, marketplace) == {("MAIN", None): 7}


def test_an_inactive_warehouse_is_not_written_by_anyone(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 5)
    depot.is_active = False
    depot.save()
    for options in ({}, {"by_sync": True}):
        for quantity in (1, -1, -500):
            caught = refused(by(sku, depot, quantity), **options)
            assert (type(caught), problems(caught)) == (Conflict, [(0, "WAREHOUSE_INACTIVE")])


def test_a_warehouse_closed_since_the_caller_read_it_is_not_written(sku: Sku, depot: Warehouse) -> None:
    read_before = Warehouse.objects.get(pk=depot.pk)
    Warehouse.objects.filter(pk=depot.pk).update(is_active=False)
    assert refused(by(sku, read_before, 1)).code == "WAREHOUSE_INACTIVE"
    Warehouse.objects.filter(pk=depot.pk).update(is_active=True, is_readonly=True)
    assert refused(by(sku, read_before, 1)).code == "READONLY_WAREHOUSE"


def test_a_read_only_warehouse_does_not_hide_the_other_rows(
    sku: Sku, depot: Warehouse, marketplace: Warehouse
) -> None:
    caught = refused(by(sku, marketplace, 1), by(sku, depot, -2), by(sku, depot, 1))
    assert problems(caught) == [(0, "READONLY_WAREHOUSE"), (1, "NEGATIVE_QUANTITY")]


# --- another organization


@pytest.mark.parametrize("foreign", ["sku", "warehouse", "reason", "bin", "lot"])
def test_a_record_of_another_organization_is_a_programming_error(
    sku: Sku, depot: Warehouse, organization: Organization, foreign: str
) -> None:
    other = factories.make_organization("Other")
    theirs = factories.make_sku(other)
    records = {
        "sku": theirs,
        "warehouse": other.warehouses.get(),
        "reason": factories.reason(other),
        "bin": other.warehouses.get().bins.get(),
        "lot": factories.make_lot(theirs),
    }
    fields = {
        "sku": sku,
        "warehouse": depot,
        "reason": factories.reason(organization),
        foreign: records[foreign],
    }
    before = fingerprint()
    with pytest.raises(ValueError, match="another organization"):
        record(Line(quantity=1, **fields), organization=organization)
    assert fingerprint() == before


def test_a_stock_item_of_another_organization_is_not_found(sku: Sku, depot: Warehouse) -> None:
    other = factories.make_organization("Other")
    theirs = factories.stock(factories.make_sku(other), other.warehouses.get(), 5)
    item = theirs.posting.changes[0].item.id
    for quantity in (1, -1):
        assert problems(refused(by(sku, depot, quantity, stock_item_id=item))) == [
            (0, "STOCK_ITEM_NOT_FOUND")
        ]


@pytest.mark.django_db(transaction=True)
def test_the_ledger_does_not_post_outside_of_a_transaction(organization: Organization) -> None:
    line = by(factories.make_sku(organization), organization.warehouses.get(), 1)
    document = DocumentRef(DocumentType.ADJUSTMENT, new_id())
    with pytest.raises(RuntimeError, match="inside a transaction"):
        post(organization=organization, actor=SYSTEM, lines=[line], document=document)
    assert not StockLevel.objects.exists()


# --- rows about the same stock

A, B = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (("item", None, None), ("item", None, None), True),
        ((None, None, None), (None, None, None), True),
        ((None, None, None), ("A-1", None, None), True),
        ((None, "A-1", None), (None, "A-1", None), True),
        ((None, "A-1", None), (None, "A-2", None), False),
        ((None, "A-1", None), (None, None, "L"), True),
        ((None, "A-1", "L"), (None, "A-1", "M"), False),
        ((None, "A-1", "L"), (None, "A-2", "L"), False),
        ((None, "A-1", "L"), (None, "A-1", "L"), True),
        ((None, None, "L"), (None, None, "M"), False),
        (("item", None, None), ("other", None, None), False),
        (("item", None, None), (None, "A-1", None), True),  # may be the same, so it is refused
        ((None, "A-1", "no lot"), (None, "A-1", "L"), False),
        ((None, "A-1", "no lot"), (None, "A-1", None), True),
        ((None, None, "no lot"), (None, "A-1", "no lot"), True),
        ((None, "A-2", "no lot"), (None, "A-1", "no lot"), False),
    ],
)
def test_overlapping_scopes(one: tuple[object, ...], other: tuple[object, ...], overlap: bool) -> None:
    class Scoped:
        def __init__(self, scope: tuple[object, ...]) -> None:
            *place, lot = scope
            self.is_lotless = lot == "no lot"
            self.lot = None if self.is_lotless else lot
            self.scope = (*place, self.lot)

    assert overlaps(Scoped(one), Scoped(other)) is overlap  # type: ignore[arg-type]
    assert overlaps(Scoped(other), Scoped(one)) is overlap  # type: ignore[arg-type]


def test_the_same_stock_is_not_set_twice(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 5)
    for second in (5, 6):
        caught = refused(to(sku, depot, 5), to(sku, depot, second))
        assert (type(caught), problems(caught)) == (RuleBroken, [(1, "DUPLICATE_ROW")])
    shelf = depot.bins.get(code="A-1")
    assert problems(refused(to(sku, depot, 5, bin=shelf), to(sku, depot, 5), to(sku, depot, 1))) == [
        (1, "DUPLICATE_ROW"),
        (2, "DUPLICATE_ROW"),
    ]


def test_stock_is_not_both_set_and_changed(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 5)
    assert problems(refused(by(sku, depot, -1), to(sku, depot, 5))) == [(1, "DUPLICATE_ROW")]
    assert problems(refused(to(sku, depot, 5), by(sku, depot, -1))) == [(0, "DUPLICATE_ROW")]


def test_different_bins_are_set_in_one_batch(sku: Sku, depot: Warehouse, organization: Organization) -> None:
    other = factories.make_warehouse(organization, "Other")
    bins = {code: depot.bins.get(code=code) for code in ("A-1", "A-2", "MAIN")}
    record(
        *(to(sku, depot, place + 1, bin=bins[code]) for place, code in enumerate(sorted(bins))),
        to(sku, other, 9),
    )
    assert on_hand(sku, depot) == {("A-1", None): 1, ("A-2", None): 2, ("MAIN", None): 3}
    assert on_hand(sku, other) == {("MAIN", None): 9}


def test_changes_of_one_item_are_added_up(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 2)
    recorded = record(by(sku, depot, -4), by(sku, depot, 3), by(sku, depot, -1), by(sku, depot, 2))
    assert sorted(delta for _, _, delta in picked(recorded)) == [-4, -1, 2, 3]
    assert on_hand(sku, depot) == {("MAIN", None): 2}
    caught = refused(by(sku, depot, -4), by(sku, depot, 1))
    assert (caught.code, caught.extra) == ("NEGATIVE_QUANTITY", {"available": 3})
    assert problems(caught) == [(0, "NEGATIVE_QUANTITY")]


def test_named_stock_is_taken_before_stock_of_ones_own_choice(sku: Sku, depot: Warehouse) -> None:
    early = factories.make_lot(sku, "E", date(2026, 4, 1))
    factories.stock(sku, depot, 3, lot=early)
    factories.stock(sku, depot, 3)
    recorded = record(by(sku, depot, -3, "SALE"), by(sku, depot, -3, "SALE", lot=early))
    assert picked(recorded) == [("MAIN", "E", -3), ("MAIN", None, -3)]


# --- batches


def test_every_bad_row_is_named_and_nothing_is_written(
    sku: Sku, depot: Warehouse, marketplace: Warehouse, organization: Organization
) -> None:
    lot_controlled = factories.make_sku(organization, "LOTS", is_lot_controlled=True)
    others = [factories.make_sku(organization) for _ in range(4)]
    foreign_bin = marketplace.bins.get()
    lines = [
        by(sku, depot, 5),
        by(others[0], depot, -1),
        by(others[1], marketplace, 4),
        by(lot_controlled, depot, 4),
        by(others[2], depot, 1, "SALE"),
        by(others[3], depot, -1, "SALE"),
        by(others[3], depot, 1, bin=foreign_bin),
        to(others[0], organization.warehouses.get(name="Main warehouse"), MAXIMUM_QUANTITY + 1),
    ]
    caught = refused(*lines)
    assert (type(caught), caught.code) == (RuleBroken, "BATCH_REFUSED")
    assert "7 rows" in caught.detail
    assert problems(caught) == [
        (1, "NEGATIVE_QUANTITY"),
        (2, "READONLY_WAREHOUSE"),
        (3, "LOT_REQUIRED"),
        (4, "REASON_DIRECTION"),
        (5, "NEGATIVE_QUANTITY"),
        (6, "BIN_NOT_FOUND"),
        (7, "INVALID_QUANTITY"),
    ]


def test_rows_refused_for_one_cause_keep_its_name(organization: Organization, depot: Warehouse) -> None:
    skus = [factories.make_sku(organization) for _ in range(3)]
    caught = refused(*(by(sku, depot, -1) for sku in skus))
    assert caught.code == "NEGATIVE_QUANTITY"
    assert problems(caught) == [(place, "NEGATIVE_QUANTITY") for place in range(3)]


def test_refusals_of_the_caller_are_reported_with_the_ledgers(sku: Sku, depot: Warehouse) -> None:
    unknown = NotFound(
        "INVENTORY_NOT_FOUND", "No.", problems=[Problem("INVENTORY_NOT_FOUND", "No.", 7, "sku")]
    )
    caught = refused(by(sku, depot, -1), refused=[unknown])
    assert problems(caught) == [(0, "NEGATIVE_QUANTITY"), (7, "INVENTORY_NOT_FOUND")]
    caught = refused(by(sku, depot, 1), refused=[unknown])
    assert caught is unknown


def test_a_batch_over_many_levels_keeps_the_order_of_its_problems(organization: Organization) -> None:
    warehouses = [factories.make_warehouse(organization, f"W{number}") for number in range(3)]
    skus = [factories.make_sku(organization) for _ in range(3)]
    lines = [by(sku, warehouse, -1) for warehouse in warehouses for sku in reversed(skus)]
    assert [index for index, _ in problems(refused(*lines))] == list(range(9))


def test_a_precondition_sees_the_locked_state_and_stops_everything(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 5)
    seen = []

    def check(locked: object) -> None:
        level = locked.levels[sku.pk, depot.pk]  # type: ignore[attr-defined]
        seen.append((level.on_hand, level.version, level.is_new, dict(locked.summary_versions)))  # type: ignore[attr-defined]
        raise Stale("PRECONDITION_FAILED", "No.")

    assert refused(by(sku, depot, 1), precondition=check).code == "PRECONDITION_FAILED"
    assert seen == [(5, 1, False, {sku.pk: 1})]


# --- what is written


def test_a_movement_says_all_there_is_to_say(sku: Sku, depot: Warehouse) -> None:
    occurred = datetime(2026, 3, 1, 9, tzinfo=UTC)
    factories.stock(sku, depot, 5)
    recorded = record(
        by(sku, depot, -2, "SALE", note="Gift\nwrapped “ß”", reference="R-1", occurred_at=occurred),
        note="of the document",
        reference="D-1",
    )
    adjustment = recorded.adjustment
    assert adjustment is not None
    movement = Movement.objects.get(document_id=adjustment.pk)
    level = StockLevel.objects.get(sku=sku)
    assert (movement.delta, movement.level_before, movement.level_after, movement.item_after) == (-2, 5, 3, 3)
    assert (movement.organization, movement.level, movement.sku, movement.warehouse) == (
        depot.organization,
        level,
        sku,
        depot,
    )
    assert movement.level_version == level.version == 2
    assert (movement.reason_code.code, movement.note, movement.reference) == (
        "SALE",
        "Gift\nwrapped “ß”",
        "R-1",
    )
    assert (movement.actor_type, movement.actor_id, movement.actor_name) == ("system", None, "system")
    assert (movement.document_type, movement.occurred_at) == ("adjustment", occurred)
    assert movement.recorded_at == adjustment.created_at == level.updated_at == recorded.posting.recorded_at
    assert (adjustment.note, adjustment.reference, adjustment.line_count) == ("of the document", "D-1", 1)
    assert adjustment.reason_code == movement.reason_code


def test_a_document_of_several_reasons_has_none(
    organization: Organization, sku: Sku, depot: Warehouse
) -> None:
    recorded = record(by(sku, depot, 2, "RETURN"), by(factories.make_sku(organization), depot, 2))
    assert recorded.adjustment is not None
    assert recorded.adjustment.reason_code is None


def test_the_clock_never_runs_backwards_within_a_level(sku: Sku, depot: Warehouse) -> None:
    times = [datetime(2026, 3, day, tzinfo=UTC) for day in (10, 12, 5, 11, 13)]
    for moment in times:
        record(by(sku, depot, 1), recorded_at=moment)
    recorded = Movement.objects.order_by("level_version").values_list("recorded_at", flat=True)
    assert [moment.day for moment in recorded] == [10, 12, 12, 12, 13]


def test_the_clock_of_a_batch_is_the_latest_of_its_levels(
    organization: Organization, depot: Warehouse
) -> None:
    one, other = (factories.make_sku(organization) for _ in range(2))
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    record(by(one, depot, 1), recorded_at=noon)
    record(by(other, depot, 1), recorded_at=noon + timedelta(hours=1))
    record(by(one, depot, 1), by(other, depot, 1), recorded_at=noon - timedelta(hours=5))
    record(by(one, depot, 1), recorded_at=noon)
    recorded = (
        Movement.objects.filter(sku=one).order_by("level_version").values_list("recorded_at", flat=True)
    )
    assert [moment.hour for moment in recorded] == [12, 13, 13]


def test_a_new_level_starts_with_the_thresholds_of_its_sku(
    organization: Organization, depot: Warehouse
) -> None:
    sku = factories.make_sku(organization, safety_stock=3, reorder_point=7, reorder_quantity=20)
    other = factories.make_warehouse(organization, "Other")
    record(by(sku, depot, 1), by(sku, other, 1))
    level = StockLevel.objects.get(sku=sku, warehouse=depot)
    assert (level.safety_stock, level.reorder_point, level.reorder_quantity) == (3, 7, 20)
    summary = StockSummary.objects.get(sku=sku)
    assert (summary.on_hand, summary.safety_stock, summary.reorder_point) == (2, 6, 14)


def test_settings_change_without_a_movement(organization: Organization, depot: Warehouse) -> None:
    sku = factories.make_sku(organization, safety_stock=3, reorder_point=7, reorder_quantity=20)
    factories.stock(sku, depot, 5)
    recorded = record(by(sku, depot, None, settings=Settings(reorder_point=2)))
    assert recorded.adjustment is None
    level = StockLevel.objects.get(sku=sku)
    assert (level.on_hand, level.safety_stock, level.reorder_point, level.reorder_quantity) == (5, 3, 2, 20)
    assert level.version == 2
    summary = StockSummary.objects.get(sku=sku)
    assert (summary.reorder_point, summary.version) == (2, 2)
    record(by(sku, depot, None, settings=Settings(reorder_point=2)))
    assert StockLevel.objects.get(sku=sku).version == 2  # nothing new
    record(by(sku, depot, 0, settings=Settings(safety_stock=0, reorder_point=0, reorder_quantity=0)))
    level.refresh_from_db()
    assert (level.safety_stock, level.reorder_point, level.reorder_quantity) == (0, 0, 0)


def test_setting_nothing_on_a_known_sku_creates_its_level(sku: Sku, depot: Warehouse) -> None:
    recorded = record(to(sku, depot, 0))
    assert recorded.adjustment is None
    level = StockLevel.objects.get(sku=sku)
    assert (level.on_hand, level.version) == (0, 1)
    assert level.updated_at == recorded.posting.recorded_at
    assert StockSummary.objects.get(sku=sku).version == 1
