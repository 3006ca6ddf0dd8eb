"""Debian's own Chromium, driven against a live server; no browser is downloaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Request

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="session", autouse=True)
def _queries_beside_a_browser() -> Iterator[None]:
    """Playwright runs an event loop in the tests' thread, which Django takes for asynchronous code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return browser_type_launch_args | {
        "executable_path": CHROMIUM,
        "args": ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
    }


# Alpine, which Unfold's menus are made with, rejects a promise that nobody waits for when a menu goes before it has
# faded out. It says so in the reason, and nothing is lost by it.
_CANCELLED_TRANSITIONS = """
addEventListener("unhandledrejection", event => {
    if (event.reason?.isFromCancelledTransition) event.preventDefault()
})
"""


@pytest.fixture
def complaints(page: Page, live_server: Any) -> Iterator[list[str]]:
    """What the console says, and what is asked of other hosts. A test that expects some takes it out of the list."""
    found: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith((live_server.url, "data:", "blob:")):
            found.append(f"asked {request.url}")

    page.on(
        "console",
        lambda message: found.append(message.text) if message.type in {"error", "warning"} else None,
    )
    page.add_init_script(_CANCELLED_TRANSITIONS)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("request", asked)
    yield found
    assert found == []
