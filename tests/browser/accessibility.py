"""What axe finds wrong with a page. `axe.min.js` is axe-core 4.14.1 as published (MPL-2.0); it is served to nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

__all__ = ["serious_faults"]

_AXE = Path(__file__).with_name("axe.min.js")
_RUN = """async ([code, part, rules]) => {
    if (!window.axe) (0, eval)(code);
    // Colours that are still on their way from one theme, or one state, to the next are nobody's.
    const ending = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < 2000);
    await Promise.all(ending.map((one) => one.playState === "running" && one.finished.catch(() => undefined)));
    const only = rules ? { runOnly: rules } : {};
    const found = await window.axe.run(part, { resultTypes: ["violations"], ...only });
    return found.violations.map((one) => [one.impact, one.id, one.nodes.map((node) => node.target.join(" "))]);
}"""


def serious_faults(page: Page, part: str = "#content", *, rules: list[str] | None = None) -> list[Any]:
    """What the part breaks, serious or critical, each with the elements that do: of all rules, or of `rules`."""
    found = page.evaluate(_RUN, [_AXE.read_text(), part, rules])
    return [fault for fault in found if fault[0] in {"serious", "critical"}]
