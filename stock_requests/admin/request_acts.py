"""What is done with a request on its page: decided, taken back, called off, picked, handed over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from inventory.admin.act_pages import ActForm, StatePages
from stock_requests import drafting, fulfilment
from stock_requests.admin.line_forms import (
    ApprovalForm,
    ApprovedLines,
    FulfilledLines,
    FulfilmentForm,
    PickedLines,
    PickForm,
    approval_rows,
    picking_rows,
    show_refusal,
)
from stock_requests.approvals.verdicts import verdict_on
from stock_requests.decisions import approving, rollbacks
from stock_requests.models import Remainder, RequestState, StockRequest
from stock_requests.rights import APPROVE, READ, WRITE, covers_either
from stock_requests.states import refuse_state, require_version
from stock_requests.totals import totals_of
from stock_requests.wording import destination_of, requester_of
from warehouses import transactions
from warehouses.access import Access
from warehouses.http.organization import access_of
from warehouses.refusals import Refusal

__all__ = ["RequestActs", "may_act"]

_DRAFT, _SUBMITTED, _APPROVED = RequestState.DRAFT, RequestState.SUBMITTED, RequestState.APPROVED
_PICKING, _REJECTED = RequestState.PICKING, RequestState.REJECTED
_EDITOR, _WORKER, _APPROVER, _READER = "editor", "worker", "approver", "reader"

#: In which states each act is offered, and to whom.
_OFFERED: Final[Mapping[str, Mapping[str, str]]] = {
    "submit": {_DRAFT: _EDITOR},
    "approve": {_SUBMITTED: _APPROVER},
    "reject": {_SUBMITTED: _APPROVER},
    "withdraw": {_SUBMITTED: _APPROVER},
    "edit": {_DRAFT: _EDITOR, _SUBMITTED: _EDITOR},
    "pick": {_APPROVED: _WORKER, _PICKING: _WORKER},
    "fulfil": {_PICKING: _WORKER},
    "print_list": {_APPROVED: _READER, _PICKING: _READER},
    "roll_back": {_SUBMITTED: _EDITOR, _APPROVED: _WORKER, _REJECTED: _EDITOR},
    "cancel": {_DRAFT: _EDITOR, _SUBMITTED: _EDITOR, _APPROVED: _EDITOR},
    "throw_away": {_DRAFT: _EDITOR},
}
_ROLLED_BACK: Final[Mapping[str, str]] = {
    _SUBMITTED: "It becomes a draft again; the approvals so far no longer count.",
    _APPROVED: "It waits for a decision again: what it has reserved is free again, and its approvals no longer count.",
    _REJECTED: "It waits for a decision again.",
}


def may_act(access: Access, found: StockRequest, name: str) -> bool:
    """Whether the caller has the right to do this with it, in the state that it is in or in any other one."""
    states = _OFFERED[name]
    who = {states[found.state]} if found.state in states else set(states.values())
    return any(_is(access, found, each) for each in who)


def _is(access: Access, found: StockRequest, who: str) -> bool:
    if who == _EDITOR:
        return covers_either(access, found, WRITE)
    permission = {_WORKER: WRITE, _APPROVER: APPROVE, _READER: READ}[who]
    return access.covers(permission, found.from_warehouse_id)


def _words(label: str, *, required: bool = False, missing: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=500,
        required=required,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
        error_messages={"required": missing} if missing else None,
    )


class NoteForm(ActForm):
    note = _words("Note")


class WhyForm(ActForm):
    reason = _words("Why")


class RejectForm(ActForm):
    reason = _words("Why", required=True, missing="Say why: the requester reads it.")


class RequestActs(StatePages):
    """The half of the requests' admin that acts on one."""

    actions_detail = (
        "submit", "approve", "reject", "pick", "fulfil", "print_list", "edit", "withdraw", "roll_back", "cancel",
        "throw_away",
    )  # fmt: skip

    # --- who may

    def offered(self, access: Access, found: StockRequest) -> set[str]:
        offered = {
            name
            for name, states in _OFFERED.items()
            if found.state in states and may_act(access, found, name)
        }
        own = verdict_on(access, found) if "approve" in offered else None
        if own is not None and not own.may:
            offered -= {"approve"} if own.code != "SELF_APPROVAL" else {"approve", "reject"}
        if "withdraw" in offered and not _has_approved(access, found):
            offered -= {"withdraw"}
        return offered

    def _may(self, request: HttpRequest, name: str, object_id: Any) -> bool:
        """Whether the caller has the right. Who does not see the request is answered as if it were not there."""
        access = access_of(request)
        found = self.get_object(request, str(object_id)) if object_id is not None else None
        if found is None:
            raise Http404
        return access is not None and may_act(access, found, name)

    def has_submit_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, "submit", object_id)

    def has_approve_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, "approve", object_id)

    def has_edit_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, "edit", object_id)

    def has_pick_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, "pick", object_id)

    def has_roll_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, "roll_back", object_id)

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, "cancel", object_id)

    def has_print_list_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, "print_list", object_id)

    # --- with a word or two

    @action(
        description="Submit…",
        permissions=["submit"],
        url_path="submit",
        icon="send",
        variant=ActionVariant.PRIMARY,
    )
    def submit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.act_simply(
            request,
            object_id,
            "submit",
            form=NoteForm,
            verb="Submit for approval",
            explanation="Whoever may approve at the source is told. Until somebody has decided it can still be edited.",
            act=lambda access, found, values: drafting.submit_request(
                access=access, request=found, note=values["note"]
            ),
            done=lambda found: f"{found.name} is submitted.",
        )

    @action(
        description="Reject…",
        permissions=["approve"],
        url_path="reject",
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.act_simply(
            request,
            object_id,
            "reject",
            form=RejectForm,
            verb="Reject request",
            explanation="Nothing is reserved. The requester is told why.",
            act=lambda access, found, values: approving.reject_request(
                access=access, request=found, reason=values["reason"]
            ),
            done=lambda found: f"{found.name} is rejected.",
        )

    @action(description="Take my approval back…", permissions=["approve"], url_path="withdraw", icon="undo")
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.act_simply(
            request,
            object_id,
            "withdraw",
            form=WhyForm,
            verb="Take my approval back",
            explanation="Your approval no longer counts; what others have approved does.",
            act=lambda access, found, values: approving.withdraw_approval(
                access=access, request=found, reason=values["reason"]
            ),
            done=lambda found: f"Your approval of {found.name} is taken back.",
        )

    @action(description="Roll back…", permissions=["roll_back"], url_path="roll-back", icon="undo")
    def roll_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        found = self.found(request, object_id)
        return self.act_simply(
            request,
            object_id,
            "roll_back",
            form=WhyForm,
            verb="Roll back",
            explanation=_ROLLED_BACK.get(found.state, ""),
            act=lambda access, row, values: rollbacks.rollback_request(
                access=access, request=row, reason=values["reason"]
            ),
            done=lambda row: f"{row.name} is {str(RequestState(row.state).label).lower()} again.",
        )

    @action(
        description="Cancel…",
        permissions=["cancel"],
        url_path="cancel",
        icon="cancel",
    )
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.act_simply(
            request,
            object_id,
            "cancel",
            form=WhyForm,
            verb="Cancel request",
            explanation="Nothing comes of it. What it has reserved is free again. It stays in the list.",
            act=lambda access, found, values: rollbacks.cancel_request(
                access=access, request=found, reason=values["reason"]
            ),
            done=lambda found: f"{found.name} is cancelled.",
        )

    @action(
        description="Delete…",
        permissions=["cancel"],
        url_path="throw-away",
        icon="delete",
        variant=ActionVariant.DANGER,
    )
    def throw_away(self, request: HttpRequest, object_id: str) -> HttpResponse:
        found = self.found(request, object_id)
        if (refused := self.too_late(request, found, "throw_away")) is not None:
            return refused
        if request.method != "POST":
            return self.ask(
                request,
                found,
                question=f"Delete {found.name}? Nobody finds it any more, and its number is not given again.",
                verb="Delete draft",
                back=self.page_of(found),
                cancel="Keep it",
            )
        access = self.require_access(request)
        try:
            transactions.run(lambda: drafting.delete_request(access=access, request=found))
        except Refusal as refusal:
            return self.answer(request, refusal, self.page_of(found))
        self.log_change(request, found, "Deleted.")
        self.message_user(request, f"{found.name} is deleted.", messages.SUCCESS)
        return HttpResponseRedirect(reverse(self.url_name("changelist"), current_app=self.admin_site.name))

    def found(self, request: HttpRequest, object_id: str) -> StockRequest:
        found: StockRequest = super().found(request, object_id)
        return found

    def refused(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse | None:
        return self.too_late(request, self.found(request, object_id), name)

    def too_late(self, request: HttpRequest, found: StockRequest, name: str) -> HttpResponse | None:
        """Its page with who was faster, where its state no longer allows the act."""
        if found.state in _OFFERED[name]:
            return None
        return self.answer(request, refuse_state(found), self.page_of(found))

    def figures(self, found: StockRequest) -> dict[str, Any]:
        totals = totals_of([found.pk])[found.pk]
        return {
            "From": found.from_warehouse,
            "To": destination_of(found),
            "Lines": f"{totals.lines:,}",
            "Units": f"{totals.requested:,}",
            "Requester": requester_of(found),
        }

    # --- line by line

    @action(
        description="Approve…",
        permissions=["approve"],
        url_path="approve",
        icon="check",
        variant=ActionVariant.PRIMARY,
    )
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Filled in with all that was asked for, or approved so far."""
        return self._by_line(
            request,
            object_id,
            "approve",
            whole=ApprovalForm,
            lines=ApprovedLines,
            rows=approval_rows,
            verb="Approve",
            explanation="What is approved is reserved at the source. If there are too few, approve fewer and say why.",
            act=lambda access, found, said, values: approving.approve_request(
                access=access,
                request=found,
                lines=said,
                note=values["note"],
                remainder=_chosen(values["remainder"]),
                reason=values["reason"],
                version=values["seen"],
            ),
            done=_approved_words,
        )

    @action(
        description="Pick…",
        permissions=["pick"],
        url_path="pick",
        icon="shopping_basket",
        variant=ActionVariant.PRIMARY,
    )
    def pick(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Filled in with what lies ready already, at first with all that is approved."""
        return self._by_line(
            request,
            object_id,
            "pick",
            whole=PickForm,
            lines=PickedLines,
            rows=picking_rows,
            verb="Record what lies ready",
            explanation="Nothing leaves the stock yet. It can be recorded again until the goods are handed over.",
            act=lambda access, found, said, values: fulfilment.pick_request(
                access=access,
                request=found,
                picked=said,
                note=values["note"],
                condition=require_version(values["seen"]),
            ),
            done=lambda found: f"{found.name} is being picked.",
        )

    @action(
        description="Hand over…",
        permissions=["pick"],
        url_path="fulfil",
        icon="task_alt",
        variant=ActionVariant.PRIMARY,
    )
    def fulfil(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Filled in with what lies ready. What is missing is back-ordered or closed."""
        return self._by_line(
            request,
            object_id,
            "fulfil",
            whole=FulfilmentForm,
            lines=FulfilledLines,
            rows=picking_rows,
            verb="Hand over",
            explanation="The goods leave the stock. What is missing comes with a back-order, or not at all: say which.",
            act=lambda access, found, said, values: fulfilment.fulfil_request(
                access=access,
                request=found,
                lines=said,
                remainder=_chosen(values["remainder"]),
                reason=values["reason"],
                note=values["note"],
                condition=require_version(values["seen"]),
            ),
            done=lambda found: f"{found.name} is fulfilled.",
        )

    def _by_line(
        self,
        request: HttpRequest,
        object_id: str,
        name: str,
        *,
        whole: Any,
        lines: Any,
        rows: Callable[[StockRequest], Any],
        verb: str,
        explanation: str,
        act: Callable[[Access, StockRequest, Any, dict[str, Any]], StockRequest],
        done: Callable[[StockRequest], str],
    ) -> HttpResponse:
        found = self.found(request, object_id)
        if (refused := self.too_late(request, found, name)) is not None:
            return refused
        access = self.require_access(request)
        asked = rows(found)
        shown: dict[str, Any] = {
            "title": f"{verb}: {found.name}",
            "subject": self.choice_label(found),
            "explanation": explanation,
            "verb": verb,
            "back": self.page_of(found),
        }
        if request.method != "POST":
            form = whole(initial={"seen": found.version})
            return self._lines_page(request, shown, form, lines(rows=asked))
        form, formset = whole(request.POST), lines(request.POST, rows=asked)
        result = None
        if form.is_valid() and formset.is_valid():
            said = formset.said(access.organization)
            if not formset.wrong():
                try:
                    result = transactions.run(lambda: act(access, found, said, form.cleaned_data))
                except Refusal as refusal:
                    if refusal.code in {"VERSION_CONFLICT", "INVALID_TRANSITION"}:
                        return self.answer(request, refusal, self.page_of(found))
                    show_refusal(refusal, form, formset)
        if result is None:
            _focus_first_error(form, formset)
            return self._lines_page(request, shown, form, formset, status=422)
        self.log_change(request, result, f"{verb}.")
        self.message_user(request, done(result), messages.SUCCESS)
        return HttpResponseRedirect(self.page_of(result))

    def _lines_page(
        self, request: HttpRequest, shown: dict[str, Any], form: Any, lines: Any, status: int = 200
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "lines": lines,
            "errors": status != 200,
            **shown,
        }
        return TemplateResponse(request, "inventory/admin/goods.html", context, status=status)


def _has_approved(access: Access, found: StockRequest) -> bool:
    return found.approvals.filter(withdrawn_at__isnull=True, user=access.actor.id).exists()


def _approved_words(found: StockRequest) -> str:
    if found.state == RequestState.APPROVED:
        return f"{found.name} is approved, and its goods are reserved."
    return f"Your approval of {found.name} is recorded. It needs another one."


def _chosen(word: str) -> Remainder | None:
    return Remainder(word) if word else None


def _focus_first_error(form: Any, lines: Any) -> None:
    for each in (form, *lines.forms):
        for name in each.errors:
            if name in each.fields and not each.fields[name].widget.is_hidden:
                each.fields[name].widget.attrs["autofocus"] = True
                return
