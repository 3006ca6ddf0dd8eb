"""What a scope means: which stock items become lines, in which order, and what is said of the rest."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_django
from django.utils import timezone

from cycle_counts.models import Classification, CountBatch, CountCycle, CountLine, CountSettings
from cycle_counts.planning import Scope, Selection, scope_of, scope_shown, select, words_of
from tests import factories
from tests.cycle_counts.conftest import Ground
from warehouses.models import Bin

TODAY = date(2097, 6, 1)


def chosen(
    ground: Ground, scope: Scope, *, today: date = TODAY, except_batch: CountBatch | None = None
) -> Selection:
    return select(warehouse=ground.warehouse, scope=scope, today=today, except_batch=except_batch)


def places(ground: Ground, selection: Selection) -> list[str]:
    """Each line as `SKU bin` or `SKU bin lot`."""
    codes = {bin.pk: bin.code for bin in Bin.objects.filter(warehouse=ground.warehouse)}
    skus = {sku.pk: sku.code for sku in ground.skus.values()}
    lots = {lot.pk: lot.code for lot in ground.lots.values()}
    found = []
    for line in selection.lines:
        assert line.sku_id is not None
        words = [skus[line.sku_id], codes[line.bin_id]]
        found.append(" ".join([*words, lots[line.lot_id]] if line.lot_id else words))
    return found


def bins(selection: Selection) -> list[str]:
    codes = dict(Bin.objects.values_list("pk", "code"))
    return [codes[key] for key in selection.bins]


def classed(ground: Ground, **classes: str) -> None:
    """Give SKUs their classes, as the task would."""
    now = timezone.now()
    CountSettings.objects.update_or_create(organization=ground.organization, defaults={"classified_at": now})
    for rank, (code, letter) in enumerate(classes.items(), start=1):
        Classification.objects.create(
            sku=ground.sku(code),
            organization=ground.organization,
            abc_class=letter,
            rank=rank,
            units=0,
            value=0,
            share=0,
            cumulative_share=0,
            classified_at=now,
        )


def cycle(ground: Ground, code: str, *, due: date, counted: datetime | None = None) -> None:
    CountCycle.objects.create(
        organization=ground.organization,
        warehouse=ground.warehouse,
        sku=ground.sku(code),
        next_due_on=due,
        last_counted_at=counted,
    )


ALL = [
    "GLOVES A-1",
    "MASKS A-1",
    "GLOVES A-2",
    "SALINE A-3 L-1",
    "SALINE A-3 L-2",
    "MASKS A-4",
]


def test_everything_that_is_there_is_counted_in_the_order_of_the_walk(ground: Ground) -> None:
    selection = chosen(ground, Scope())
    assert places(ground, selection) == ALL
    assert bins(selection) == ["A-1", "A-2", "A-3", "A-4"]
    assert selection.reasons == ()


def test_the_walk_is_by_pick_sequence_and_then_by_code(ground: Ground) -> None:
    Bin.objects.filter(pk=ground.bin("A-4").pk).update(pick_sequence=5)
    Bin.objects.filter(pk=ground.bin("A-1").pk).update(pick_sequence=20)
    assert bins(chosen(ground, Scope())) == ["A-4", "A-1", "A-2", "A-3"]


def test_what_is_used_up_is_no_line(ground: Ground) -> None:
    ground.stock_by("GLOVES", "A-2", -20)
    assert "GLOVES A-2" not in places(ground, chosen(ground, Scope()))


def test_another_warehouse_is_not_counted(ground: Ground) -> None:
    elsewhere = factories.make_warehouse(ground.organization, "South")
    factories.stock(ground.sku("TAPE"), elsewhere, 5)
    assert places(ground, chosen(ground, Scope())) == ALL


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"bins": ["A-2", "A-4"]}, ["GLOVES A-2", "MASKS A-4"]),
        ({"rooms": ["Front"]}, ["GLOVES A-1", "MASKS A-1", "GLOVES A-2"]),
        ({"skus": ["MASKS"]}, ["MASKS A-1", "MASKS A-4"]),
        ({"rooms": ["Back"], "skus": ["MASKS"]}, ["MASKS A-4"]),
        ({"bins": ["A-1"], "rooms": ["Back"]}, []),
    ],
)
def test_conditions_narrow_together(ground: Ground, scope: dict[str, list[str]], expected: list[str]) -> None:
    wanted = Scope(
        bins=tuple(ground.bin(code) for code in scope.get("bins", ())),
        rooms=tuple(ground.rooms[name] for name in scope.get("rooms", ())),
        skus=tuple(ground.sku(code) for code in scope.get("skus", ())),
    )
    assert places(ground, chosen(ground, wanted)) == expected


def test_a_category_is_that_of_the_product(ground: Ground) -> None:
    category = factories.make_category(ground.organization, "Hygiene")
    product = ground.sku("GLOVES").product
    product.category = category
    product.save()
    assert places(ground, chosen(ground, Scope(categories=(category,)))) == ["GLOVES A-1", "GLOVES A-2"]
    other = factories.make_category(ground.organization, "Tools")
    empty = chosen(ground, Scope(categories=(other,)))
    assert empty.is_empty
    assert empty.reasons == ("Nothing of the categories named is there.",)


# --- classes and due dates


def test_a_class_is_asked_for(ground: Ground) -> None:
    classed(ground, SALINE="A", MASKS="B", GLOVES="C")
    assert places(ground, chosen(ground, Scope(classes=("A",)))) == ["SALINE A-3 L-1", "SALINE A-3 L-2"]
    both = chosen(ground, Scope(classes=("A", "B")))
    assert [line.abc_class for line in both.lines] == ["B", "A", "A", "B"]


def test_a_sku_that_came_after_the_classes_is_in_the_last_one(ground: Ground) -> None:
    classed(ground, SALINE="A", MASKS="B")
    selection = chosen(ground, Scope(classes=("C",)))
    assert places(ground, selection) == ["GLOVES A-1", "GLOVES A-2"]
    assert {line.abc_class for line in selection.lines} == {"C"}


def test_without_classes_none_is_known(ground: Ground) -> None:
    assert {line.abc_class for line in chosen(ground, Scope()).lines} == {""}
    empty = chosen(ground, Scope(classes=("C",)))
    assert empty.is_empty
    assert empty.reasons == ("The ABC classes have not been computed yet.",)


def test_what_is_due_and_what_was_never_counted(ground: Ground) -> None:
    cycle(ground, "GLOVES", due=TODAY)
    cycle(ground, "MASKS", due=TODAY + timedelta(days=1))
    found = places(ground, chosen(ground, Scope(due_only=True)))
    assert found == ["GLOVES A-1", "GLOVES A-2", "SALINE A-3 L-1", "SALINE A-3 L-2"]


def test_due_dates_of_another_warehouse_say_nothing_here(ground: Ground) -> None:
    elsewhere = factories.make_warehouse(ground.organization, "South")
    CountCycle.objects.create(
        organization=ground.organization,
        warehouse=elsewhere,
        sku=ground.sku("MASKS"),
        next_due_on=date(2999, 1, 1),
    )
    assert "MASKS A-1" in places(ground, chosen(ground, Scope(due_only=True)))


def test_not_counted_for_so_many_of_the_organizations_days(ground: Ground) -> None:
    """In Auckland it was the 2nd already when somebody counted at 13:00 UTC on the 1st."""
    ground.organization.time_zone = "Pacific/Auckland"
    counted = datetime(2097, 6, 1, 13, tzinfo=UTC)
    cycle(ground, "MASKS", due=date(2999, 1, 1), counted=counted)
    scope = Scope(not_counted_for=3)
    assert "MASKS A-4" not in places(ground, chosen(ground, scope, today=date(2097, 6, 4)))
    assert "MASKS A-4" in places(ground, chosen(ground, scope, today=date(2097, 6, 5)))
    assert "GLOVES A-1" in places(ground, chosen(ground, scope))


def test_lots_that_expire_within_some_days_and_those_that_have(ground: Ground) -> None:
    scope = Scope(expiring_within=30)
    assert places(ground, chosen(ground, scope, today=date(2098, 1, 1))) == ["SALINE A-3 L-1"]
    assert places(ground, chosen(ground, scope, today=date(2099, 1, 1))) == [
        "SALINE A-3 L-1",
        "SALINE A-3 L-2",
    ]
    none = chosen(ground, scope, today=date(2098, 1, 1) - timedelta(days=1))
    assert none.reasons == ("No lot there expires by 30 January 2098.",)


# --- what is not there


def test_nothing_available_means_the_empty_items_too(ground: Ground) -> None:
    ground.stock_by("GLOVES", "A-1", -10)
    ground.stock_by("GLOVES", "A-2", -20)
    assert places(ground, chosen(ground, Scope(availability="zero"))) == ["GLOVES A-1", "GLOVES A-2"]
    factories.pretend_reserved(ground.sku("MASKS"), ground.warehouse, 46)
    assert places(ground, chosen(ground, Scope(availability="negative"))) == ["MASKS A-1", "MASKS A-4"]


def test_a_named_sku_is_looked_for_where_it_was_and_else_in_the_default_bin(ground: Ground) -> None:
    ground.stock_by("GLOVES", "A-2", -20)
    selection = chosen(ground, Scope(skus=(ground.sku("GLOVES"), ground.sku("TAPE"))))
    default = Bin.objects.get(warehouse=ground.warehouse, is_default=True).code
    assert places(ground, selection) == [f"TAPE {default}", "GLOVES A-1", "GLOVES A-2"]
    assert bins(selection) == [default, "A-1", "A-2"]


def test_a_named_sku_is_not_looked_for_outside_of_the_places_named(ground: Ground) -> None:
    scope = Scope(skus=(ground.sku("TAPE"),), rooms=(ground.rooms["Front"],))
    assert chosen(ground, scope).lines == []


def test_empty_bins_of_the_places_named_are_visited(ground: Ground) -> None:
    factories.make_bin(ground.warehouse, "A-0", room=ground.rooms["Front"], pick_sequence=15)
    factories.make_bin(ground.warehouse, "A-9", room=ground.rooms["Front"], pick_sequence=16, is_active=False)
    front = Scope(rooms=(ground.rooms["Front"],))
    assert bins(chosen(ground, front)) == ["A-1", "A-0", "A-2"]
    assert bins(chosen(ground, Scope(rooms=front.rooms, skus=(ground.sku("MASKS"),)))) == ["A-1"]
    assert bins(chosen(ground, Scope(rooms=front.rooms, limit=10))) == ["A-1", "A-2"]
    assert bins(chosen(ground, Scope())) == ["A-1", "A-2", "A-3", "A-4"]
    named = tuple(Bin.objects.filter(room=front.rooms[0]))
    assert bins(chosen(ground, Scope(bins=named, skus=(ground.sku("MASKS"),)))) == ["A-1", "A-0"]
    assert bins(chosen(ground, Scope(bins=named, sample=10))) == ["A-1", "A-2"]


def test_a_bin_alone_is_visited_though_it_is_empty(ground: Ground) -> None:
    empty = factories.make_bin(ground.warehouse, "A-0", room=ground.rooms["Front"])
    selection = chosen(ground, Scope(bins=(empty,)))
    assert (selection.lines, bins(selection), selection.is_empty) == ([], ["A-0"], False)


# --- some of them


def test_a_sample_is_so_many_lines_at_random(ground: Ground) -> None:
    samples = {tuple(places(ground, chosen(ground, Scope(sample=3)))) for _ in range(12)}
    assert all(len(sample) == 3 for sample in samples)
    assert len(samples) > 1
    assert all(list(sample) == [place for place in ALL if place in sample] for sample in samples)
    assert places(ground, chosen(ground, Scope(sample=100))) == ALL


def test_a_limit_takes_the_first_of_the_walk(ground: Ground) -> None:
    assert places(ground, chosen(ground, Scope(limit=2))) == ALL[:2]


def test_a_limit_takes_what_is_longest_due_and_of_the_highest_rank(ground: Ground) -> None:
    classed(ground, SALINE="A", MASKS="A", GLOVES="A")
    cycle(ground, "MASKS", due=TODAY - timedelta(days=9))
    cycle(ground, "GLOVES", due=TODAY - timedelta(days=1))
    cycle(ground, "SALINE", due=TODAY - timedelta(days=1))
    assert places(ground, chosen(ground, Scope(due_only=True, limit=3))) == [
        "MASKS A-1",
        "SALINE A-3 L-1",
        "MASKS A-4",
    ]
    assert places(ground, chosen(ground, Scope(classes=("A",), limit=2))) == [
        "SALINE A-3 L-1",
        "SALINE A-3 L-2",
    ]


# --- what another batch leads to


def test_what_is_in_another_open_count_is_left_out_and_told(ground: Ground) -> None:
    front = ground.plan(scope=Scope(rooms=(ground.rooms["Front"],)))
    back = ground.plan(scope=Scope(skus=(ground.sku("SALINE"),)))
    selection = chosen(ground, Scope())
    assert places(ground, selection) == ["MASKS A-4"]
    assert selection.reasons == (
        f"3 are in {front.label} already.",
        f"2 are in {back.label} already.",
    )
    assert places(ground, chosen(ground, Scope(), except_batch=front)) == [
        "GLOVES A-1",
        "MASKS A-1",
        "GLOVES A-2",
        "MASKS A-4",
    ]


def test_one_lot_is_not_the_other(ground: Ground) -> None:
    batch = ground.plan(scope=Scope(skus=(ground.sku("SALINE"),)))
    CountLine.objects.filter(batch=batch, lot=ground.lot("L-2")).delete()
    selection = chosen(ground, Scope(skus=(ground.sku("SALINE"),)))
    assert places(ground, selection) == ["SALINE A-3 L-2"]
    assert selection.reasons == (f"1 is in {batch.label} already.",)


@pytest.mark.parametrize(
    ("state", "is_free"), [("counting", False), ("review", False), ("cancelled", True), ("resolved", True)]
)
def test_only_open_counts_keep_their_lines(ground: Ground, state: str, is_free: bool) -> None:
    batch = ground.plan()
    CountBatch.objects.filter(pk=batch.pk).update(state=state)
    assert (len(chosen(ground, Scope()).lines) == 6) is is_free


def test_where_all_is_taken_it_is_said_by_whom_and_nothing_else(ground: Ground) -> None:
    batch = ground.plan()
    selection = chosen(ground, Scope(skus=(ground.sku("MASKS"),)))
    assert selection.is_empty
    assert selection.reasons == (f"2 are in {batch.label} already.",)
    everywhere = chosen(ground, Scope(bins=(ground.bin("A-1"),)))
    assert everywhere.is_empty
    assert everywhere.reasons == (f"2 are in {batch.label} already.",)


def test_an_empty_bin_is_visited_by_one_count(ground: Ground) -> None:
    empty = factories.make_bin(ground.warehouse, "A-0", room=ground.rooms["Front"])
    ground.plan(scope=Scope(bins=(empty,)))
    selection = chosen(ground, Scope(bins=(empty,)))
    assert selection.is_empty
    assert selection.reasons == (
        "1 empty bin is in another open count already.",
        "There is nothing in the bins named.",
    )


def test_a_named_sku_that_is_nowhere_is_looked_for_by_one_count(ground: Ground) -> None:
    ground.plan(scope=Scope(skus=(ground.sku("TAPE"),)))
    assert chosen(ground, Scope(skus=(ground.sku("TAPE"),))).is_empty


# --- why there is nothing


def test_conditions_that_nothing_meets_at_once(ground: Ground) -> None:
    scope = Scope(rooms=(ground.rooms["Back"],), skus=(ground.sku("GLOVES"),))
    assert chosen(ground, scope).reasons == ("Nothing meets all of the conditions at once.",)


def test_an_empty_warehouse(ground: Ground) -> None:
    empty = factories.make_warehouse(ground.organization, "South")
    selection = select(warehouse=empty, scope=Scope(), today=TODAY)
    assert selection.reasons == ("There is nothing in South.",)


# --- as JSON, and in words


def test_a_scope_is_kept_and_asked_again(ground: Ground) -> None:
    category = factories.make_category(ground.organization, "Hygiene")
    product = ground.sku("GLOVES").product
    product.category = category
    product.save()
    scope = Scope(
        rooms=(ground.rooms["Front"],),
        bins=(ground.bin("A-1"), ground.bin("A-2")),
        categories=(category,),
        skus=(ground.sku("GLOVES"),),
        availability="",
        not_counted_for=3,
        due_only=True,
    )
    batch = ground.plan(scope=scope)
    again = scope_of(CountBatch.objects.get(pk=batch.pk))
    assert again is not None
    assert again.as_json() == scope.as_json() == batch.scope
    assert (
        words_of(batch.scope)
        == "Room Front; bins A-1, A-2; category Hygiene; SKU GLOVES; due; not counted for 3 days"
    )


@pytest.mark.parametrize("scope", [Scope(sample=3), Scope(limit=3)])
def test_a_scope_that_would_take_others_is_not_asked_again(ground: Ground, scope: Scope) -> None:
    assert scope_of(ground.plan(scope=scope)) is None


def test_a_scope_whose_records_are_gone_is_not_everything(ground: Ground) -> None:
    batch = ground.plan(scope=Scope(bins=(ground.bin("A-1"),)))
    batch.scope = {"bins": ["bin_00000000000000000000000000"]}
    assert scope_of(batch) is None


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ({}, "Everything"),
        ({"classes": ["A", "B"], "limit": 1}, "Classes A, B; the first 1 line"),
        ({"expiring_within": 0}, "Expiring today or expired"),
        ({"expiring_within": 30, "sample": 1200}, "Expiring within 30 days; 1,200 lines at random"),
        ({"availability": "negative"}, "Less than nothing available"),
        ({"rooms": ["room_00000000000000000000000000"]}, "Room (deleted)"),
    ],
)
def test_a_scope_in_words(db: None, scope: dict[str, object], words: str) -> None:
    assert words_of(scope) == words


def test_what_is_available_is_kept_from_those_who_do_not_see_the_books() -> None:
    scope = {"availability": "zero", "due_only": True}
    assert words_of(scope, names={}, shows_book=False) == "Due"
    assert scope_shown(scope, shows_book=False) == {"due_only": True}
    assert scope_shown(scope, shows_book=True) == scope


def test_of_many_bins_the_first_are_named(ground: Ground) -> None:
    scope = {"bins": [bin.public_id for bin in ground.bins.values()] * 2}
    assert words_of(scope) == "Bins A-1, A-2, A-3, A-4, A-1 and 3 more"


# --- statements


def test_the_number_of_statements_does_not_grow(
    ground: Ground, django_assert_num_queries: pytest_django.DjangoAssertNumQueries
) -> None:
    scope = Scope(rooms=(ground.rooms["Front"],))
    with django_assert_num_queries(4):
        chosen(ground, scope)
    for number in range(3):
        sku = factories.make_sku(ground.organization)
        factories.stock(sku, ground.warehouse, 1, bin=ground.bin("A-1"))
        factories.make_bin(ground.warehouse, f"E-{number}", room=ground.rooms["Front"], pick_sequence=90)
    with django_assert_num_queries(5):
        selection = chosen(ground, scope)
    assert (len(selection.lines), len(selection.bins)) == (6, 5)
    with django_assert_num_queries(6):
        chosen(ground, Scope(skus=tuple(ground.skus.values())))
