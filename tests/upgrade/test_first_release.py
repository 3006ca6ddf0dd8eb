"""A database that the first release made, with its own code, is brought to this one and is whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.races.conftest import ROOT, environment
from tests.upgrade.first_release import content

#: Run on the upgraded database: what people had done is there, and they can go on.
LOOK = """
import django; django.setup()
from datetime import timedelta
from django.db.models import Sum
from django.utils import timezone
from inventory import checkpoints
from inventory.checkpoints import making
from inventory.models import Adjustment, Movement, Sku, StockItem
from tests import factories
from warehouses.models import User

assert Movement.objects.count() == {movements}, Movement.objects.count()
assert Adjustment.objects.count() == {adjustments}
assert StockItem.objects.aggregate(units=Sum("on_hand"))["units"] == {units}
mia = User.objects.get(email="mia@example.com")
assert mia.check_password("correct horse battery")
assert [m.organization.name for m in mia.memberships.all()] == ["Nordwind Trading"]
sku = Sku.objects.get(code="NW-009")
factories.stock(sku, sku.organization.warehouses.order_by("pk").first(), 5)
making._running = lambda: None  # other tests' transactions are none of this database
while checkpoints.make(now=timezone.now() + timedelta(minutes=6)):
    pass
assert str(checkpoints.uncovered()) == "nothing"
"""


@pytest.mark.timeout(600)
def test_a_database_of_the_first_release_is_upgraded(url: str, tmp_path: Path) -> None:
    variables = environment(tmp_path, DATABASE_URL=url, LOG_LEVEL="ERROR")

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    tables = content()["tables"]
    items = tables["inventory.StockItem"]
    place = items["fields"].index("on_hand")
    facts = {
        "movements": len(tables["inventory.Movement"]["rows"]),
        "adjustments": len(tables["inventory.Adjustment"]["rows"]),
        "units": sum(row[place] for row in items["rows"]),
    }
    assert min(facts.values()) > 1000
    run("-m", "tests.upgrade.first_release")
    run("manage.py", "migrate", "--no-input", "--verbosity=0")
    run("manage.py", "migrate", "--check")
    assert "the stock is right" in run("manage.py", "verify_stock")
    run("-c", LOOK.format(**facts))
    assert "the stock is right" in run("manage.py", "verify_stock")
    assert "2 checkpoints and 0 heads hold" in run("manage.py", "verify_ledger")
