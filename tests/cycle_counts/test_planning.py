"""Making a batch: what is written, who may, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import pytest_django

from cycle_counts.models import BatchState, CountBatch, CountBin, CountLine, LineState, Origin
from cycle_counts.planning import Preview, Scope, create_batch, preview
from cycle_counts.preferences import change_settings
from cycle_counts.tolerances import Tolerance, tolerance_of
from inventory.history import history_of
from tests import factories
from tests.cycle_counts.conftest import Ground
from warehouses import transactions
from warehouses.access import Access, access_of_system
from warehouses.models import Notice, Warehouse
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound, Refusal, RuleBroken


def made(access: Access, warehouse: Warehouse, scope: Scope, **fields: object) -> CountBatch:
    return transactions.run(
        lambda: create_batch(access=access, warehouse=warehouse, scope=scope, **fields)  # type: ignore[arg-type]
    )


def refused(access: Access, warehouse: Warehouse, scope: Scope, **fields: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        made(access, warehouse, scope, **fields)
    assert not CountBatch.objects.filter(warehouse=warehouse).exists()
    return caught.value


# --- what is written


def test_a_plan_is_a_draft_with_its_lines_and_bins(ground: Ground) -> None:
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    batch = ground.plan(
        by="manager",
        scope=Scope(rooms=(ground.rooms["Front"],)),
        name="Front shelves",
        note="Before noon",
        due_on=date(2026, 3, 2),
        recorded_at=at,
    )
    found = CountBatch.objects.get(pk=batch.pk)
    assert (found.number, found.label, found.state, found.version) == (1, "CC-00001", BatchState.DRAFT, 1)
    assert (found.name, found.note, found.due_on, found.created_at) == (
        "Front shelves",
        "Before noon",
        date(2026, 3, 2),
        at,
    )
    assert (found.origin, found.is_blind, found.planned_by) == (
        Origin.PLANNED,
        True,
        ground.people["manager"],
    )
    assert found.scope == {"rooms": [ground.rooms["Front"].public_id]}
    assert tolerance_of(found) == Tolerance()
    lines = list(CountLine.objects.filter(batch=found).select_related("sku", "bin").order_by("position"))
    assert [(line.position, str(line), line.state, line.is_found) for line in lines] == [
        (1, "GLOVES in A-1", LineState.PENDING, False),
        (2, "MASKS in A-1", LineState.PENDING, False),
        (3, "GLOVES in A-2", LineState.PENDING, False),
    ]
    bins = CountBin.objects.filter(batch=found).order_by("position")
    assert [(row.position, str(row.bin), row.visited_at) for row in bins] == [
        (1, "A-1", None),
        (2, "A-2", None),
    ]
    history = history_of([found])[found.pk]
    assert [(row.action, row.from_state, row.to_state, row.quantity, row.note) for row in history] == [
        ("create", "", "draft", 3, "Room Front; Before noon")
    ]
    assert (history[0].actor_name, history[0].created_at) == ("manager@acme.example", at)


def test_a_lot_is_a_line_of_its_own(ground: Ground) -> None:
    batch = ground.plan(scope=Scope(skus=(ground.sku("SALINE"),)))
    lots = CountLine.objects.filter(batch=batch).order_by("position").values_list("lot__code", flat=True)
    assert list(lots) == ["L-1", "L-2"]


def test_plans_are_numbered(ground: Ground) -> None:
    first = ground.plan(scope=Scope(rooms=(ground.rooms["Front"],)))
    second = ground.plan(scope=Scope(rooms=(ground.rooms["Back"],)))
    assert (first.number, second.number) == (1, 2)


def test_without_a_word_a_plan_is_as_the_organization_wants_it(ground: Ground) -> None:
    owner = ground.access_of("owner")
    change_settings(
        access=owner,
        is_blind=False,
        tolerance_units=3,
        tolerance_percent=Decimal(5),
        tolerance_value=Decimal(10),
    )
    batch = ground.plan(by="manager")
    assert (batch.is_blind, tolerance_of(batch)) == (False, Tolerance(3, Decimal(5), Decimal(10)))


def test_a_plan_has_its_own_blindness_and_tolerance(ground: Ground) -> None:
    batch = ground.plan(by="manager", is_blind=False, tolerance=Tolerance(units=2))
    found = CountBatch.objects.get(pk=batch.pk)
    assert (found.is_blind, tolerance_of(found)) == (False, Tolerance(units=2))


def test_counters_are_told(ground: Ground) -> None:
    people = [ground.people["other_counter"], ground.people["counter"], ground.people["counter"]]
    batch = ground.plan(by="manager", assignees=people)
    assert {user.email for user in batch.assignees.all()} == {
        "counter@acme.example",
        "other.counter@acme.example",
    }
    told = Notice.objects.filter(organization=ground.organization).values_list("user__email", flat=True)
    assert sorted(told) == ["counter@acme.example", "other.counter@acme.example"]


def test_planning_asks_for_a_constant_number_of_statements(
    ground: Ground, django_assert_num_queries: pytest_django.DjangoAssertNumQueries
) -> None:
    ground.plan(scope=Scope(skus=(ground.sku("TAPE"),)))  # the organization's first number costs two more
    access = ground.access_of("manager")
    counters = [ground.people["counter"]]
    one = Scope(bins=(ground.bin("A-4"),))
    three = Scope(bins=(ground.bin("A-1"), ground.bin("A-2")))
    for scope, lines in ((one, 1), (three, 3)):
        with django_assert_num_queries(17):
            batch = create_batch(access=access, warehouse=ground.warehouse, scope=scope, assignees=counters)
        assert batch.lines.count() == lines


# --- who may


def test_whoever_counts_there_plans(ground: Ground) -> None:
    batch = ground.plan(by="counter")
    assert (batch.is_blind, batch.planned_by) == (True, ground.people["counter"])


@pytest.mark.parametrize(("person", "code"), [("viewer", "PERMISSION_DENIED")])
def test_whoever_does_not_count_does_not_plan(ground: Ground, person: str, code: str) -> None:
    refusal = refused(ground.access_of(person), ground.warehouse, Scope())
    assert isinstance(refusal, Forbidden)
    assert (refusal.code, refusal.extra["missing"]) == (code, ["inventory.cyclecount"])


def test_a_counter_of_one_place_plans_nothing_elsewhere(ground: Ground) -> None:
    elsewhere = factories.make_warehouse(ground.organization, "South")
    refusal = refused(ground.access_of("counter"), elsewhere, Scope())
    assert (refusal.code, refusal.detail) == (
        "PERMISSION_DENIED",
        "This needs the permission inventory.cyclecount in South.",
    )


def test_another_organizations_warehouse_is_not_there(ground: Ground) -> None:
    other = factories.make_warehouse(factories.make_organization("Other"), "Theirs")
    refusal = refused(ground.access_of("owner"), other, Scope())
    assert isinstance(refusal, NotFound)
    assert refusal.code == "WAREHOUSE_NOT_FOUND"


@pytest.mark.parametrize(
    ("change", "kind", "code"),
    [
        ({"is_readonly": True}, Forbidden, "READONLY_WAREHOUSE"),
        ({"is_active": False}, Conflict, "WAREHOUSE_INACTIVE"),
    ],
)
def test_where_no_difference_could_be_posted_nothing_is_planned(
    ground: Ground, change: dict[str, bool], kind: type[Refusal], code: str
) -> None:
    for field, value in change.items():
        setattr(ground.warehouse, field, value)
    refusal = refused(ground.access_of("owner"), ground.warehouse, Scope())
    assert isinstance(refusal, kind)
    assert refusal.code == code


def test_whoever_sees_no_stock_plans_blind(ground: Ground) -> None:
    change_settings(access=ground.access_of("owner"), is_blind=False)
    refusal = refused(ground.access_of("counter"), ground.warehouse, Scope(), is_blind=False)
    assert isinstance(refusal, Forbidden)
    assert refusal.code == "BLIND_REQUIRED"
    assert ground.plan(by="counter").is_blind
    assert not ground.plan(scope=Scope(bins=(factories.make_bin(ground.warehouse, "B-1"),))).is_blind


def test_a_key_that_counts_plans_openly(ground: Ground) -> None:
    """The contract documents one permission for all of its routes."""
    assert not ground.plan(access=ground.key_access(), is_blind=False).is_blind


def test_availability_is_for_those_who_see_the_books(ground: Ground) -> None:
    scope = Scope(availability="zero")
    refusal = refused(ground.access_of("counter"), ground.warehouse, scope)
    assert (refusal.code, refusal.problems[0].field) == ("PERMISSION_DENIED", "availability")
    with pytest.raises(Forbidden):
        preview(access=ground.access_of("counter"), warehouse=ground.warehouse, scope=scope)


def test_a_tolerance_of_its_own_is_set_by_those_who_review(ground: Ground) -> None:
    wide = Tolerance(units=1_000_000)
    refusal = refused(ground.access_of("counter"), ground.warehouse, Scope(), tolerance=wide)
    assert isinstance(refusal, Forbidden)
    assert (refusal.code, refusal.extra["missing"]) == ("PERMISSION_DENIED", ["inventory.countreview"])
    assert ground.plan(by="counter", tolerance=Tolerance()).tolerance_units is None


@pytest.mark.parametrize(
    "tolerance",
    [
        Tolerance(units=-1),
        Tolerance(percent=Decimal(-1)),
        Tolerance(value=Decimal("-0.01")),
        Tolerance(percent=Decimal("1e9")),
        Tolerance(units=2**40),
    ],
)
def test_a_tolerance_that_means_nothing(ground: Ground, tolerance: Tolerance) -> None:
    refusal = refused(ground.access_of("owner"), ground.warehouse, Scope(), tolerance=tolerance)
    assert isinstance(refusal, InvalidInput)


def test_counters_are_members_who_may_count_there(ground: Ground) -> None:
    stranger = factories.make_person(
        "stranger@else.example", {factories.make_organization("Other"): ["Owner"]}
    )
    people = [ground.people["counter"], ground.people["viewer"], stranger]
    refusal = refused(ground.access_of("manager"), ground.warehouse, Scope(), assignees=people)
    assert isinstance(refusal, RuleBroken)
    assert refusal.code == "ASSIGNEE_MAY_NOT_COUNT"
    assert [(problem.index, problem.field) for problem in refusal.problems] == [
        (1, "assignees"),
        (2, "assignees"),
    ]


# --- what is refused


def test_records_of_others_are_not_there(ground: Ground) -> None:
    elsewhere = factories.make_warehouse(ground.organization, "South")
    other = factories.make_organization("Other")
    scope = Scope(
        bins=(ground.bin("A-1"), factories.make_bin(elsewhere, "S-1")),
        rooms=(elsewhere.rooms.get(),),
        categories=(factories.make_category(other),),
        skus=(factories.make_sku(other, "THEIRS"),),
    )
    refusal = refused(ground.access_of("owner"), ground.warehouse, scope)
    assert [(problem.code, problem.field, problem.index) for problem in refusal.problems] == [
        ("BIN_NOT_FOUND", "bins", 1),
        ("ROOM_NOT_FOUND", "rooms", 0),
        ("CATEGORY_NOT_FOUND", "categories", 0),
        ("INVENTORY_NOT_FOUND", "skus", 0),
    ]


@pytest.mark.parametrize(
    ("scope", "field"),
    [
        (Scope(classes=("A", "D")), "classes"),
        (Scope(expiring_within=-1), "expiring_within"),
        (Scope(not_counted_for=0), "not_counted_for"),
        (Scope(sample=0), "sample"),
        (Scope(limit=10_001), "limit"),
        (Scope(limit=10**30), "limit"),
        (Scope(availability="some"), "availability"),  # type: ignore[arg-type]
    ],
)
def test_conditions_that_mean_nothing(ground: Ground, scope: Scope, field: str) -> None:
    refusal = refused(ground.access_of("owner"), ground.warehouse, scope)
    assert isinstance(refusal, InvalidInput)
    assert [problem.field for problem in refusal.problems] == [field]


def test_nothing_to_count_says_why(ground: Ground) -> None:
    scope = Scope(expiring_within=0)
    refusal = refused(ground.access_of("owner"), ground.warehouse, scope)
    assert isinstance(refusal, RuleBroken)
    assert refusal.code == "NOTHING_TO_COUNT"
    assert refusal.detail.startswith("There is nothing to count. No lot there expires by ")
    assert list(refusal.extra["reasons"]) == [refusal.detail.removeprefix("There is nothing to count. ")]


def test_a_refused_plan_takes_no_number(ground: Ground) -> None:
    refused(ground.access_of("owner"), ground.warehouse, Scope(expiring_within=0))
    assert ground.plan().number == 1


def test_too_many_lines(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("lines", "making", "previews", "selection"):
        monkeypatch.setattr(f"cycle_counts.planning.{module}.MOST_LINES", 5)
    access = ground.access_of("owner")
    refusal = refused(access, ground.warehouse, Scope())
    assert isinstance(refusal, RuleBroken)
    assert (refusal.code, refusal.extra) == ("TOO_MANY_LINES", {"maximum": 5})
    seen = preview(access=access, warehouse=ground.warehouse, scope=Scope())
    assert (seen.lines, seen.is_cut) == (5, True)
    assert seen.reasons == ("A count has at most 5 lines: narrow it, or take the first ones only.",)
    assert ground.plan(scope=Scope(limit=5)).lines.count() == 5


def test_a_name_that_is_too_long(ground: Ground) -> None:
    refusal = refused(ground.access_of("owner"), ground.warehouse, Scope(), name="x" * 121)
    assert isinstance(refusal, InvalidInput)
    assert refusal.problems[0].field == "name"


# --- before it is made


def test_a_preview_says_how_many_lines_and_how_long(ground: Ground) -> None:
    scope = Scope(rooms=(ground.rooms["Front"],))
    seen = preview(access=ground.access_of("counter"), warehouse=ground.warehouse, scope=scope)
    assert seen == Preview(lines=3, bins=2, skus=2, seconds=3 * 30 + 2 * 20)
    change_settings(access=ground.access_of("owner"), seconds_per_line=60)
    seen = preview(access=ground.access_of("counter"), warehouse=ground.warehouse, scope=scope)
    assert seen.seconds == 3 * 60 + 2 * 20


def test_a_preview_of_nothing_says_why(ground: Ground) -> None:
    batch = ground.plan(scope=Scope(rooms=(ground.rooms["Front"],)))
    scope = Scope(bins=(ground.bin("A-1"),))
    seen = preview(access=ground.access_of("manager"), warehouse=ground.warehouse, scope=scope)
    assert seen == Preview(0, 0, 0, 0, (f"2 are in {batch.label} already.",))


def test_a_preview_writes_nothing_and_is_refused_as_the_plan_is(ground: Ground) -> None:
    with pytest.raises(Forbidden):
        preview(access=ground.access_of("viewer"), warehouse=ground.warehouse, scope=Scope())
    with pytest.raises(InvalidInput):
        preview(access=ground.access_of("manager"), warehouse=ground.warehouse, scope=Scope(sample=0))
    preview(access=ground.access_of("manager"), warehouse=ground.warehouse, scope=Scope())
    assert not CountBatch.objects.exists()


def test_the_product_itself_plans(ground: Ground) -> None:
    batch = made(access_of_system(ground.organization), ground.warehouse, Scope())
    assert batch.planned_by is None
