"""A process that dies in the middle leaves nothing; one that dies after committing has lost nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from inventory.models import Movement, StockLevel
from inventory.verification import verify
from tests import factories
from tests.inventory.ledger.batches import fingerprint
from tests.races.conftest import ROOT, environment

pytestmark = pytest.mark.django_db(transaction=True)


def kill_at(moment: str, key: str, folder: Path) -> None:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.races.crash", moment, "CRASH", key],
            cwd=ROOT,
            env=environment(folder, LOG_LEVEL="ERROR"),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert process.stdout is not None
        said = process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
        process.stdout.close()
    assert said == "ready\n", (folder / "log").read_text()
    assert process.returncode == -signal.SIGKILL


QUICKLY = [
    pytest.param(f"quickly-{moment}", marks=pytest.mark.postgresql)
    for moment in ("before-commit", "before-answer")
]


@pytest.mark.parametrize("moment", ["before-commit", "before-answer", *QUICKLY])
def test_killed(moment: str, tmp_path: Path) -> None:
    organization = factories.make_organization()
    sku = factories.make_sku(organization, "CRASH")
    factories.stock(sku, organization.warehouses.get(), 10)
    key = factories.make_key(organization)
    before = fingerprint()
    kill_at(moment, key, tmp_path)
    if moment.endswith("before-commit"):
        assert fingerprint() == before
        assert StockLevel.objects.get().on_hand == 10
    else:
        assert StockLevel.objects.get().on_hand == 7
    assert list(verify()) == []

    # The client knows nothing, and sends it again.
    client = Client(headers={"X-API-Key": key, "Idempotency-Key": "crash"})
    again = client.post(
        "/api/v1/inventory/adjust", {"sku": "CRASH", "adjustment": -3}, content_type="application/json"
    )
    assert again.status_code == 200
    assert again.headers.get("Idempotent-Replayed") == (None if moment.endswith("before-commit") else "true")
    assert again.json()["quantity"] == 7
    assert StockLevel.objects.get().on_hand == 7
    assert Movement.objects.filter(delta=-3).count() == 1
