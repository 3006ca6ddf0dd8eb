"""The cycle counts' part of the sidebar."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from cycle_counts.admin.accuracy_page import ACCURACY_URL, may_see_accuracy
from cycle_counts.admin.classes_page import CLASSES_URL, may_see_classes
from cycle_counts.admin.settings_page import SETTINGS_URL, may_manage
from cycle_counts.models import BatchState, CountBatch
from cycle_counts.rights import COUNT, REVIEW
from warehouses.admin_navigation import Group, Item
from warehouses.http.organization import access_of

__all__ = ["GROUPS", "to_review"]


def to_review(request: HttpRequest) -> int:
    """How many counts wait for the caller's review: counted on the overview and on the pages of counts.

    Elsewhere it is 0: the sidebar is on every page, and not every page shall pay for it.
    """
    access = access_of(request)
    pages = reverse("admin:app_list", args=("cycle_counts",))
    is_here = request.path == reverse("admin:index") or request.path.startswith(pages)
    if access is None or not is_here or not access.may(REVIEW):
        return 0
    rows = CountBatch.objects.order_by().filter(state=BatchState.REVIEW)
    return access.narrow(rows, REVIEW).count()


def _may_review(request: HttpRequest) -> bool:
    access = access_of(request)
    return access is not None and access.may(REVIEW)


def _may_count(request: HttpRequest) -> bool:
    access = access_of(request)
    return access is not None and access.may(COUNT)


def _plans_counts(request: HttpRequest) -> bool:
    """Whoever only counts is told what to count, and need not know how it came about."""
    access = access_of(request)
    return access is not None and access.may("inventory.read") and may_see_classes(request)


def _review_list(request: HttpRequest) -> str:
    return f"{reverse('admin:cycle_counts_countbatch_changelist')}?state__exact={BatchState.REVIEW.value}"


def _counting_screen(request: HttpRequest) -> str:
    return reverse("count:home")


GROUPS = (
    Group(
        "Counting",
        (
            Item(
                "To review",
                "fact_check",
                target=_review_list,
                description="Counts whose differences wait for your decision",
                shown=_may_review,
                badge="cycle_counts.admin_navigation.to_review",
            ),
            Item(
                "Cycle counts",
                "pin",
                "cycle_counts.countbatch",
                description="What is planned, counted and posted",
                key="c",
            ),
            Item(
                "Count on this device",
                "barcode_scanner",
                target=_counting_screen,
                description="The counters' own screen, for a phone or a scanner",
                shown=_may_count,
            ),
            Item(
                "ABC classes",
                "stacked_bar_chart",
                url=CLASSES_URL,
                description="What is counted how often, and what is due",
                shown=_plans_counts,
            ),
            Item(
                "Count accuracy",
                "monitoring",
                url=ACCURACY_URL,
                description="How right the books were, week by week",
                shown=may_see_accuracy,
            ),
            Item(
                "Count settings",
                "tune",
                url=SETTINGS_URL,
                description="Classes, intervals, blindness, tolerance",
                shown=may_manage,
            ),
        ),
    ),
)
