"""The review without its script: what is shown, every act as a plain form, and the posting."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cycle_counts.admin.review_rows import seen_of
from cycle_counts.counting import Counted, count_lines
from cycle_counts.models import BatchState, CountBatch, CountLine, CountSettings, LineState
from cycle_counts.review import LineResolution, decide_lines
from tests.cycle_counts.admin.conftest import Pages, page_of
from tests.cycle_counts.conftest import Ground
from warehouses import transactions

pytestmark = pytest.mark.django_db

OFF = {("GLOVES", "A-1"): 3, ("MASKS", "A-4"): -31, ("SALINE", "A-3", "L-1"): -2}


def review_of(batch: CountBatch, query: str = "") -> str:
    return page_of(batch, "review") + query


@pytest.fixture
def batch(ground: Ground) -> CountBatch:
    """Six lines counted, of which three differ."""
    return ground.submitted(off=OFF)


@pytest.fixture
def approver(pages: Pages) -> Client:
    return pages("approver")


def rows(page: Any) -> list[tuple[str, str]]:
    return [(row.goods, row.line.bin.code) for row in page.context["page"].rows]


def press(client: Client, batch: CountBatch, deed: str, **typed: str) -> Any:
    """The form as the page shows it, with what is typed and the button that is pressed."""
    page = client.get(review_of(batch))
    data: dict[str, Any] = {}
    for row in page.context["page"].rows:
        data |= {f"seen-{row.key}": row.seen, f"cause-{row.key}": row.cause, f"note-{row.key}": row.note}
    return client.post(review_of(batch), data | {"do": deed} | typed)


def undo(client: Client, batch: CountBatch) -> Any:
    page = html.unescape(client.get(review_of(batch)).content.decode())
    kept = re.search(r'name="undo" value="(\[.*?\])"', page)
    assert kept is not None, "Nothing is offered to be undone."
    return client.post(review_of(batch), {"do": "undo", "undo": kept.group(1)})


def test_what_differs_most_comes_first(ground: Ground, batch: CountBatch, approver: Client) -> None:
    page = approver.get(review_of(batch))
    assert rows(page) == [("MASKS", "A-4"), ("SALINE", "A-3"), ("GLOVES", "A-1")]
    words = html.unescape(page.content.decode())
    for told in ("-31", "-78%", "-93.00", "+3", "+30%", "+6.00", "Post 3 differences…", "-97.00 EUR"):
        assert told in words
    counts = {words: count for words, count, _, _ in page.context["chips"]}
    assert counts == {"Differences": 3, "To decide": 3, "Within tolerance": 3, "Not counted": 0}
    within = approver.get(review_of(batch, "?show=within"))
    assert len(rows(within)) == 3


def test_what_has_moved_since_is_shown_old_and_new(
    ground: Ground, batch: CountBatch, approver: Client
) -> None:
    ground.stock_by("MASKS", "A-4", -15)
    page = approver.get(review_of(batch))
    words = html.unescape(page.content.decode())
    assert "40 → 25" in words
    assert "Use this count" in words
    # 25 are left, and 31 are missing.
    assert "less is left than is missing" in words
    assert [row.is_short_of for row in page.context["page"].rows] == [True, False, False]


def test_accepted_with_why_and_undone(ground: Ground, batch: CountBatch, approver: Client) -> None:
    line = ground.line(batch, "MASKS", "A-4")
    key = line.public_id
    response = press(
        approver, batch, f"accept:{key}", **{f"cause-{key}": "theft", f"note-{key}": "The door was open"}
    )
    assert response["Location"] == f"{review_of(batch)}#{key}"
    line.refresh_from_db()
    assert (line.state, line.root_cause, line.review_note) == (
        LineState.ACCEPTED,
        "theft",
        "The door was open",
    )
    assert line.reviewer_name == "approver@acme.example"
    page = approver.get(review_of(batch)).content.decode()
    assert "MASKS in A-4: accepted." in page
    # What has been told once is not told again.
    assert "MASKS in A-4: accepted." not in approver.get(review_of(batch)).content.decode()
    press(approver, batch, f"recount:{key}")
    assert undo(approver, batch).status_code == 302
    line.refresh_from_db()
    assert (line.state, line.root_cause, line.review_note) == (
        LineState.ACCEPTED,
        "theft",
        "The door was open",
    )


def test_undone_to_nobody_has_decided(ground: Ground, batch: CountBatch, approver: Client) -> None:
    line = ground.line(batch, "GLOVES", "A-1")
    press(approver, batch, f"ignore:{line.public_id}")
    undo(approver, batch)
    line.refresh_from_db()
    assert (line.state, line.reviewed_at, line.reviewer_name) == (LineState.COUNTED, None, "")


def test_what_was_decided_again_since_is_not_undone(
    ground: Ground, batch: CountBatch, approver: Client, pages: Pages
) -> None:
    line = ground.line(batch, "GLOVES", "A-1")
    press(approver, batch, f"ignore:{line.public_id}")
    page = html.unescape(approver.get(review_of(batch)).content.decode())
    kept = re.search(r'name="undo" value="(\[.*?\])"', page)
    assert kept is not None
    press(pages("owner"), batch, f"recount:{line.public_id}")
    refused = approver.post(review_of(batch), {"do": "undo", "undo": kept.group(1)})
    assert refused.status_code == 409
    line.refresh_from_db()
    assert line.state == LineState.RECOUNT


def test_several_at_once(ground: Ground, batch: CountBatch, approver: Client) -> None:
    keys = [ground.line(batch, "MASKS", "A-4").public_id, ground.line(batch, "GLOVES", "A-1").public_id]
    press(approver, batch, "bulk:recount", chosen=keys)  # type: ignore[arg-type]
    states = dict(CountLine.objects.filter(batch=batch).values_list("pk", "state"))
    assert list(states.values()).count(LineState.RECOUNT) == 2
    assert "2 lines to be recounted." in approver.get(review_of(batch)).content.decode()
    undo_page = press(approver, batch, "bulk:accept")
    assert "Select lines first." in approver.get(undo_page["Location"]).content.decode()


def test_a_cause_and_a_note_alone_decide_nothing(ground: Ground, batch: CountBatch, approver: Client) -> None:
    line = ground.line(batch, "GLOVES", "A-1")
    press(
        approver,
        batch,
        "keep:",
        **{f"cause-{line.public_id}": "picking", f"note-{line.public_id}": "Ask Ben"},
    )
    line.refresh_from_db()
    assert (line.state, line.root_cause, line.review_note) == (LineState.COUNTED, "picking", "Ask Ben")


def test_what_is_typed_beside_another_line_is_kept_too(
    ground: Ground, batch: CountBatch, approver: Client
) -> None:
    one, other = ground.line(batch, "GLOVES", "A-1"), ground.line(batch, "MASKS", "A-4")
    press(approver, batch, f"accept:{one.public_id}", **{f"note-{other.public_id}": "Look behind"})
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.state, other.state, other.review_note) == (
        LineState.ACCEPTED,
        LineState.COUNTED,
        "Look behind",
    )


def test_somebody_was_faster(ground: Ground, batch: CountBatch, approver: Client) -> None:
    line = ground.line(batch, "GLOVES", "A-1")
    data = {
        f"seen-{line.public_id}": seen_of(line),
        f"note-{line.public_id}": "Mine",
        "do": f"accept:{line.public_id}",
    }
    transactions.run(
        lambda: decide_lines(
            access=ground.access_of("owner"), batch=batch, resolutions=[LineResolution(line.pk, "recount")]
        )
    )
    page = approver.post(review_of(batch), data)
    assert page.status_code == 409
    words = html.unescape(page.content.decode())
    assert "owner@acme.example has decided on this meanwhile" in words
    assert 'value="Mine"' in words
    line.refresh_from_db()
    assert (line.state, line.review_note) == (LineState.RECOUNT, "")
    # Another line of the same count is decided on all the same.
    assert press(approver, batch, f"accept:{ground.line(batch, 'MASKS', 'A-4').public_id}").status_code == 302


class TestUnknown:
    @pytest.fixture
    def found(self, ground: Ground) -> CountLine:
        batch = ground.started()
        ground.count_all(batch)
        count = Counted(quantity=6, code="4006381333931", bin=ground.bin("A-2"))
        transactions.run(lambda: count_lines(access=ground.access_of("counter"), batch=batch, counts=[count]))
        ground.submit(batch)
        return CountLine.objects.select_related("batch").get(batch=batch, sku__isnull=True)

    def test_it_comes_first_and_wants_a_name(self, found: CountLine, approver: Client) -> None:
        assert rows(approver.get(review_of(found.batch)))[0] == ("4006381333931", "A-2")
        page = press(approver, found.batch, f"accept:{found.public_id}")
        assert page.status_code == 422
        assert found.public_id in page.content.decode()
        assert page.context["page"].rows[0].fault

    def test_named_by_a_code_or_a_barcode(self, ground: Ground, found: CountLine, approver: Client) -> None:
        page = press(approver, found.batch, f"accept:{found.public_id}", **{f"sku-{found.public_id}": "nope"})
        assert page.status_code == 422
        assert page.context["page"].rows[0].fault == "There is no SKU nope."
        assert 'value="nope"' in page.content.decode()
        press(approver, found.batch, f"accept:{found.public_id}", **{f"sku-{found.public_id}": "BAR-TAPE"})
        found.refresh_from_db()
        assert (found.sku, found.state, found.variance) == (ground.sku("TAPE"), LineState.ACCEPTED, 6)

    def test_ignored_it_needs_none(self, found: CountLine, approver: Client) -> None:
        press(approver, found.batch, f"ignore:{found.public_id}")
        found.refresh_from_db()
        assert found.state == LineState.IGNORED


@pytest.mark.parametrize("deed", ["", "explode:x", "accept:", "accept:ccl_nothing", "bulk:explode", "undo"])
def test_what_nobody_can_mean_does_nothing(
    ground: Ground, batch: CountBatch, approver: Client, deed: str
) -> None:
    page = press(approver, batch, deed, chosen=ground.line(batch, "GLOVES", "A-1").public_id, undo='[["x"]]')
    assert page.status_code in {302, 422}
    assert not CountLine.objects.filter(batch=batch, reviewed_at__isnull=False).exists()


def test_own_counts_are_decided_on_by_others_where_that_is_set(ground: Ground, pages: Pages) -> None:
    CountSettings.objects.create(organization=ground.organization, allows_own_review=False)
    batch = ground.submitted(off=OFF, by="manager")
    key = ground.line(batch, "GLOVES", "A-1").public_id
    page = press(pages("manager"), batch, f"accept:{key}")
    assert page.status_code == 422
    assert "You counted GLOVES in A-1 yourself" in page.content.decode()


def test_the_script_is_answered_with_the_part_that_changes(
    ground: Ground, batch: CountBatch, approver: Client
) -> None:
    line = ground.line(batch, "GLOVES", "A-1")
    data = {f"seen-{line.public_id}": seen_of(line), "do": f"accept:{line.public_id}"}
    answer = approver.post(review_of(batch), data, headers={"X-Count-Review": "part"})
    words = answer.content.decode()
    assert answer.status_code == 200
    assert 'id="review-told"' in words
    assert "GLOVES in A-1: accepted." in words
    assert "<html" not in words
    CountBatch.objects.filter(pk=batch.pk).update(state=BatchState.CANCELLED)
    gone = approver.post(review_of(batch), data, headers={"X-Count-Review": "part"})
    assert (gone.status_code, gone["X-Count-Review-Elsewhere"]) == (204, page_of(batch))
    assert "CC-00001 is cancelled" in approver.get(page_of(batch)).content.decode()


def test_who_may(ground: Ground, batch: CountBatch, pages: Pages) -> None:
    for name in ("counter", "viewer"):
        for page in ("review", "resolve"):
            assert pages(name).get(page_of(batch, page)).status_code in {403, 404}
            assert pages(name).post(page_of(batch, page), {"do": "bulk:accept"}).status_code in {403, 404}


class TestResolving:
    def test_the_numbers_are_asked_and_posted(
        self, ground: Ground, batch: CountBatch, approver: Client
    ) -> None:
        page = approver.get(page_of(batch, "resolve"))
        words = html.unescape(page.content.decode())
        assert "Post 3 differences" in words
        assert "Accept the 3 lines that nobody has decided on" in words
        refused = approver.post(page_of(batch, "resolve"), {"seen": page.context["form"]["seen"].value()})
        assert refused.status_code == 422
        response = approver.post(
            page_of(batch, "resolve"),
            {"seen": page.context["form"]["seen"].value(), "accepts_rest": "on", "note": "Autumn"},
            follow=True,
        )
        batch.refresh_from_db()
        assert (batch.state, ground.on_hand("MASKS", "A-4"), ground.on_hand("GLOVES", "A-1")) == (
            BatchState.RESOLVED, 9, 13,
        )  # fmt: skip
        assert "CC-00001 is resolved: 3 differences posted." in response.content.decode()
        assert "It is resolved" in approver.get(review_of(batch)).content.decode()

    def test_what_is_doubted_is_counted_again_by_others(
        self, ground: Ground, batch: CountBatch, approver: Client
    ) -> None:
        for code, place in (("MASKS", "A-4"), ("GLOVES", "A-1")):
            press(approver, batch, f"recount:{ground.line(batch, code, place).public_id}")
        page = approver.get(page_of(batch, "resolve"))
        names = [person.email for person in page.context["form"].fields["recount_assignees"].queryset]
        assert "other.counter@acme.example" in names
        assert "viewer@acme.example" not in names
        approver.post(
            page_of(batch, "resolve"),
            {
                "seen": page.context["form"]["seen"].value(),
                "accepts_rest": "on",
                "recount_assignees": [ground.people["other_counter"].pk],
            },
        )
        recount = CountBatch.objects.get(recount_of=batch)
        assert [person.email for person in recount.assignees.all()] == ["other.counter@acme.example"]
        assert recount.label in approver.get(page_of(batch)).content.decode()

    def test_both_counts_stand_side_by_side(
        self, ground: Ground, batch: CountBatch, approver: Client
    ) -> None:
        press(approver, batch, f"recount:{ground.line(batch, 'MASKS', 'A-4').public_id}")
        seen = approver.get(page_of(batch, "resolve")).context["form"]["seen"].value()
        approver.post(page_of(batch, "resolve"), {"seen": seen, "accepts_rest": "on"})
        recount = ground.start(CountBatch.objects.get(recount_of=batch), by="other_counter")
        ground.count(recount, {("MASKS", "A-4"): 38}, by="other_counter")
        ground.submit(recount, by="other_counter")
        page = approver.get(review_of(recount))
        (row,) = page.context["page"].rows
        assert (row.first_count, row.line.counted, row.line.expected) == (9, 38, 40)
        assert "Count 1" in page.content.decode()

    def test_numbers_that_have_changed_are_shown_again(
        self, ground: Ground, batch: CountBatch, approver: Client
    ) -> None:
        seen = approver.get(page_of(batch, "resolve")).context["form"]["seen"].value()
        press(approver, batch, f"ignore:{ground.line(batch, 'MASKS', 'A-4').public_id}")
        page = approver.post(page_of(batch, "resolve"), {"seen": seen, "accepts_rest": "on"})
        assert page.status_code == 409
        words = page.content.decode()
        assert "Post 2 differences" in words
        assert "these are the numbers now" in words
        batch.refresh_from_db()
        assert batch.state == BatchState.REVIEW
        assert page.context["form"]["seen"].value() == batch.version

    def test_where_less_is_left_nothing_happens_and_it_says_what_to_do(
        self, ground: Ground, batch: CountBatch, approver: Client
    ) -> None:
        ground.stock_by("MASKS", "A-4", -15)
        seen = approver.get(page_of(batch, "resolve")).context["form"]["seen"].value()
        page = approver.post(page_of(batch, "resolve"), {"seen": seen, "accepts_rest": "on"})
        assert page.status_code == 422
        assert "MASKS in A-4" in html.unescape(page.content.decode())
        batch.refresh_from_db()
        assert (batch.state, ground.on_hand("GLOVES", "A-1")) == (BatchState.REVIEW, 10)

    def test_nothing_differs(self, ground: Ground, approver: Client) -> None:
        batch = ground.submitted()
        page = approver.get(page_of(batch, "resolve"))
        assert "Resolve: nothing differs" in page.content.decode()
        approver.post(page_of(batch, "resolve"), {"seen": page.context["form"]["seen"].value()})
        batch.refresh_from_db()
        assert (batch.state, batch.adjustment) == (BatchState.RESOLVED, None)

    def test_what_was_not_counted_is_named(self, ground: Ground, approver: Client) -> None:
        batch = ground.started()
        ground.count(batch, {("GLOVES", "A-1"): 10})
        ground.submit(batch)
        words = approver.get(page_of(batch, "resolve")).content.decode()
        assert "5 lines not counted: the books stay as they are" in words
        assert "MASKS in A-4" in words


def test_the_page_costs_the_same_for_one_line_and_three(ground: Ground, approver: Client) -> None:
    counts = []
    for off in ({("GLOVES", "A-1"): 1}, OFF):
        batch = ground.submitted(off=off)
        approver.get(review_of(batch))
        with CaptureQueriesContext(connection) as found:
            assert approver.get(review_of(batch)).status_code == 200
        counts.append(len(found))
        CountBatch.objects.filter(pk=batch.pk).update(state=BatchState.CANCELLED)
    assert counts[0] == counts[1]


def test_deciding_costs_the_same_for_one_line_and_three(
    ground: Ground, batch: CountBatch, approver: Client
) -> None:
    lines = [ground.line(batch, *place) for place in OFF]
    data = {f"seen-{line.public_id}": seen_of(line) for line in lines}
    counts = []
    for chosen in (lines[:1], lines):
        sent = {"do": "bulk:recount", "chosen": [line.public_id for line in chosen]}
        fresh = {f"seen-{line.public_id}": seen_of(CountLine.objects.get(pk=line.pk)) for line in lines}
        with CaptureQueriesContext(connection) as found:
            assert approver.post(review_of(batch), data | fresh | sent).status_code == 302
        counts.append(len(found))
    assert counts[0] == counts[1]
