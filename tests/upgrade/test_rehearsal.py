"""`rehearse_restore` brings a backup back, verifies it, leaves nothing behind, and says so when it is not whole."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from inventory import checkpoints
from inventory.models import Sku, StockLevel
from inventory.rehearsal import engine
from tests import factories
from tests.races.conftest import environment
from warehouses.models import Organization

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]


@pytest.fixture(autouse=True)
def _product(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The commands that it runs have the product's settings."""
    for name, value in environment(tmp_path, LOG_LEVEL="ERROR").items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def sku(organization: Organization) -> Sku:
    sku = factories.make_sku(organization, "MILK")
    for units in (5, 6, -2):
        factories.stock(sku, organization.warehouses.get(), units)
    return sku


def rehearse(**options: object) -> str:
    told = StringIO()
    call_command("rehearse_restore", stdout=told, **options)
    return told.getvalue()


def copies() -> list[str]:
    if connection.vendor == "sqlite":
        return []
    with connection.cursor() as cursor:
        beginning = f"{connection.settings_dict['NAME'][:40]}_rehearsal_"
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [beginning])
        return [row[0] for row in cursor.fetchall()]


def test_a_backup_is_brought_back_and_verified(sku: Sku) -> None:
    told = rehearse()
    assert [line.split()[0] for line in told.splitlines()[:7]] == [
        *("dump", "size", "restore", "rows", "migrate", "verify_stock", "verify_ledger"),
    ]
    assert "the same" in told
    assert "the stock is right" in told
    assert "the books are as they were written" in told
    assert copies() == []


def test_stock_that_is_not_right_is_not_brought_back_as_right(sku: Sku) -> None:
    StockLevel.objects.filter(sku=sku).update(on_hand=100)
    with pytest.raises(CommandError, match="level-is-sum-of-items") as refused:
        rehearse()
    assert refused.value.returncode == 1
    assert copies() == []


def test_a_backup_that_is_cut_short_is_none(sku: Sku, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    engine(tmp_path).dump(file)
    assert "the stock is right" in rehearse(dump=file)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(CommandError):
        rehearse(dump=file)
    assert copies() == []


def test_a_backup_that_lacks_what_was_known_is_found(sku: Sku, tmp_path: Path) -> None:
    """As an old one does, or one whose end was cut off."""
    head = tmp_path / "head"
    head.write_text(str(checkpoints.Head(sku.organization_id, 7, "0" * 64)))
    with pytest.raises(CommandError, match="head-differs"):
        rehearse(head=head)
