"""What is done with a count on its page: started, changed, submitted, called off, printed, keyed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from cycle_counts import counting
from cycle_counts.admin.batch_form import EditForm
from cycle_counts.models import BatchState, CountBatch
from cycle_counts.planning import update_batch
from cycle_counts.rights import may_review
from cycle_counts.states import require_state, require_version
from cycle_counts.totals import totals_of
from inventory.admin.act_pages import ActForm, StatePages
from inventory.history import history_of
from warehouses import transactions
from warehouses.access import Access
from warehouses.http.organization import access_of
from warehouses.refusals import Conflict, Refusal

__all__ = ["BatchActs"]

_DRAFT, _COUNTING, _REVIEW = BatchState.DRAFT, BatchState.COUNTING, BatchState.REVIEW
_COUNTER, _REVIEWER = "counter", "reviewer"

#: In which states each act is offered, and to whom. Who sees a count may count there.
_OFFERED: Final[Mapping[str, Mapping[str, str]]] = {
    "start": {_DRAFT: _COUNTER},
    "count": {_COUNTING: _COUNTER},
    "submit": {_COUNTING: _COUNTER},
    "edit": {_DRAFT: _COUNTER, _COUNTING: _COUNTER},
    "print_sheet": {_DRAFT: _COUNTER, _COUNTING: _COUNTER},
    "download": {_DRAFT: _COUNTER, _COUNTING: _COUNTER},
    "upload": {_COUNTING: _COUNTER},
    "key_in": {_COUNTING: _COUNTER},
    "review": {_REVIEW: _REVIEWER, BatchState.RESOLVED: _REVIEWER},
    "resolve": {_REVIEW: _REVIEWER},
    "cancel": {_DRAFT: _COUNTER, _COUNTING: _COUNTER, _REVIEW: _REVIEWER},
}
#: What is reached from the page itself, and has no button above it.
_NO_BUTTON: Final = {"resolve", "review", "print_sheet", "download", "upload", "key_in"}


class WhyForm(ActForm):
    reason = forms.CharField(
        label="Why",
        max_length=500,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
    )


class BatchActs(StatePages):
    """The half of the counts' admin that acts on one."""

    actions_detail = (
        "start", "count", "submit", "key_in", "print_sheet", "download", "upload", "edit", "cancel",
        "review", "resolve",
    )  # fmt: skip

    # --- who may

    def offered(self, access: Access, found: CountBatch) -> set[str]:
        return {
            name
            for name, states in _OFFERED.items()
            if name not in _NO_BUTTON and found.state in states and _may(access, found, name)
        }

    def has_act_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Who sees the count may count there; what more an act needs is asked when it is done."""
        return access_of(request) is not None and self.found(request, str(object_id)) is not None

    def found(self, request: HttpRequest, object_id: str) -> CountBatch:
        found: CountBatch = super().found(request, object_id)
        return found

    def prepared(self, request: HttpRequest, object_id: str, name: str) -> tuple[Access, CountBatch]:
        """The count, for an act that its state allows. Raises Http404, PermissionDenied, Conflict."""
        found = self.found(request, object_id)
        access = self.require_access(request)
        if not _may(access, found, name):
            raise PermissionDenied
        require_state(found, _OFFERED[name])
        return access, found

    def on_paper(self, found: CountBatch) -> list[tuple[str, str, str]]:
        """What there is for counting on paper: the icon, the words and the address of each."""
        return [
            (icon, words, self.address(name, found))
            for name, icon, words in (
                ("print_sheet", "print", "Print the sheet"),
                ("download", "download", "Download it (CSV)"),
                ("upload", "upload_file", "Upload it, filled in"),
                ("key_in", "keyboard", "Key in what was written"),
            )
            if found.state in _OFFERED[name]
        ]

    def address(self, page: str, found: CountBatch) -> str:
        return reverse(self.url_name(page), args=(found.pk,), current_app=self.admin_site.name)

    # --- with a word or two

    @action(
        description="Start…",
        permissions=["act"],
        url_path="start",
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
    )
    def start(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.act_simply(
            request,
            object_id,
            "start",
            form=ActForm,
            verb="Start counting",
            explanation="What has come into these bins since it was planned is added. From now on it can be counted.",
            act=lambda access, found, values: counting.start_batch(access=access, batch=found),
            done=lambda found: f"{found.label} is being counted.",
        )

    @action(description="Count on this device", permissions=["act"], url_path="count", icon="barcode_scanner")
    def count(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The counters' own screen, which is no part of the back office."""
        found = self.found(request, object_id)
        return HttpResponseRedirect(reverse("count:round", args=(found.public_id,)))

    @action(
        description="Submit…",
        permissions=["act"],
        url_path="submit",
        icon="send",
        variant=ActionVariant.PRIMARY,
    )
    def submit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.act_simply(
            request,
            object_id,
            "submit",
            form=ActForm,
            verb="Submit for review",
            explanation=(
                "Nobody counts any more. What is not counted stays as it is in the books: not counted is not none."
            ),
            act=lambda access, found, values: counting.submit_batch(access=access, batch=found),
            done=lambda found: f"{found.label} is submitted.",
        )

    @action(description="Cancel…", permissions=["act"], url_path="cancel", icon="cancel")
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.act_simply(
            request,
            object_id,
            "cancel",
            form=WhyForm,
            verb="Cancel count",
            explanation="Nothing is posted. It stays in the list, with what was counted.",
            act=lambda access, found, values: counting.cancel_batch(
                access=access, batch=found, reason=values["reason"]
            ),
            done=lambda found: f"{found.label} is cancelled.",
        )

    def refused(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse | None:
        try:
            self.prepared(request, object_id, name)
        except Conflict as refusal:
            return self.answer(request, refusal, self.page_of(self.found(request, object_id)))
        return None

    def figures(self, found: CountBatch) -> dict[str, Any]:
        totals = totals_of([found.pk])[found.pk]
        figures = {"Location": found.warehouse, "Lines": f"{totals.lines:,}"}
        if found.state != BatchState.DRAFT:
            figures |= {"Counted": f"{totals.counted:,}", "Not counted": f"{totals.pending:,}"}
        return figures

    # --- changing it

    @action(description="Edit", permissions=["act"], url_path="edit", icon="edit")
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Name, day, counters and tolerance; blind or not only before it was started."""
        try:
            access, found = self.prepared(request, object_id, "edit")
        except Conflict as refusal:
            return self.answer(request, refusal, self.page_of(self.found(request, object_id)))
        form = EditForm(request.POST if request.method == "POST" else None, batch=found, access=access)
        status, conflict = 200, ""
        differences: list[tuple[str, str, str]] = []
        if request.method == "POST":
            status = 422
            if form.is_valid():
                seen = form.cleaned_data["seen"]
                try:
                    done = transactions.run(
                        lambda: update_batch(
                            access=access,
                            batch=found,
                            changes=form.changes(),
                            # Without a version the form is not ours: nothing tells what was seen.
                            condition=require_version(seen if seen is not None else 0),
                        )
                    )
                except Refusal as refusal:
                    if refusal.code == "INVALID_TRANSITION":
                        return self.answer(request, refusal, self.page_of(found))
                    if refusal.code == "VERSION_CONFLICT":
                        status, conflict = 409, _who_was_faster(found)
                        differences = form.see(self.found(request, object_id))
                    else:
                        form.show(refusal)
                else:
                    self.log_change(request, found, "Changed.")
                    self.message_user(request, f"{done.label} is changed.", messages.SUCCESS)
                    return HttpResponseRedirect(self.page_of(found))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Edit {found.label}",
            "opts": self.opts,
            "form": form,
            "found": found,
            "conflict": conflict,
            "differences": differences,
            "errors": form.errors or conflict,
            "back": self.page_of(found),
        }
        return TemplateResponse(request, "cycle_counts/admin/edit.html", context, status=status)


def _may(access: Access, found: CountBatch, name: str) -> bool:
    """Whether the caller has the right, in the state that it is in or in any other one."""
    states = _OFFERED[name]
    who = {states[found.state]} if found.state in states else set(states.values())
    return _COUNTER in who or may_review(access, found.warehouse_id)


def _who_was_faster(found: CountBatch) -> str:
    """Such as `ben@acme.example changed this (Update).`"""
    entries = history_of([found])[found.pk]
    if not entries:
        return f"{found.label} has changed meanwhile."
    last = entries[-1]
    return f"{last.actor_name} changed this ({last.action.replace('_', ' ').capitalize()})."
