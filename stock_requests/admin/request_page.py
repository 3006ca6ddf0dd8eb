"""The page of one request: what is asked for, how the vote stands, what became of each line, what people say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextareaWidget

from inventory.admin.history_table import history_table
from inventory.admin.integrations import clock_time, link
from stock_requests import comments
from stock_requests.admin.labels import overdue_label, priority_label, state_label
from stock_requests.admin.request_acts import RequestActs
from stock_requests.admin.request_editor import RequestEditor
from stock_requests.admin.request_list import is_overdue
from stock_requests.approvals.standing import standings_of
from stock_requests.approvals.verdicts import verdict_on
from stock_requests.figures import Figures, figures_of
from stock_requests.models import RequestLine, RequestState, StockRequest
from stock_requests.rights import APPROVE, READ, WRITE, covers_either
from stock_requests.totals import totals_of
from stock_requests.wording import destination_of, requester_of
from warehouses import transactions
from warehouses.access import Access
from warehouses.refusals import Refusal

__all__ = ["RequestPage"]

_UNDECIDED = (RequestState.DRAFT, RequestState.SUBMITTED)


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line with what the stock says to it, where that still matters, and what of it has arrived."""

    line: RequestLine
    figures: Figures | None
    received: int | None

    @property
    def is_short(self) -> bool:
        return self.figures is not None and self.figures.is_short

    @property
    def reasons(self) -> str:
        return "; ".join(
            text for text in (self.line.note, self.line.change_reason, self.line.shortage_reason) if text
        )


class CommentForm(forms.Form):
    text = forms.CharField(
        label="Comment",
        max_length=comments.LONGEST_COMMENT,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Write @ and an address to call a member: @ben@example.com",
        error_messages={"required": "Write something first."},
    )


class RequestPage(RequestEditor, RequestActs):
    """The half of the requests' admin that shows one."""

    change_form_template = "stock_requests/admin/request.html"
    fields = ()

    def get_urls(self) -> list[URLPattern]:
        say = path(
            "<path:object_id>/comment/",
            self.admin_site.admin_view(self.comment),
            name="stock_requests_stockrequest_comment",
        )
        return [say, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        found: StockRequest = context["original"]
        access = self.require_access(request)
        context |= self.shown(access, found)
        context["title"] = found.name
        context.setdefault("comment_form", CommentForm())
        return super().render_change_form(request, context, *args, **kwargs)

    def shown(self, access: Access, found: StockRequest) -> dict[str, Any]:
        lines = list(
            found.lines.select_related("sku", "transfer_line", "substitute_for__sku").order_by("position")
        )
        sees_source = access.covers(READ, found.from_warehouse_id) or access.covers(
            WRITE, found.from_warehouse_id
        )
        figures = figures_of(found, lines) if found.state in _UNDECIDED and sees_source else {}
        standing = standings_of([found])[found.pk] if found.state == RequestState.SUBMITTED else None
        verdict = None
        if standing is not None and access.covers(APPROVE, found.from_warehouse_id):
            verdict = verdict_on(access, found)
        totals = totals_of([found.pk])[found.pk]
        is_arriving = any(line.transfer_line_id for line in lines)
        return {
            "found": found,
            "way": f"{found.from_warehouse} → {destination_of(found)}",
            "state": state_label(found.state),
            "facts": _facts(found),
            "totals": totals,
            "currency": found.organization.currency,
            "shown_lines": [
                ShownLine(
                    line,
                    figures.get(line.pk),
                    line.transfer_line.received if line.transfer_line is not None else None,
                )
                for line in lines
            ],
            "has_figures": bool(figures),
            "is_decided": any(line.approved is not None for line in lines),
            "is_arriving": is_arriving,
            "standing": standing,
            "verdict": verdict,
            "comments": [
                (comment, clock_time(comment.created_at))
                for comment in found.comments.order_by("created_at", "pk")
            ],
            "may_comment": covers_either(access, found, WRITE),
            "history": history_table(found),
        }

    def comment(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Write a comment. What is refused is shown on the page, with what was written."""
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        access = self.require_access(request)
        if not covers_either(access, found, WRITE):
            raise PermissionDenied
        form = CommentForm(request.POST if request.method == "POST" else None)
        if request.method != "POST":
            return HttpResponseRedirect(self.page_of(found))
        if form.is_valid():
            try:
                transactions.run(
                    lambda: comments.add_comment(access=access, request=found, text=form.cleaned_data["text"])
                )
            except Refusal as refusal:
                form.add_error("text", refusal.detail)
            else:
                self.message_user(request, "The comment is written.", messages.SUCCESS)
                return HttpResponseRedirect(f"{self.page_of(found)}#comments")
        form.fields["text"].widget.attrs["autofocus"] = True
        # The page itself, which a POST may not ask for: nothing of it is written with a form.
        request.method = "GET"
        extra = {"comment_form": form, "errors": True}
        response = self.changeform_view(request, object_id, "", extra)
        response.status_code = 422
        return response


def _facts(found: StockRequest) -> list[tuple[str, str | SafeString]]:
    facts: list[tuple[str, Any]] = [
        ("From", found.from_warehouse),
        ("To", destination_of(found)),
        ("Priority", priority_label(found.priority)),
        ("Requester", requester_of(found)),
    ]
    if found.category is not None:
        facts.append(("Category", found.category))
    if found.needed_by is not None:
        day = date_format(found.needed_by, "j M Y", use_l10n=False)
        facts.append(("Needed by", format_html("{} {}", day, overdue_label()) if is_overdue(found) else day))
    for words, instant in (
        ("Made", found.created_at),
        ("Submitted", found.submitted_at),
        ("Decided", found.decided_at),
        ("Closed", found.closed_at),
    ):
        if instant is not None:
            facts.append((words, clock_time(instant)))
    if found.stocklist is not None:
        facts.append(("Made of the stocklist", link(found.stocklist, found.stocklist.name)))
    if found.transfer is not None:
        facts.append(("Transfer", link(found.transfer, found.transfer.reference or found.transfer.public_id)))
    if found.back_order_of is not None:
        facts.append(("The rest of", link(found.back_order_of, found.back_order_of.name)))
    facts += [
        ("Back-order", link(back_order, back_order.name))
        for back_order in found.back_orders.order_by("number")
    ]
    if found.note:
        facts.append(("Note", found.note))
    return facts
