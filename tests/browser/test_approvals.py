"""The approvers' queue in a real browser: by the keyboard alone, on a phone, in both themes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from inventory.models import Reservation, StockLevel
from inventory.verification import verify
from stock_requests.comments import add_comment
from stock_requests.decisions.approving import approve_request, reject_request
from stock_requests.drafting import ChangedLine, update_request
from stock_requests.models import ApprovalRule, Priority, RequestState, StockRequest
from tests import factories
from tests.browser.accessibility import serious_faults
from tests.browser.test_back_office import log_in
from tests.stock_requests.conftest import Ground, ground
from warehouses import transactions
from warehouses.models import Organization

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["ground"]

#: A second press within a second is taken for the first one's bounce.
BOUNCE = 1050
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def organization() -> Organization:
    return factories.make_organization("Acme")


def asked(ground: Ground, *units: int, **fields: Any) -> StockRequest:
    lines = [(sku, number) for sku, number in zip(ground.skus, units, strict=False) if number]
    return factories.submitted_request(
        ground.source, ground.destination, lines, access=ground.requester, **fields
    )


def open_queue(page: Page, live_server: Any, query: str = "") -> None:
    log_in(page, live_server.url, "approver@acme.example")
    page.goto(f"{live_server.url}/admin/stock_requests/stockrequest/approvals/{query}")


def press(page: Page, key: str) -> None:
    page.wait_for_timeout(BOUNCE)
    page.keyboard.press(key)


def expect_open(page: Page, request: StockRequest) -> None:
    expect(page.locator("#detail-title")).to_have_text(request.name)
    expect(page.locator("#approval-detail")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator(".ask-open")).to_have_attribute("data-key", request.public_id)


def told(page: Page) -> Any:
    return page.locator("#approvals-told")


def state(request: StockRequest) -> str:
    request.refresh_from_db()
    return request.state


def test_ten_requests_are_cleared_with_the_keyboard_alone(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    ground.people["second_approver"].name = "Ben"
    ground.people["second_approver"].save()
    requests = [asked(ground, number) for number in range(1, 11)]
    open_queue(page, live_server)
    page.evaluate("window.isStillHere = true")
    expect_open(page, requests[0])

    # One key for each; the second is undone and decided again.
    press(page, "a")
    expect_open(page, requests[1])
    expect(told(page)).to_contain_text(f"{requests[0].name} approved.")
    press(page, "a")
    expect_open(page, requests[2])
    press(page, "z")
    expect_open(page, requests[1])
    expect(told(page)).to_contain_text(f"Undone: {requests[1].name} waits again.")
    assert state(requests[1]) == RequestState.SUBMITTED
    assert not Reservation.objects.filter(document_id=requests[1].pk, state="active").exists()
    press(page, "a")
    expect_open(page, requests[2])

    # Ben is faster with the third: that is told, and the queue goes on.
    transactions.run(lambda: approve_request(access=ground.second_approver, request=requests[2]))
    press(page, "a")
    expect_open(page, requests[3])
    expect(told(page)).to_contain_text(f"Ben approved {requests[2].name} just now.")

    # Of the fourth less is approved: a number, Enter, a digit for the reason, and again the one key.
    press(page, "e")
    expect(page.locator("[data-quantity]")).to_be_focused()
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    page.keyboard.press("2")
    page.keyboard.press("a")
    expect_open(page, requests[4])
    line = requests[3].lines.get()
    assert (line.approved, line.closed, line.change_reason) == (3, 1, "Too many asked for")

    # The fifth is rejected with three keys.
    press(page, "r")
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    expect_open(page, requests[5])
    expect(told(page)).to_contain_text(f"{requests[4].name} rejected: Wrong item")

    # Forth and back, and the sixth is put off.
    press(page, "j")
    expect_open(page, requests[6])
    press(page, "k")
    expect_open(page, requests[5])
    press(page, "s")
    expect_open(page, requests[6])

    for following in requests[7:]:
        press(page, "a")
        expect_open(page, following)
    press(page, "a")
    expect(page.get_by_role("heading", name="Queue clear")).to_be_visible()

    assert page.evaluate("window.isStillHere") is True
    states = [state(request) for request in requests]
    assert states.count(RequestState.APPROVED) == 8
    assert (states[4], states[5]) == (RequestState.REJECTED, RequestState.SUBMITTED)
    assert StockLevel.objects.get(sku=ground.skus[0], warehouse=ground.source).reserved == (
        1 + 2 + 3 + 3 + 7 + 8 + 9 + 10
    )
    assert list(verify()) == []


def test_a_second_press_within_a_second_does_nothing(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    requests = [asked(ground, number) for number in (1, 2, 3)]
    open_queue(page, live_server)
    expect_open(page, requests[0])
    page.wait_for_timeout(300)

    for _ in range(3):
        page.keyboard.press("a")
    expect_open(page, requests[1])
    page.wait_for_timeout(BOUNCE)

    assert [state(request) for request in requests] == ["approved", "submitted", "submitted"]


def test_keys_are_silent_where_one_types_with_modifiers_and_switched_off(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    requests = [asked(ground, number) for number in (1, 2)]
    open_queue(page, live_server)
    expect_open(page, requests[0])

    page.keyboard.press("/")
    search = page.locator("[data-search]")
    expect(search).to_be_focused()
    page.keyboard.type("arejsxzk?/")
    expect(search).to_have_value("arejsxzk?/")
    expect(page.locator(".decide-panel.is-open")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+a")
    page.keyboard.press("Alt+r")
    page.evaluate(
        """() => {
            const field = document.createElement("select");
            field.id = "elsewhere";
            document.querySelector("#approvals").append(field);
            field.focus();
        }"""
    )
    for key in "arejsx":
        page.keyboard.press(key)
    page.evaluate("document.getElementById('elsewhere').remove()")
    expect(page.locator(".decide-panel.is-open")).to_have_count(0)

    # Switched off in the help, and that is remembered.
    page.keyboard.press("?")
    page.get_by_label("Use single keys on this page").uncheck()
    page.get_by_role("button", name="Close").click()
    page.reload()
    expect_open(page, requests[0])
    for key in "arejsx?":
        page.keyboard.press(key)
    page.wait_for_timeout(500)
    expect(page.locator(".decide-panel.is-open")).to_have_count(0)
    expect(page.locator("#keys-help")).not_to_be_visible()
    assert [state(request) for request in requests] == ["submitted", "submitted"]

    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Use single keys on this page").check()
    page.get_by_role("button", name="Close").click()
    press(page, "a")
    expect_open(page, requests[1])


def test_what_has_changed_is_shown_and_what_was_typed_is_kept(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    request = asked(ground, 5, 7)
    open_queue(page, live_server)
    expect_open(page, request)
    press(page, "e")
    page.keyboard.type("2")
    lines = [ChangedLine(line.pk, None, line.requested * 2) for line in request.lines.order_by("position")]
    transactions.run(
        lambda: update_request(access=ground.requester, request=request, changes={"lines": lines})
    )
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("1")
    page.keyboard.press("a")

    fault = page.locator("[data-faults]")
    expect(fault).to_contain_text("requester@acme.example changed it just now.")
    expect(fault.locator("tbody tr").first).to_have_text(re.compile(r"GLOVES.*5.*10"))
    expect(page.locator("[data-quantity]").first).to_have_value("2")
    assert state(request) == RequestState.SUBMITTED
    complaints[:] = [one for one in complaints if "409" not in one]


def test_rows_are_selected_by_range_and_approved_together(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    requests = [asked(ground, number) for number in (1, 2, 500, 4, 5)]
    open_queue(page, live_server)
    expect_open(page, requests[0])

    page.get_by_label(f"Select {requests[1].name}").click()
    page.get_by_label(f"Select {requests[3].name}").click(modifiers=["Shift"])
    expect(page.get_by_role("button", name="Approve 3 selected")).to_be_visible()
    press(page, "a")

    expect(told(page)).to_contain_text("2 approved, 1 skipped: see why.")
    expect(told(page).get_by_role("link", name=requests[2].name)).to_be_visible()
    assert [state(request) for request in requests] == [
        "submitted",
        "approved",
        "submitted",
        "approved",
        "submitted",
    ]
    press(page, "z")
    expect(told(page)).to_contain_text("Undone: 2 wait again.")
    page.get_by_label("Select all 5").check()
    expect(page.get_by_role("button", name="Approve 5 selected")).to_be_visible()


def test_undo_is_offered_for_ten_seconds_and_longer_under_the_pointer(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    requests = [asked(ground, number) for number in (1, 2)]
    open_queue(page, live_server)
    expect_open(page, requests[0])
    page.wait_for_timeout(500)
    page.clock.install()
    page.keyboard.press("a")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    assert told(page).get_attribute("role") == "status"
    assert page.evaluate("document.activeElement.closest('#approvals-told')") is None

    page.clock.run_for(8_000)
    undo.hover()
    page.clock.run_for(60_000)
    expect(undo).to_be_visible()
    page.mouse.move(400, 5)
    page.clock.run_for(1_000)
    expect(undo).to_be_visible()
    page.clock.run_for(1_500)
    expect(undo).to_have_count(0)


def test_rows_are_links_that_open_elsewhere_and_can_be_sent(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    requests = [asked(ground, number) for number in (1, 2)]
    open_queue(page, live_server, "?sort=newest")
    expect_open(page, requests[1])
    row = page.locator(f"[data-key='{requests[0].public_id}'] a[data-open]").first

    with page.context.expect_page() as opened:
        row.click(modifiers=["ControlOrMeta"])
    expect(opened.value.locator("#detail-title")).to_have_text(requests[0].name)
    opened.value.close()
    expect_open(page, requests[1])

    row.click()
    expect_open(page, requests[0])
    assert page.url.endswith(f"?sort=newest&request={requests[0].public_id}")
    page.go_back()
    expect_open(page, requests[1])
    page.go_forward()
    expect_open(page, requests[0])
    page.go_back()
    expect_open(page, requests[1])
    page.reload()
    expect_open(page, requests[1])


def test_on_a_phone_the_queue_comes_first_and_then_one_request_with_big_buttons(
    page: Page, live_server: Any, complaints: list[str], ground: Ground
) -> None:
    requests = [asked(ground, number) for number in (1, 2)]
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    open_queue(page, live_server)

    expect(page.locator(".queue")).to_be_visible()
    expect(page.locator("#detail-title")).not_to_be_visible()
    page.locator(f"[data-key='{requests[0].public_id}'] a[data-open]").first.click()
    expect(page.locator("#detail-title")).to_be_visible()
    expect(page.locator(".queue")).not_to_be_visible()
    for button in page.locator(".detail-acts :is(button, a)").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.wait_for_timeout(BOUNCE)
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator("#detail-title")).to_have_text(requests[1].name)
    expect(told(page).get_by_role("button", name="Undo")).to_be_visible()
    page.get_by_role("link", name="Queue", exact=False).first.click()
    expect(page.locator(".queue")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert state(requests[0]) == RequestState.APPROVED


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [{"width": 1360, "height": 850}, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious(
    page: Page,
    live_server: Any,
    complaints: list[str],
    ground: Ground,
    theme: Any,
    size: Any,
) -> None:
    StockLevel.objects.filter(sku=ground.skus[1]).update(safety_stock=30)
    old = asked(ground, 1)
    transactions.run(lambda: reject_request(access=ground.approver, request=old, reason="Wrong item"))
    first = asked(ground, 500, 80, note="Before the weekend", priority=Priority.URGENT)
    week = timezone.now() - timedelta(days=7)
    StockRequest.objects.filter(pk=first.pk).update(submitted_at=week, needed_by=week.date())
    transactions.run(lambda: add_comment(access=ground.requester, request=first, text="Soon?"))
    asked(ground, 1)
    rule = ApprovalRule.objects.create(organization=ground.organization, name="Only I")
    rule.approvers.add(ground.people["approver"])
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size(size)
    open_queue(page, live_server)
    page.evaluate("theme => localStorage.setItem('_x_adminTheme', JSON.stringify(theme))", theme)
    page.reload()
    assert page.evaluate("document.documentElement.classList.contains('dark')") is (theme == "dark")

    assert serious_faults(page) == []
    page.locator(".menu summary").first.click()
    assert serious_faults(page) == []
    page.keyboard.press("Escape")
    page.goto(f"{page.url}?request={first.public_id}")
    for key in "er":
        page.keyboard.press(key)
        assert serious_faults(page) == []
        page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert serious_faults(page, "#keys-help") == []
    page.keyboard.press("Escape")
    # Too little stock: the fault at its line, and then what has been done.
    page.keyboard.press("a")
    expect(page.locator("[data-faults]")).to_be_visible()
    assert serious_faults(page) == []
    press(page, "Escape")
    press(page, "s")
    expect(page.locator("[data-told]")).to_be_visible()
    assert serious_faults(page) == []
    complaints[:] = [one for one in complaints if "422" not in one and "409" not in one]


def test_without_the_script_every_act_is_a_form(browser: Browser, live_server: Any, ground: Ground) -> None:
    first, second = asked(ground, 5), asked(ground, 6)
    client = Client()
    client.force_login(ground.people["approver"])
    context = browser.new_context(java_script_enabled=False)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/stock_requests/stockrequest/approvals/")
    expect(page.locator("#detail-title")).to_have_text(first.name)
    expect(page.locator("#edit")).not_to_be_visible()

    page.get_by_role("button", name="Edit quantities").click()
    page.locator("[data-quantity]").fill("2")
    page.get_by_label("Too many asked for").first.check()
    page.get_by_role("button", name="Approve these quantities").click()
    expect(page.locator("#detail-title")).to_have_text(second.name)
    expect(page.get_by_text(f"{first.name} approved, with less than asked for.")).to_be_visible()
    assert state(first) == RequestState.APPROVED

    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#detail-title")).to_have_text(first.name)
    assert state(first) == RequestState.SUBMITTED

    page.get_by_role("button", name="Reject").first.click()
    page.get_by_label("Wrong item").check()
    page.locator("[data-reject] button").click()
    expect(page.get_by_text(f"{first.name} rejected: Wrong item")).to_be_visible()
    page.get_by_label(f"Select {second.name}").check()
    page.get_by_role("button", name="Approve selected").click()
    expect(page.get_by_role("heading", name="Queue clear")).to_be_visible()
    assert (state(first), state(second)) == (RequestState.REJECTED, RequestState.APPROVED)
    context.close()
