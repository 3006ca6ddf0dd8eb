"""How much work a job is: the clicks and keys that a person needs, counted while a test does it.

`docs/jobs.md` holds what each job may cost; `of` reads it from there. A test of a job looks like

    effort = Effort(page)
    effort.click(page.get_by_role("link", name="Correct LAMP-01"))
    effort.type("35")
    effort.press("Enter")
    ...                                           # what must be true now
    assert effort.acts == of("M3") == 2

with the literal beside it, so that neither the page nor the table changes without the other. Whoever writes such a test
names it in the row of the table, as `test_file.py::test_name`; test_jobs.py holds the two together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Locator, Page

__all__ = ["JOBS", "Effort", "Job", "jobs", "of"]

JOBS: Final = Path(__file__).resolve().parents[2] / "docs" / "jobs.md"

# All keys at once, as a scanner sends them, however busy the machine is that the test runs on.
_BURST: Final = """(keys) => {
    for (const key of keys) {
        const target = document.activeElement ?? document.body;
        target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    }
}"""


@dataclass(slots=True)
class Effort:
    """Acts at a page, counted. It waits for nothing and checks nothing: that is the test's.

    `acts` are clicks (or taps) and keys; a chord such as Control+K is one key. What has to be said anyway is counted
    apart and is no act: `typed` are values (a number, a word, a pasted sheet: one each), `scans` are codes read by
    a scanner, with the Enter that it sends by itself.
    """

    page: Page
    clicks: int = 0
    keys: int = 0
    typed: int = 0
    scans: int = 0
    #: What was done, in order, for the message of a test that counts too much.
    done: list[str] = field(default_factory=list)

    @property
    def acts(self) -> int:
        return self.clicks + self.keys

    def click(self, target: Locator, **how: Any) -> None:
        self._note(f"click {target}")
        self.clicks += 1
        target.click(**how)

    def tap(self, target: Locator) -> None:
        """A click with a thumb; the page needs `has_touch`."""
        self._note(f"tap {target}")
        self.clicks += 1
        target.tap()

    def press(self, key: str) -> None:
        """One key or chord, where the focus is: "Enter", "j", "Control+k"."""
        self._note(f"press {key}")
        self.keys += 1
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """A value, where the focus is. Its keys are not acts, but an Enter after it is one: `press` it."""
        self._note(f"type {text!r}")
        self.typed += 1
        self.page.keyboard.type(text)

    def paste(self, text: str) -> None:
        """A value from the clipboard, where the focus is: the page is told of it as of any other paste."""
        self._note(f"paste {text!r}")
        self.typed += 1
        self.page.evaluate(
            """(text) => {
                const data = new DataTransfer();
                data.setData("text/plain", text);
                const target = document.activeElement ?? document.body;
                const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
                if (target.dispatchEvent(event)) {
                    document.execCommand("insertText", false, text);
                }
            }""",
            text,
        )

    def scan(self, code: str, end: str = "Enter") -> None:
        """A code from a scanner, which types all of it at once and ends with Enter or Tab."""
        self._note(f"scan {code}")
        self.scans += 1
        self.page.evaluate(_BURST, [*code, end])

    def choose(self, target: Locator, label: str) -> None:
        """A value from a drop-down list, by its words: said, like one that is typed."""
        self._note(f"choose {label!r}")
        self.typed += 1
        target.select_option(label=label)

    def choose_file(self, target: Locator, path: str | Path) -> None:
        """The click that asks for a file; choosing it is the system's own window."""
        self._note(f"file {target}")
        self.clicks += 1
        target.set_input_files(path)

    @staticmethod
    def of(job: str) -> int:
        return of(job)

    def _note(self, act: str) -> None:
        self.done.append(act)


@dataclass(frozen=True, slots=True)
class Job:
    """A row of the table. `target` and `ours` are acts; `shown_by` is "test_file.py::test_name", or "" while nothing
    shows it; `remark` says why where more is needed than the target."""

    name: str
    what: str
    target: int
    ours: int
    shown_by: str
    remark: str


def of(job: str) -> int:
    """How many acts a job takes by docs/jobs.md: `of("M3") == 2`. KeyError for a job that the table does not have."""
    return jobs()[job].ours


@cache
def jobs() -> dict[str, Job]:
    """The rows of docs/jobs.md by their names. A row that is not as the table's head says is a ValueError."""
    found: dict[str, Job] = {}
    for line in JOBS.read_text(encoding="utf-8").splitlines():
        if not re.match(r"\| [MACI]\d", line):
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 6 or cells[0] in found:
            raise ValueError(f"not a row of a job of its own: {line}")
        name, what, target, ours, shown_by, remark = cells
        found[name] = Job(name, what, _acts(target), _acts(ours), shown_by.strip("`–"), remark)
    return found


def _acts(cell: str) -> int:
    """ "2", or "1 + a number": only acts are counted, what has to be said is beside them in words."""
    number = re.match(r"\d+", cell)
    if number is None:
        raise ValueError(f"no number of acts: {cell!r}")
    return int(number[0])
