"""Files that a location drops into its folder: read in the order of their names, whole lines only, and moved away."""

from __future__ import annotations

import errno
import gzip
import os
from pathlib import Path
from typing import Any

import pytest

from inventory.models import Adapter, Lot, Movement, PosConnection, SyncProblem, SyncType
from inventory.sync import csv_drop, engine
from inventory.sync.connections import connect
from inventory.sync.csv_drop import CsvDrop
from tests import factories
from tests.inventory.sync.syncing import counts, hurry, lose_leases, on_hand, problems, start, sync, work
from warehouses.access import Access
from warehouses.models import Organization, Warehouse

pytestmark = pytest.mark.django_db

NO_NUMBER = "is not a whole number such as 12 or -12"
TWICE = "sku: B in Shop is set by more than one row; which one holds?"
FULL = "sku,quantity"
CHANGES = "key,sku,quantity_change,reason_code"


@pytest.fixture
def drop(organization: Organization, access: Access, shop: Warehouse, settings: Any) -> Path:
    """The folder of the shop, which has 10 of A and of B."""
    connect(access=access, warehouse=shop, adapter=Adapter.CSV_DROP, folder="shop-1")
    for code in "AB":
        factories.stock(factories.make_sku(organization, code), shop, 10)
    return Path(settings.POS_DROP_DIR) / "shop-1"


def put(folder: Path, name: str, *lines: str, end: str = "\n") -> None:
    """Drop a file as the other side should: under another name first."""
    content = ("\n".join(lines) + end).encode()
    draft = folder / f".{name}.part"
    draft.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    draft.rename(folder / name)


def names(folder: Path) -> list[str]:
    """The files in a folder, under the names that they were dropped with."""
    return [path.name.split("Z-", 1)[-1] for path in sorted(folder.iterdir()) if path.is_file()]


def test_a_full_file_sets_quantities(shop: Warehouse, drop: Path) -> None:
    put(drop, "full.csv", "SKU;Quantity;Shelf", "A;7;x", "b;10;y", "C;1;z")
    run = sync(shop)
    assert (run.state, counts(run)) == ("completed", (3, 1, 1, 0, 1))
    assert problems(run) == [(3, "INVENTORY_NOT_FOUND")]
    assert on_hand(shop) == {"A": 7, "B": 10}
    assert names(drop) == [".location"]
    assert names(drop / "done") == ["full.csv"]
    assert PosConnection.objects.get().last_synced_at == run.finished_at


def test_changes_are_added_once(shop: Warehouse, drop: Path) -> None:
    lines = ("1,A,-3,SALE,2026-01-27T10:30:00Z,late", "2,B,4,return,,")
    put(drop, "changes-1.csv", f"{CHANGES},occurred_at,note", *lines)
    assert counts(sync(shop, "incremental")) == (2, 2, 0, 0, 0)
    assert on_hand(shop) == {"A": 7, "B": 14}
    movement = Movement.objects.get(reference="1")
    assert movement.note == "late"
    assert movement.occurred_at is not None

    put(drop, "changes-1.csv", f"{CHANGES},occurred_at,note", *lines, "3,A,-1,SALE,,")
    assert counts(sync(shop, "incremental")) == (3, 1, 0, 2, 0)
    assert on_hand(shop) == {"A": 6, "B": 14}
    assert names(drop / "done") == ["changes-1.csv", "changes-1.csv"]


def test_files_come_in_the_order_of_their_names(shop: Warehouse, drop: Path) -> None:
    put(drop, "changes-2.csv.gz", CHANGES, "3,A,-9,SALE")
    put(drop, "changes-1.csv", CHANGES, "1,A,5,RETURN", "2,A,-6,SALE")
    put(drop, "full.csv", FULL, "A,0")
    run = sync(shop, "incremental")
    assert counts(run) == (3, 3, 0, 0, 0)
    assert on_hand(shop)["A"] == 0
    assert names(drop) == [".location", "full.csv"]
    assert names(drop / "done") == ["changes-1.csv", "changes-2.csv.gz"]


def test_no_file_is_a_run_of_no_rows(shop: Warehouse, drop: Path) -> None:
    for kind in ("full", "incremental"):
        run = sync(shop, kind)
        assert (run.state, counts(run)) == ("completed", (0, 0, 0, 0, 0))


@pytest.mark.parametrize(
    "name",
    [
        ".full.csv",
        "full.csv.part",
        "full.txt",
        "FULL.csv",
        "stock.csv",
        "full\n.csv",
        "full" + "x" * 151 + ".csv",
    ],
)
def test_files_of_other_names_are_left_alone(shop: Warehouse, drop: Path, name: str) -> None:
    (drop / name).write_text(f"{FULL}\nA,1\n")
    assert counts(sync(shop)) == (0, 0, 0, 0, 0)
    assert (drop / name).exists()


def test_a_last_line_without_its_end_is_not_taken_over(shop: Warehouse, drop: Path) -> None:
    put(drop, "full.csv", FULL, "A,5", "B,1", end="")  # was it to be 1, or 12?
    run = sync(shop)
    assert counts(run) == (2, 1, 0, 0, 1)
    problem = SyncProblem.objects.get()
    assert (problem.row, problem.code, problem.content) == (2, "ROW_CUT_OFF", "B,1")
    assert on_hand(shop) == {"A": 5, "B": 10}


def test_bad_lines_are_kept(shop: Warehouse, drop: Path) -> None:
    put(
        drop,
        "full.csv",
        f"{FULL},lot",
        "A,five,",
        "A,5.0,",
        "A,5",
        ",5,",
        "ä,1,",
        '"A"x,1,',
        "B,3,L-1",
        "B,4,",
    )
    run = sync(shop)
    assert counts(run) == (8, 1, 0, 0, 7)
    found = SyncProblem.objects.values_list("row", "code", "detail", "content")
    assert list(found) == [
        (1, "INVALID_ROW", f"quantity: “five” {NO_NUMBER}", '{"sku": "A", "quantity": "five", "lot": ""}'),
        (2, "INVALID_ROW", f"quantity: “5.0” {NO_NUMBER}", '{"sku": "A", "quantity": "5.0", "lot": ""}'),
        (3, "INVALID_ROW", "line: has 2 values, but the header names 3 columns", "A,5"),
        (4, "INVALID_ROW", "sku: is missing", '{"sku": "", "quantity": "5", "lot": ""}'),
        (5, "INVENTORY_NOT_FOUND", "sku: there is no SKU ä.", '{"sku": "ä", "quantity": "1", "lot": ""}'),
        (6, "INVALID_ROW", "line: this is not CSV: ',' expected after '\"'", ""),
        (8, "DUPLICATE_ROW", TWICE, '{"sku": "B", "quantity": "4", "lot": ""}'),
    ]  # fmt: skip
    assert list(Lot.objects.values_list("code", flat=True)) == ["L-1"]


def test_a_line_that_is_no_utf_8_costs_itself(shop: Warehouse, drop: Path) -> None:
    (drop / "full.csv").write_bytes(b"sku,quantity\nA\xff,1\nB,2\n")
    run = sync(shop)
    assert counts(run) == (2, 1, 0, 0, 1)
    assert SyncProblem.objects.get().content == "A\\udcff,1"


def test_null_characters_are_no_reason_to_stop(shop: Warehouse, drop: Path) -> None:
    (drop / "full.csv").write_bytes(b"sku,quantity\nA\0,1\nB,2\n")
    run = sync(shop)
    assert counts(run) == (2, 1, 0, 0, 1)
    problem = SyncProblem.objects.get()
    assert problem.detail == "line: sku: holds a null character"
    assert problem.content == "A\N{SYMBOL FOR NULL},1"


UNREADABLE = [
    (b"", "full.csv is empty."),
    (b"sku,amount\nA,1\n", "full.csv lacks the column quantity."),
    (b"A,1\n", "full.csv lacks the column sku, quantity."),
    (b"sku,quantity,SKU\nA,1,A\n", "full.csv: The header names “sku” more than once."),
    (b"\xff\xfes\0k\0u\0", "full.csv is UTF-16: save it as “CSV UTF-8”."),
    (gzip.compress(b"sku,quantity\nA,1\n" * 1000, mtime=0)[:-9], "full.csv is cut off, or no gzip file."),
    (b"\x1f\x8b nonsense", "full.csv is cut off, or no gzip file."),
]


UNREADABLE_NAMES = ["empty", "column lacks", "no header", "column twice", "UTF-16", "cut-off gzip", "no gzip"]


@pytest.mark.parametrize(("content", "reason"), UNREADABLE, ids=UNREADABLE_NAMES)
def test_a_file_that_cannot_be_read_is_put_aside(
    shop: Warehouse, drop: Path, content: bytes, reason: str
) -> None:
    (drop / "full.csv").write_bytes(content)
    run = sync(shop)
    assert (run.state, run.error, counts(run)) == ("failed", reason, (0, 0, 0, 0, 0))
    assert names(drop / "failed") == ["full.csv"]
    assert (names(drop), names(drop / "taken"), names(drop / "done")) == ([".location"], [], [])
    assert not Movement.objects.filter(reason_code__code="sync").exists()
    # It is not in the way of the next one.
    put(drop, "full.csv", FULL, "A,1")
    assert sync(shop).state == "completed"


def test_a_file_that_is_too_large_is_put_aside(
    shop: Warehouse, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_drop, "MOST_BYTES", 1024**2)
    monkeypatch.setattr(csv_drop, "_PIECE", 1000)
    put(drop, "full.csv.gz", FULL, *["A,1"] * 300_000)
    run = sync(shop)
    assert (run.state, run.error) == ("failed", "full.csv.gz is larger than 1 MB: split it.")
    assert names(drop / "failed") == ["full.csv.gz"]


def test_a_file_that_was_dropped_meanwhile_is_not_put_away_unread(
    shop: Warehouse, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other side replaces the file, under the same name, while it is being read."""
    put(drop, "changes.csv", CHANGES, "1,A,1,RETURN")
    plain = engine.take_over
    dropped = []

    def take_over(*arguments: Any, **options: Any) -> None:
        if not dropped:
            put(drop, "changes.csv", CHANGES, "2,A,1,RETURN")
            dropped.append(True)
        plain(*arguments, **options)

    monkeypatch.setattr(engine, "take_over", take_over)
    assert counts(sync(shop, "incremental")) == (2, 2, 0, 0, 0)
    assert names(drop / "done") == ["changes.csv", "changes.csv"]


class Killed(BaseException):
    """What no code of ours catches: the process ends here."""


def test_killed_before_the_file_is_moved(
    shop: Warehouse, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(drop, "changes.csv", CHANGES, *[f"{n},A,1,RETURN" for n in range(5)])
    run = start(shop, "incremental")

    def die(*arguments: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(csv_drop, "_move", die)
        with pytest.raises(Killed):
            work()
    assert names(drop / "taken") == ["changes.csv"]
    assert on_hand(shop)["A"] == 15

    lose_leases()
    work()
    run.refresh_from_db()
    assert (run.state, counts(run)) == ("completed", (5, 5, 0, 0, 0))
    assert (names(drop / "taken"), names(drop / "done")) == ([], ["changes.csv"])


def test_killed_in_the_middle_of_a_file(shop: Warehouse, drop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"{n},A,1,RETURN" for n in range(1200)] + ["last,X,1,RETURN"]
    put(drop, "changes.csv", CHANGES, *rows)
    run = start(shop, "incremental")
    plain = engine.take_over
    calls = []

    def take_over(*arguments: Any, **options: Any) -> None:
        calls.append(True)
        if len(calls) == 3:
            raise Killed
        plain(*arguments, **options)

    monkeypatch.setattr(engine, "take_over", take_over)
    with pytest.raises(Killed):
        work()
    assert on_hand(shop)["A"] == 1010

    lose_leases()
    work()
    run.refresh_from_db()
    assert (run.state, counts(run)) == ("completed", (1201, 1200, 0, 0, 1))
    assert problems(run) == [(1201, "INVENTORY_NOT_FOUND")]
    assert on_hand(shop)["A"] == 1210


def test_a_long_file_is_left_in_the_middle_when_the_time_is_over(shop: Warehouse, drop: Path) -> None:
    put(drop, "changes.csv", CHANGES, *[f"{n},A,1,RETURN" for n in range(1200)])
    run = start(shop, "incremental")
    assert engine.work(seconds=0.0001) is True
    assert counts(run) == (500, 500, 0, 0, 0)
    assert (run.state, run.lease) == ("running", None)
    assert engine.work(seconds=60) is False
    assert counts(run) == (1200, 1200, 0, 0, 0)
    assert names(drop / "done") == ["changes.csv"]


def test_links_lead_nowhere(shop: Warehouse, drop: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text(f"{FULL}\nA,1\n")
    (drop / "full.csv").symlink_to(outside)
    os.mkfifo(drop / "full-2.csv")
    assert counts(sync(shop)) == (0, 0, 0, 0, 0)
    assert outside.exists()


@pytest.mark.parametrize("inner", ["", "taken", "done", "failed"])
def test_a_folder_that_is_a_link_is_refused(shop: Warehouse, drop: Path, tmp_path: Path, inner: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "full.csv").write_text(f"{FULL}\nA,1\n")
    target = drop / inner if inner else drop
    target.rename(tmp_path / "away")
    target.symlink_to(elsewhere)
    run = sync(shop)
    assert (run.state, run.error) == (
        "failed",
        "The folder, or one in it, is no folder but a link or a file.",
    )
    assert [path.name for path in elsewhere.iterdir()] == ["full.csv"]


def test_what_another_location_left_behind_is_not_read(
    organization: Organization, access: Access, shop: Warehouse, drop: Path
) -> None:
    (drop / ".location").write_text("wh_another\n")
    put(drop, "full.csv", FULL, "A,1")
    run = sync(shop)
    assert (run.state, run.error) == (
        "failed",
        "The folder has been another location's: choose a new one.",
    )
    assert names(drop) == [".location", "full.csv"]


def test_a_folder_that_was_removed_is_made_again(shop: Warehouse, drop: Path, tmp_path: Path) -> None:
    drop.rename(tmp_path / "away")
    assert sync(shop).state == "completed"
    assert names(drop) == [".location"]


def test_a_folder_without_rights_is_tried_again(
    shop: Warehouse, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(drop, "full.csv", FULL, "A,1")

    def forbidden(*arguments: Any, **options: Any) -> None:
        raise PermissionError(errno.EACCES, "no")

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", forbidden)
        run = sync(shop)
    assert (run.state, run.tries, run.error) == (
        "running",
        1,
        "The folder cannot be used: permission denied.",
    )
    hurry()
    work()
    assert counts(run) == (1, 1, 0, 0, 0)


def test_a_page_is_read_from_a_copy(shop: Warehouse, drop: Path) -> None:
    """What is written into a file that was taken, against the rules, is not half read."""
    put(drop, "full.csv", FULL, *[f"S{n},1" for n in range(20_000)])
    feed = CsvDrop(folder="shop-1", owner=shop.public_id, kind=SyncType.FULL)
    with feed.page({}) as page:
        assert page is not None
        (taken,) = (drop / "taken").iterdir()
        taken.write_text("nothing")
        assert sum(1 for _ in page.rows) == 20_000
