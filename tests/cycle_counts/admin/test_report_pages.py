"""Classes, accuracy, settings and the sidebar: what they say to whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cycle_counts import abc, tasks
from cycle_counts.models import BatchState, CountBatch, CountSettings
from cycle_counts.planning import Scope
from cycle_counts.review import resolve_batch
from tests import factories
from tests.cycle_counts.admin.conftest import LIST, Pages
from tests.cycle_counts.conftest import Ground
from warehouses import transactions

pytestmark = pytest.mark.django_db


@pytest.fixture
def classified(ground: Ground) -> None:
    """Of GLOVES most was sold, by value, of MASKS some, of the others nothing."""
    for code, place, units in (("GLOVES", "A-2", 18), ("MASKS", "A-4", 3)):
        factories.stock(ground.sku(code), ground.warehouse, -units, bin=ground.bin(place), code="SALE")
    transactions.run(lambda: abc.refresh(organization=ground.organization, now=timezone.now()))


class TestClasses:
    PAGE = f"{LIST}classes/"

    def test_before_they_are_computed(self, ground: Ground, pages: Pages) -> None:
        words = pages("manager").get(self.PAGE).content.decode()
        assert "The classes were not computed yet." in words
        assert "Compute now" not in words
        assert "Compute now" in pages("owner").get(self.PAGE).content.decode()

    def test_by_rank_with_what_is_due(self, ground: Ground, classified: None, pages: Pages) -> None:
        page = pages("manager").get(self.PAGE)
        rows = page.context["rows"]
        assert [(row.sku.code, row.rank, row.units) for row in rows[:2]] == [
            ("GLOVES", 1, 18),
            ("MASKS", 2, 3),
        ]
        assert page.context["described"].startswith("Class A: ")
        assert "Never" in page.content.decode()
        only = pages("manager").get(f"{self.PAGE}?search=BAR-MASKS").context["rows"]
        assert [row.sku.code for row in only] == ["MASKS"]
        assert pages("manager").get(f"{self.PAGE}?abc_class=X").status_code == 422
        assert pages("manager").get(f"{self.PAGE}?page=99").status_code == 200

    def test_whoever_sees_no_stock_sees_no_values(
        self, ground: Ground, classified: None, pages: Pages
    ) -> None:
        page = pages("counter").get(self.PAGE)
        assert {row.value for row in page.context["rows"]} == {None}
        assert {each.value for each in page.context["summary"].classes} == {None}

    def test_asked_to_be_computed(
        self, ground: Ground, pages: Pages, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        monkeypatch.setattr(tasks.refresh_classes, "delay", asked.append)
        assert pages("owner").post(f"{self.PAGE}refresh/").status_code == 302
        assert asked == [str(ground.organization.pk)]
        assert pages("manager").post(f"{self.PAGE}refresh/").status_code == 403
        assert pages("owner").get(f"{self.PAGE}refresh/").status_code == 405
        assert len(asked) == 1

    def test_who_may(self, ground: Ground, pages: Pages) -> None:
        assert pages("viewer").get(self.PAGE).status_code == 403
        assert pages("outsider").get(self.PAGE).context["rows"] == []


class TestAccuracy:
    PAGE = f"{LIST}accuracy/"

    def resolved(self, ground: Ground, weeks: int, off: int) -> None:
        batch = ground.started(scope=Scope(bins=(ground.bin("A-1"),)))
        there = ground.on_hand("GLOVES", "A-1")
        ground.count(batch, {("GLOVES", "A-1"): there + off, ("MASKS", "A-1"): 5})
        ground.submit(batch)
        transactions.run(
            lambda: resolve_batch(access=ground.access_of("approver"), batch=batch, accepts_rest=True)
        )
        at = timezone.now() - timedelta(weeks=weeks)
        CountBatch.objects.filter(pk=batch.pk).update(closed_at=at)

    def test_week_by_week(self, ground: Ground, pages: Pages) -> None:
        self.resolved(ground, 2, 1)
        self.resolved(ground, 1, 0)
        page = pages("approver").get(self.PAGE)
        assert [(row.lines, row.hits) for row, words in page.context["rows"] if words == "All"] == [
            (2, 2),
            (2, 1),
        ]
        assert dict(page.context["figures"])["Exact"] == "75.0%"
        assert "50.0% in the week of" in page.context["described"]
        (series,) = page.context["series"]
        assert (len(series.dots), len(series.pieces)) == (2, 1)
        assert "2 of" not in dict(page.context["figures"])["Lines counted"]
        narrowed = pages("approver").get(f"{self.PAGE}?weeks=12&location={ground.warehouse.pk}")
        assert len(narrowed.context["rows"]) == len(page.context["rows"])

    def test_before_anything_was_resolved(self, ground: Ground, pages: Pages) -> None:
        assert "No count was resolved in these weeks." in pages("approver").get(self.PAGE).content.decode()

    @pytest.mark.parametrize("query", ["?weeks=7", "?weeks=x", "?location=nonsense"])
    def test_what_is_no_choice(self, ground: Ground, pages: Pages, query: str) -> None:
        assert pages("approver").get(f"{self.PAGE}{query}").status_code == 422

    def test_not_for_those_who_only_count_or_only_read(self, ground: Ground, pages: Pages) -> None:
        assert pages("counter").get(self.PAGE).status_code == 403
        assert pages("viewer").get(self.PAGE).status_code == 403


class TestSettings:
    PAGE = f"{LIST}settings/"

    def sent(self, **more: Any) -> dict[str, Any]:
        return {
            "window_days": "365", "a_share": "80", "b_share": "95", "a_interval": "30", "b_interval": "90",
            "c_interval": "365", "proposed_lines": "200", "seconds_per_line": "30", "proposes": "on",
            "allows_spot_counts": "on", "allows_own_review": "on", "is_blind": "on",
        } | more  # fmt: skip

    def test_changed(self, ground: Ground, pages: Pages) -> None:
        data = self.sent(a_interval="14", tolerance_units="2", tolerance_percent="1.5")
        del data["allows_spot_counts"]
        assert pages("owner").post(self.PAGE, data).status_code == 302
        found = CountSettings.objects.get(organization=ground.organization)
        assert (found.a_interval, found.tolerance_units, str(found.tolerance_percent), found.allows_spot_counts) == (
            14, 2, "1.50", False,
        )  # fmt: skip
        # As it is now the form begins with.
        assert pages("owner").get(self.PAGE).context["form"]["a_interval"].value() == 14

    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"a_share": "99"}, None),
            ({"a_interval": "0"}, "a_interval"),
            ({"window_days": "x"}, "window_days"),
        ],
    )
    def test_what_is_wrong(
        self, ground: Ground, pages: Pages, more: dict[str, str], field: str | None
    ) -> None:
        page = pages("owner").post(self.PAGE, self.sent(**more))
        assert page.status_code == 422
        assert page.context["form"].errors
        assert field is None or field in page.context["form"].errors
        assert not CountSettings.objects.exists()

    def test_only_for_those_who_manage_everything(self, ground: Ground, pages: Pages) -> None:
        for name in ("manager", "approver", "counter"):
            assert pages(name).get(self.PAGE).status_code == 403
            assert pages(name).post(self.PAGE, self.sent()).status_code == 403


class TestSidebar:
    def titles(self, pages: Pages, name: str, page: str = "/admin/") -> dict[str, str]:
        return {
            item["title"]: item.get("badge", "")
            for group in pages(name).get(page).context["sidebar_navigation"]
            if group["title"] == "Counting"
            for item in group["items"]
        }

    def test_each_sees_what_they_may(self, ground: Ground, pages: Pages) -> None:
        # Whose overview is the screen on which they count.
        counters = self.titles(pages, "counter", "/admin/cycle_counts/countbatch/")
        assert list(counters) == ["Cycle counts", "Count on this device"]
        assert "Count settings" in self.titles(pages, "owner")
        assert "Count settings" not in self.titles(pages, "manager")
        assert self.titles(pages, "viewer") == {}

    def test_how_many_wait_for_a_review(self, ground: Ground, pages: Pages) -> None:
        assert self.titles(pages, "approver")["To review"] == ""
        batch = ground.submitted()
        assert self.titles(pages, "approver")["To review"] == "1"
        south = factories.make_warehouse(ground.organization, "South")
        CountBatch.objects.create(
            organization=ground.organization, warehouse=south, number=2, state=BatchState.REVIEW,
            actor_type="system", actor_name="x",
        )  # fmt: skip
        # The approver reviews in North alone.
        assert self.titles(pages, "approver")["To review"] == "1"
        assert self.titles(pages, "owner")["To review"] == "2"
        assert str(batch.pk) in pages("approver").get(f"{LIST}?state__exact=review").content.decode()

    def test_elsewhere_nothing_is_counted(self, ground: Ground, pages: Pages) -> None:
        client = pages("approver")
        client.get("/admin/warehouses/bin/")
        with CaptureQueriesContext(connection) as found:
            client.get("/admin/warehouses/bin/")
        assert not [each for each in found if "cycle_counts_countbatch" in each["sql"]]
