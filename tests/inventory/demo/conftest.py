"""The demonstration, loaded once for all tests of a module: it takes seconds, and they only look at it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings

from warehouses.models import Organization

__all__ = ["Demo"]


@dataclass(frozen=True)
class Demo:
    organization: Organization
    printed: str
    folder: Path

    @property
    def key(self) -> str:
        found = re.findall(r"shown this once: (\S+)", self.printed)
        assert len(found) == 1
        return str(found[0])

    @property
    def password(self) -> str:
        return (self.folder / "demo_password").read_text().strip()


def run_demo() -> str:
    out = io.StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


@pytest.fixture(scope="module")
def demo(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("data")
    with django_db_blocker.unblock(), override_settings(DATA_DIR=folder, PORT=8000), transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:  # as a command of the product: those have no time-out
                cursor.execute("SET LOCAL statement_timeout = 0")
        printed = run_demo()
        yield Demo(Organization.objects.get(name="Demo Trading"), printed, folder)
        transaction.set_rollback(True)
