"""Work that is cut short goes on where it was, and no batch counts twice."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.import_runs import checking, engine, importing, reading
from inventory.import_runs.catalogue_rows import CatalogueRows
from inventory.import_runs.claims import LEASE, LeaseLost, claim, held
from inventory.import_runs.purge import purge
from inventory.import_runs.runs import discard, start_import, undo_import
from inventory.import_runs.stock_rows import StockRows
from inventory.import_runs.uploads import upload
from inventory.models import Adjustment, ImportRow, ImportRun, ImportState, Movement, Sku, Source, StockLevel
from tests import factories
from tests.inventory.import_runs.conftest import Bring, House, counts, do, rights, work
from warehouses import transactions
from warehouses.refusals import Conflict, NotFound, RuleBroken

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process is gone: nothing catches it."""


@pytest.fixture
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (checking, importing):
        monkeypatch.setattr(module, "BATCH", 3)


def many(house: House, bring: Bring, count: int = 8) -> ImportRun:
    for number in range(count):
        factories.make_sku(house.organization, f"S-{number}")
    return bring("sku,warehouse,quantity", *[f"S-{number},North,{number + 1}" for number in range(count)])


def begin(run: ImportRun, house: House) -> None:
    access = rights(house.alice, house.organization)
    transactions.run(lambda: start_import(access=access, user=house.alice, run=run))


def abandoned(run: ImportRun) -> None:
    """As long after the worker is gone that somebody else may take it."""
    ImportRun.objects.filter(pk=run.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.usefixtures("_small_batches")
class TestKilled:
    @pytest.mark.parametrize("calls", [1, 2, 3])
    def test_an_import_goes_on_and_counts_each_batch_once(
        self, house: House, bring: Bring, monkeypatch: pytest.MonkeyPatch, calls: int
    ) -> None:
        run = many(house, bring)
        begin(run, house)
        plain, made = StockRows.post, []

        def post(self: StockRows, entries: Any) -> Any:
            done = plain(self, entries)
            made.append(len(entries))
            if len(made) == calls:
                raise Killed  # after the posting, before the commit
            return done

        monkeypatch.setattr(StockRows, "post", post)
        with pytest.raises(Killed):
            engine.work(seconds=60)
        run.refresh_from_db()
        assert (run.state, run.done_count) == (ImportState.IMPORTING, 3 * (calls - 1))
        assert not engine.work(seconds=60)  # its lease is not over
        abandoned(run)
        run = work(run)
        assert (run.state, run.done_count, run.refused_count) == (ImportState.IMPORTED, 8, 0)
        assert Movement.objects.filter(sku__code__startswith="S-").count() == 8
        assert Adjustment.objects.filter(source=Source.IMPORT).count() == 3
        assert sorted(
            StockLevel.objects.filter(sku__code__startswith="S-").values_list("on_hand", flat=True)
        ) == [*range(1, 9)]

    def test_a_check_goes_on(self, house: House, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
        plain, seen = CatalogueRows.judge, []

        def judge(self: CatalogueRows, entries: Any) -> Any:
            seen.append([entry.code for entry in entries])
            if len(seen) == 2:
                raise Killed
            return plain(self, entries)

        monkeypatch.setattr(CatalogueRows, "judge", judge)
        lines = ["sku,title", *[f"P-{number},Pot" for number in range(4)], "P-0,Other", "P-5,Pot"]
        with pytest.raises(Killed):
            bring(*lines)
        run = ImportRun.objects.get()
        assert counts(run) == (3, 0, 0, 0)
        abandoned(run)
        run = work(run)
        # The row that contradicts one of the first batch is found, though that was judged by another worker.
        assert (run.state, counts(run)) == (ImportState.READY, (5, 0, 0, 1))
        assert seen[2:] == [["P-3", "P-5"]]

    def test_the_check_of_a_long_file_reads_no_row_again_and_again(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read: list[int] = []
        plain = checking.read_rows

        def read_rows(job: Any, rows: Any) -> Any:
            read.append(len(rows))
            return plain(job, rows)

        monkeypatch.setattr(checking, "read_rows", read_rows)
        # Each batch takes a second, and the worker is given none.
        monkeypatch.setattr(checking, "time", SimpleNamespace(monotonic=lambda: float(len(read))))
        content = "".join(["sku,title\n", *[f"P-{number},Pot\n" for number in range(96)]]).encode()
        access = rights(house.alice, house.organization)
        run = transactions.run(
            lambda: upload(access=access, user=house.alice, file_name="pots.csv", content=content)
        )
        while engine.work(seconds=-1e9):
            pass
        run.refresh_from_db()
        assert (run.state, counts(run)) == (ImportState.READY, (96, 0, 0, 0))
        assert 32 < len(read) <= 3 * 32

    def test_an_undoing_goes_on(self, house: House, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
        run = do(many(house, bring), house.alice)
        access = rights(house.alice, house.organization)
        transactions.run(lambda: undo_import(access=access, user=house.alice, run=run))
        plain, made = StockRows.undo, []

        def undo(self: StockRows, rows: Any) -> Any:
            kept = plain(self, rows)
            made.append(1)
            if len(made) == 2:
                raise Killed
            return kept

        monkeypatch.setattr(StockRows, "undo", undo)
        with pytest.raises(Killed):
            engine.work(seconds=60)
        abandoned(run)
        run = work(run)
        assert (run.state, run.undone_count, run.kept_count) == (ImportState.UNDONE, 8, 0)
        assert Adjustment.objects.filter(reverses__isnull=False).count() == 3
        assert set(
            StockLevel.objects.filter(sku__code__startswith="S-").values_list("on_hand", flat=True)
        ) == {0}

    def test_time_is_shared(self, house: House, bring: Bring) -> None:
        run = many(house, bring)
        begin(run, house)
        assert engine.work(seconds=0)
        run.refresh_from_db()
        assert (run.state, run.done_count, run.lease) == (ImportState.IMPORTING, 3, None)
        assert work(run).done_count == 8

    def test_whoever_has_lost_the_lease_writes_nothing(self, house: House, bring: Bring) -> None:
        run = many(house, bring)
        begin(run, house)
        mine = claim(timezone.now())
        assert mine is not None
        theirs = claim(timezone.now() + LEASE)
        assert theirs is not None
        assert theirs.tries == 1
        with pytest.raises(LeaseLost):
            transactions.run(lambda: held(mine))
        job = StockRows(mine, rights(house.alice, house.organization))
        with pytest.raises(LeaseLost):
            importing.import_rows(mine, job, 0)
        assert not Adjustment.objects.filter(source=Source.IMPORT).exists()


class TestFaults:
    def test_a_worker_that_is_lost_again_and_again_ends_it(self, house: House, bring: Bring) -> None:
        run = many(house, bring)
        begin(run, house)
        ImportRun.objects.filter(pk=run.pk).update(tries=engine.TRIES)
        run = work(run)
        assert run.state == ImportState.IMPORTED
        assert run.error == "The worker was lost in the middle of it, again and again."
        assert (run.done_count, StockLevel.objects.filter(sku__code="S-1").exists()) == (0, False)
        begin(run, house)  # it may go on
        assert work(run).done_count == 8

    def test_a_fault_of_ours_is_tried_again_but_not_for_ever(
        self, house: House, bring: Bring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "guess_kind", lambda *given: 1 / 0)
        run = bring("sku,title", "POT,Pot")
        assert (run.state, run.tries) == (ImportState.READING, 1)
        for _ in range(engine.TRIES - 1):
            abandoned(run)
            run = work(run)
        assert (run.state, run.error) == (
            ImportState.FAILED,
            "Something went wrong here; the worker's log says what.",
        )

    def test_stock_that_is_too_busy_is_tried_later(
        self, house: House, bring: Bring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = many(house, bring)
        begin(run, house)

        def busy(*given: Any) -> Any:
            raise Conflict("CONTENTION", "Too many changes to the same stock at once; try again.")

        with monkeypatch.context() as patch:
            patch.setattr(StockRows, "post", busy)
            engine.work(seconds=60)
        run.refresh_from_db()
        assert (run.state, run.tries, run.done_count) == (ImportState.IMPORTING, 1, 0)
        abandoned(run)
        assert work(run).done_count == 8


class TestDeciding:
    def test_what_is_discarded_while_it_is_read_is_read_no_further(self, house: House, bring: Bring) -> None:
        access = rights(house.alice, house.organization)
        run = transactions.run(
            lambda: upload(access=access, user=house.alice, file_name="a.csv", content=b"sku,title\nA,B\n")
        )
        mine = claim(timezone.now())
        assert mine is not None
        transactions.run(lambda: discard(access=access, run=run))
        with pytest.raises(LeaseLost):
            reading.read_file(mine, access)
        assert not ImportRow.objects.exists()

    def test_states_are_asked(self, house: House, bring: Bring) -> None:
        access = rights(house.alice, house.organization)
        run = bring("sku,title", "POT,Pot")
        with pytest.raises(Conflict, match="somebody was faster"):
            transactions.run(lambda: undo_import(access=access, user=house.alice, run=run))
        run = do(run, house.alice)
        with pytest.raises(RuleBroken, match="No row of this file changes anything"):
            begin(run, house)
        with pytest.raises(Conflict):
            transactions.run(lambda: discard(access=access, run=run))
        stranger = rights(house.charlie, house.other)
        with pytest.raises(NotFound):
            transactions.run(lambda: undo_import(access=stranger, user=house.charlie, run=run))

    def test_rows_of_old_imports_go_and_the_record_stays(
        self, house: House, bring: Bring, settings: Any
    ) -> None:
        settings.IMPORT_ROWS_KEPT = timedelta(days=90)
        old, young = do(bring("sku,title", "POT,Pot"), house.alice), bring("sku,title", "PAN,Pan")
        ImportRun.objects.filter(pk=old.pk).update(finished_at=timezone.now() - timedelta(days=91))
        assert purge(timezone.now()) == 1
        assert set(ImportRow.objects.values_list("run", flat=True)) == {young.pk}
        assert Sku.objects.filter(code="POT").exists()
        assert purge(timezone.now()) == 0


class TestStatements:
    def test_a_batch_costs_the_same_whatever_its_size(self, house: House, bring: Bring) -> None:
        """For a check: rows, SKUs, and what the ledger does for a batch; for an import the same, kept."""
        found = []
        for count in (1, 2, 40):  # the first one fills caches
            Sku.objects.filter(code__startswith="S-", levels__isnull=True).delete()
            for number in range(count):
                factories.make_sku(house.organization, f"S-{count}-{number}")
            lines = [f"S-{count}-{number},North,{number + 1}" for number in range(count)]
            with CaptureQueriesContext(connection) as checked:
                run = bring("sku,warehouse,quantity", *lines)
            with CaptureQueriesContext(connection) as imported:
                do(run, house.alice)
            found.append((len(checked), len(imported)))
        assert found[1] == found[2]
