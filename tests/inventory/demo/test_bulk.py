"""`manage.py seed_demo` writes the ledger's tables itself, so what the ledger promises is checked here anew."""

from __future__ import annotations

import io
from collections import Counter
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from inventory.demo.bulk import fill, total_rows
from inventory.models import Adjustment, Barcode, Movement, Product, Sku, StockItem, StockLevel, StockSummary
from inventory.verification import verify
from tests.factories import make_organization, stock
from warehouses.models import Organization, Warehouse


def fill_quietly(*, skus: int, movements: int, rebuilds: bool | None = False) -> tuple[Organization, int]:
    """The organization, of three warehouses, and the number of rows that the progress bar would have seen."""
    written = 0

    def advance(rows: int) -> None:
        nonlocal written
        written += rows

    organization = fill(
        name="Bulk", skus=skus, warehouses=3, movements=movements, advance=advance, rebuilds=rebuilds
    )
    return organization, written


def schema() -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1")
        indexes = cursor.fetchall()
        cursor.execute("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2")
        return [*indexes, *cursor.fetchall()]


@pytest.mark.parametrize("movements", [1, 137, 300, 301, 1999])
def test_any_number_of_movements_keeps_every_invariant(db: None, movements: int) -> None:
    _organization, written = fill_quietly(skus=100, movements=movements)

    assert list(verify()) == []
    assert Movement.objects.count() == movements
    assert StockItem.objects.count() == min(movements, 300)
    assert (Sku.objects.count(), Barcode.objects.count(), Product.objects.count()) == (100, 100, 25)
    assert (StockLevel.objects.count(), StockSummary.objects.count()) == (300, 100)
    assert Adjustment.objects.count() == -(-movements // 500)
    assert written == total_rows(skus=100, warehouses=3, movements=movements)


def test_all_statuses_occur(db: None) -> None:
    fill_quietly(skus=100, movements=2000)

    assert Counter(StockSummary.objects.values_list("status", flat=True)) == {
        "normal": 84,
        "low": 8,
        "critical": 4,
        "out_of_stock": 4,
    }


def test_movements_are_of_the_last_year_in_order(db: None) -> None:
    fill_quietly(skus=100, movements=2000)

    times = list(Movement.objects.order_by("id").values_list("recorded_at", flat=True))
    assert times == sorted(times)
    now = timezone.now()
    assert now - timedelta(days=366) < times[0] < now - timedelta(days=364)
    assert now - timedelta(minutes=2) < times[-1] < now
    assert len(set(times)) == 4  # a document's movements have one instant


def test_the_ledger_goes_on_from_there(db: None) -> None:
    organization, _written = fill_quietly(skus=25, movements=300)
    level = StockLevel.objects.filter(on_hand__gt=10).select_related("sku", "warehouse")[0]
    before = level.on_hand

    stock(level.sku, level.warehouse, -3, code="SALE")

    level.refresh_from_db()
    assert level.on_hand == before - 3
    assert list(verify()) == []
    assert Movement.objects.filter(organization=organization).count() == 301


def test_rebuilding_indexes_leaves_the_schema_as_it_was(db: None, is_postgresql: bool) -> None:
    before = schema() if is_postgresql else None

    fill_quietly(skus=50, movements=400, rebuilds=True)

    assert list(verify()) == []
    if is_postgresql:
        assert schema() == before


def test_records_can_be_read_as_models(db: None) -> None:
    fill_quietly(skus=10, movements=60)
    movement = Movement.objects.select_related("sku", "level", "stock_item", "reason_code").first()

    assert movement is not None
    assert movement.sku.code.casefold() == movement.sku.code_key == movement.level.sort_code
    assert movement.recorded_at.tzinfo is not None
    assert movement.public_id.startswith("mov_")
    assert (movement.pk.version, movement.pk.variant) == (7, "specified in RFC 4122")
    assert (movement.sku.unit_price or 0) > (movement.sku.unit_cost or 0) > 0
    assert (movement.actor_name, movement.actor_id, movement.occurred_at) == ("system", None, None)
    assert Adjustment.objects.get(pk=movement.document_id).line_count == 60


def test_other_organizations_keep_what_they_have(db: None) -> None:
    other = make_organization("Other")
    fill_quietly(skus=10, movements=60)

    assert not Sku.objects.filter(organization=other).exists()
    assert Warehouse.objects.filter(organization=other).count() == 1


def test_command_says_what_it_made(db: None) -> None:
    out = io.StringIO()

    call_command(
        "seed_demo", "--skus=10", "--warehouses=2", "--movements=30", "--organization=Big", stdout=out
    )

    assert out.getvalue().startswith("Big: 10 SKUs in 2 warehouses and 30 movements, in ")
    assert Organization.objects.get(name="Big").warehouses.count() == 2


def test_command_refuses_an_organization_that_exists(db: None) -> None:
    make_organization("Big")

    with pytest.raises(CommandError, match="Big"):
        call_command("seed_demo", "--skus=10", "--movements=30", "--organization=Big")

    assert not Sku.objects.exists()


@pytest.mark.parametrize(
    "arguments", [["--skus=0", "--movements=1"], ["--skus=1", "--movements=many"], ["--skus=1"]]
)
def test_command_refuses_what_is_no_number(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match=r"whole number above zero|--movements"):
        call_command("seed_demo", *arguments)
