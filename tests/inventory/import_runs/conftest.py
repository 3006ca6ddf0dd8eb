"""Alice may do everything at Acme, Bob only in North, Charlie belongs elsewhere; and files as they bring them."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import xlsxwriter

from inventory.import_runs import engine
from inventory.import_runs.runs import start_import, undo_import
from inventory.import_runs.uploads import upload
from inventory.models import ImportRow, ImportRun, Sku
from tests import factories
from warehouses import transactions
from warehouses.access import Access, access_of_user
from warehouses.models import Organization, User, Warehouse

Bring = Callable[..., ImportRun]


@dataclass(frozen=True)
class House:
    organization: Organization
    north: Warehouse
    south: Warehouse
    mug: Sku
    cup: Sku
    alice: User
    bob: User
    charlie: User
    other: Organization


@pytest.fixture
def house(db: None) -> House:
    acme = factories.make_organization("Acme")
    north = factories.make_warehouse(acme, "North")
    south = factories.make_warehouse(acme, "South")
    acme.default_warehouse = north
    acme.save()
    mug = factories.make_sku(acme, "MUG", title="Red mug")
    cup = factories.make_sku(acme, "CUP", title="Blue cup")
    factories.stock(mug, north, 20)
    factories.stock(mug, south, 7)
    rival = factories.make_organization("Rival")
    return House(
        organization=acme,
        north=north,
        south=south,
        mug=mug,
        cup=cup,
        alice=factories.make_person("alice@acme.example", {acme: ["Warehouse manager"]}),
        bob=factories.make_person("bob@acme.example", {acme: [("Warehouse manager", north)]}),
        charlie=factories.make_person("charlie@rival.example", {rival: ["Owner"]}),
        other=rival,
    )


def rights(user: User, organization: Organization) -> Access:
    found = access_of_user(user, organization)
    assert found is not None
    return found


def workbook(*rows: Sequence[Any]) -> bytes:
    """The rows as the first sheet of a workbook; a text that begins with = is a formula without a result."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("Goods")
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if isinstance(value, str) and value.startswith("="):
                    sheet.write_formula(number, place, value, value="")
                else:
                    sheet.write(number, place, value)
    return file.getvalue()


@pytest.fixture
def bring(house: House) -> Bring:
    """Bring a file, and work on it until nobody has anything to do."""

    def bring(
        *lines: str,
        content: bytes | None = None,
        name: str = "goods.csv",
        user: User | None = None,
        kind: str = "",
    ) -> ImportRun:
        person = user or house.alice
        given = "".join(f"{line}\n" for line in lines).encode() if content is None else content
        run = transactions.run(
            lambda: upload(
                access=rights(person, house.organization),
                user=person,
                file_name=name,
                content=given,
                kind=kind,
            )
        )
        return work(run)

    return bring


def work(run: ImportRun) -> ImportRun:
    while engine.work(seconds=60):
        pass
    return ImportRun.objects.select_related("organization", "warehouse", "reason_code").get(pk=run.pk)


def do(run: ImportRun, user: User, *, is_strict: bool = False) -> ImportRun:
    """Import what is good."""
    access = rights(user, run.organization)
    transactions.run(lambda: start_import(access=access, user=user, run=run, is_strict=is_strict))
    return work(run)


def undo(run: ImportRun, user: User) -> ImportRun:
    access = rights(user, run.organization)
    transactions.run(lambda: undo_import(access=access, user=user, run=run))
    return work(run)


def rows(run: ImportRun) -> list[tuple[str, str, list[list[str]], list[list[str]]]]:
    """(outcome, stage, changes, problems) of each row."""
    found = ImportRow.objects.filter(run=run).order_by("number")
    return [(row.outcome, row.stage, row.changes, row.problems) for row in found]


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    return run.new_count, run.changed_count, run.same_count, run.wrong_count
