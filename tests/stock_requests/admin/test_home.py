"""The overview's part of the requests: what waits for whoever looks, by age, and how many are open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stock_requests.admin.approvals_filters import AGES
from stock_requests.decisions.approving import reject_request
from stock_requests.models import Snooze, StockRequest
from tests import factories
from tests.stock_requests.admin.conftest import LIST, Pages, approved, picking, submitted
from tests.stock_requests.conftest import Ground
from warehouses import transactions

HOME = "/admin/"


def waited(request: StockRequest, hours: float) -> StockRequest:
    StockRequest.objects.filter(pk=request.pk).update(submitted_at=timezone.now() - timedelta(hours=hours))
    return request


def home_for(pages: Pages, name: str) -> Any:
    return pages(name).get(HOME).context["home"]


def approvals(home: Any) -> Any:
    return next((each for each in (*home.work, *home.clear) if each.label == "Approvals"), None)


def chart(home: Any) -> Any:
    return next((each for each in home.charts if each.key == "ageing"), None)


class TestApprovals:
    def test_what_waits_for_me_leads_to_the_queue(self, ground: Ground, pages: Pages) -> None:
        waited(submitted(ground), 100)
        submitted(ground)
        approved(ground)
        found = approvals(home_for(pages, "approver"))
        assert (found.count, found.note) == (2, "1 for more than 3 days")
        assert len(pages("approver").get(found.link).context["queue"].shown) == 2

    def test_nobody_is_told_of_what_they_may_not_decide(self, ground: Ground, pages: Pages) -> None:
        submitted(ground)
        assert approvals(home_for(pages, "requester")) is None
        assert approvals(home_for(pages, "viewer")) is None
        assert approvals(home_for(pages, "outsider")).count == 0
        assert chart(home_for(pages, "viewer")) is None

    def test_what_is_put_off_does_not_wait_now(self, ground: Ground, pages: Pages) -> None:
        request = submitted(ground)
        Snooze.objects.create(
            organization=ground.organization,
            request=request,
            user=ground.people["approver"],
            until=timezone.now() + timedelta(days=1),
        )
        assert approvals(home_for(pages, "approver")).count == 0


class TestAgeing:
    def test_each_age_leads_to_just_these_requests(self, ground: Ground, pages: Pages) -> None:
        names = {}
        for key, hours in {"4h": 3.9, "24h": 4.1, "3d": 24.1, "old": 72.1}.items():
            names[key] = waited(submitted(ground), hours).name
        waited(submitted(ground), 500)
        found = chart(home_for(pages, "approver"))
        assert found.rows == [("0–4 h", "1"), ("4–24 h", "1"), ("1–3 days", "1"), ("Over 3 days", "2")]
        assert found.summary == "5 wait for your decision, 2 of them for more than three days."
        client = pages("approver")
        for (key, words), legend in zip(AGES.items(), found.keys, strict=True):
            assert legend.words.startswith(words)
            queue = client.get(legend.link).context["queue"]
            assert names[key] in [facts.request.name for facts in queue.shown]
            assert len(queue.shown) == (2 if key == "old" else 1)

    def test_the_queue_tells_how_long_and_offers_the_others(self, ground: Ground, pages: Pages) -> None:
        waited(submitted(ground), 100)
        submitted(ground)
        page = pages("approver").get(f"{LIST}approvals/?age=old")
        (menu,) = [menu for menu in page.context["menus"] if menu["name"] == "age"]
        assert menu["chosen"] == "Over 3 days"
        assert [(words, count) for words, count, *_ in menu["options"]] == [
            ("Any", 2),
            ("0–4 h", 1),
            ("Over 3 days", 1),
        ]
        assert "Clear filters (1)" in page.text

    def test_an_age_that_is_none_asks_for_nothing(self, ground: Ground, pages: Pages) -> None:
        submitted(ground)
        page = pages("approver").get(f"{LIST}approvals/?age=12h")
        assert len(page.context["queue"].shown) == 1


class TestOpenRequests:
    def card(self, pages: Pages, name: str) -> Any:
        return next((card for card in home_for(pages, name).cards if card.label == "Requests open"), None)

    def test_they_are_counted_and_listed(self, ground: Ground, pages: Pages) -> None:
        factories.make_request(ground.source, ground.destination, [(ground.skus[0], 1)])
        submitted(ground, 1)
        approved(ground, 1)
        picking(ground, 1)
        card = self.card(pages, "viewer")
        assert (card.value, card.note) == ("3", "1 to be decided")
        page = pages("viewer").get(card.link)
        assert len(page.context["cl"].result_list) == 3

    def test_of_another_organization_none_is(self, ground: Ground, pages: Pages) -> None:
        submitted(ground)
        assert self.card(pages, "outsider").value == "0"

    def test_what_was_rejected_is_open_no_more(self, ground: Ground, pages: Pages) -> None:
        for _ in range(3):
            request = submitted(ground, 1)
            transactions.run(
                lambda request=request: reject_request(
                    access=ground.approver, request=request, reason="Not now"
                )
            )
            waited(request, 24 * 20)
            StockRequest.objects.filter(pk=request.pk).update(
                decided_at=timezone.now() - timedelta(days=18, hours=20)
            )
        card = self.card(pages, "viewer")
        assert (card.value, card.delta) == ("0", "")
        # Open on a day or two, and on none after them.
        heights = [point.partition(",")[2] for point in card.spark.lines[0].points.split()]
        assert len(set(heights[-18:])) == 1
        assert len(set(heights)) == 2

    def test_how_many_there_were_before(self, ground: Ground, pages: Pages) -> None:
        for _ in range(3):
            waited(submitted(ground, 1), 24 * 20)
        card = self.card(pages, "viewer")
        # Three since twenty days, none before: the median of these four weeks is three.
        assert card.delta == "as usual"
        assert card.spark is not None


def test_queries_are_the_same_with_one_request_and_with_three(
    ground: Ground, pages: Pages, settings: Any
) -> None:
    settings.HOME_CHECKLIST = ""
    client = pages("approver")

    def ask() -> int:
        client.get(HOME)
        with CaptureQueriesContext(connection) as asked:
            client.get(HOME)
        return len(asked)

    waited(submitted(ground), 100)
    first = ask()
    submitted(ground)
    approved(ground)
    assert ask() == first == 28
