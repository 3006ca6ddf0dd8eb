"""The stock requests' part of the sidebar."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from stock_requests.admin.approvals import APPROVALS_URL, may_see_approvals
from stock_requests.admin.delegations import may_delegate
from stock_requests.admin.policies import SETTINGS_URL, may_manage
from stock_requests.approvals.pending import pending_for
from warehouses.admin_navigation import Group, Item
from warehouses.http.organization import access_of

__all__ = ["GROUPS", "waiting"]


def waiting(request: HttpRequest) -> int:
    """How many requests wait for the caller's decision: counted on the overview and on the pages of requests.

    Elsewhere it is 0: the sidebar is on every page, and not every page shall pay for it.
    """
    access = access_of(request)
    pages = reverse("admin:app_list", args=("stock_requests",))
    is_here = request.path == reverse("admin:index") or request.path.startswith(pages)
    if access is None or not is_here:
        return 0
    return pending_for(access, with_snoozed=False).count()


GROUPS = (
    Group(
        "Requests",
        (
            Item(
                "Approvals",
                "approval",
                url=APPROVALS_URL,
                description="What waits for your decision",
                key="a",
                shown=may_see_approvals,
                badge="stock_requests.admin_navigation.waiting",
            ),
            Item(
                "Stock requests",
                "assignment",
                "stock_requests.stockrequest",
                description="What is asked for, and how far it is",
                key="r",
            ),
            Item(
                "Stocklists",
                "checklist",
                "stock_requests.stocklist",
                description="What is asked for again and again",
            ),
            Item(
                "Departments",
                "groups",
                "stock_requests.department",
                description="For whom goods are used up",
            ),
            Item(
                "Approval rules",
                "rule",
                "stock_requests.approvalrule",
                description="Which requests need whose approval",
            ),
            Item(
                "Delegations",
                "switch_account",
                "stock_requests.delegation",
                description="Who decides while somebody is away",
                shown=may_delegate,
            ),
            Item(
                "Request settings",
                "tune",
                url=SETTINGS_URL,
                description="Whether people approve their own requests",
                shown=may_manage,
            ),
        ),
    ),
)
