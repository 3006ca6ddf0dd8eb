"""ABC classes and due dates: written by a task, read by planning, pages and the API."""

from datetime import datetime

from cycle_counts.abc.classes import classify, take_time
from cycle_counts.abc.cycles import mark_counted, refresh_cycles
from cycle_counts.abc.pages import (
    MOST_DUE,
    ClassRow,
    ClassSummary,
    Summary,
    class_page,
    class_rows,
    summary_of,
)
from warehouses.models import Organization

__all__ = [
    "MOST_DUE",
    "ClassRow",
    "ClassSummary",
    "Summary",
    "class_page",
    "class_rows",
    "classify",
    "mark_counted",
    "refresh",
    "refresh_cycles",
    "summary_of",
    "take_time",
]


def refresh(*, organization: Organization, now: datetime) -> int:
    """Classes and due dates anew, in the caller's transaction; how many SKUs were classified."""
    count = classify(organization=organization, now=now)
    refresh_cycles(organization=organization, now=now)
    return count
