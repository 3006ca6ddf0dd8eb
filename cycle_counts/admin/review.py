"""The page on which the differences of a count are decided on, and the one on which they are posted.

Every act is a button that works by itself. The page's script sends the same form to the same address with the header
`X-Count-Review`, and is answered with the part of the page that changes instead of with a redirect.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from cycle_counts.admin.batch_acts import BatchActs
from cycle_counts.admin.review_acts import ReviewFaults, Told, act_on_lines, faults_of, typed_in
from cycle_counts.admin.review_rows import CAUSES, SHOWN, read_review
from cycle_counts.models import BatchState, CountBatch, CountLine
from cycle_counts.review import Resolved, resolve_batch
from cycle_counts.rights import COUNT
from cycle_counts.totals import Totals, totals_of
from cycle_counts.wording import line_in_words, money, title_of
from inventory.admin.act_pages import ActForm
from inventory.admin.fresh_stock import freshen
from inventory.admin.state_chips import Chip
from warehouses import transactions
from warehouses.access import Access
from warehouses.models import User
from warehouses.refusals import Conflict, Refusal
from warehouses.who_may import people_who_may

__all__ = ["ReviewPages"]

_HEADER: Final = "X-Count-Review"
_ELSEWHERE: Final = "X-Count-Review-Elsewhere"
_SESSION_KEY: Final = "count_review_told"
_SHOWN_UNCOUNTED: Final = 20


class ResolveForm(ActForm):
    """What is asked before differences are posted. `seen` is the batch's version when the numbers were shown."""

    accepts_rest = forms.BooleanField(label="Accept what nobody has decided on", required=False)
    recount_assignees = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label="Who counts again",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Nobody chosen: the counters of this count who have not counted these lines, else anyone else.",
    )
    note = forms.CharField(label="Note", max_length=500, required=False, widget=UnfoldAdminTextInputWidget)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, access: Access, batch: CountBatch, totals: Totals) -> None:
        super().__init__(data, initial={"seen": batch.version})
        fields: dict[str, Any] = self.fields
        if not totals.undecided:
            del fields["accepts_rest"]
        if not totals.recount:
            del fields["recount_assignees"]
            return
        people = people_who_may(
            organization=access.organization, permission=COUNT, warehouse_id=batch.warehouse_id
        )
        again = fields["recount_assignees"]
        again.queryset = User.objects.filter(pk__in={person.pk for person in people}).order_by(
            "name", "email"
        )
        again.label_from_instance = lambda person: person.get_full_name()


class ReviewPages(BatchActs):
    """The half of the counts' admin in which they are reviewed."""

    @action(description="Review", permissions=["act"], url_path="review", icon="fact_check")
    def review(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The lines, to decide on; once it is resolved, what was decided."""
        try:
            access, found = self.prepared(request, object_id, "review")
        except Conflict as refusal:
            return self._too_late(request, self.found(request, object_id), refusal)
        freshen(request)
        if request.method != "POST":
            told = request.session.pop(_SESSION_KEY, None)
            return self._review(request, access, found, told=told)
        if found.state != BatchState.REVIEW:
            return HttpResponseRedirect(self.address("review", found))
        try:
            told = act_on_lines(access, found, request.POST)
        except Refusal as refusal:
            current = self.found(request, object_id)
            if refusal.code == "INVALID_TRANSITION":
                return self._too_late(request, current, refusal)
            faults = faults_of(current, refusal, request.POST)
            return self._review(request, access, current, faults=faults)
        if request.headers.get(_HEADER):
            return self._review(request, access, self.found(request, object_id), told=told)
        request.session[_SESSION_KEY] = told
        line = told["line"]
        return HttpResponseRedirect(request.get_full_path() + (f"#{line}" if line else ""))

    def _too_late(self, request: HttpRequest, current: CountBatch, refusal: Refusal) -> HttpResponse:
        answer = self.answer(request, refusal, self.page_of(current))
        if request.headers.get(_HEADER):
            # The script goes to the page that says so: one that it followed itself would have said it to nobody.
            return HttpResponse(status=204, headers={_ELSEWHERE: answer["Location"]})
        return answer

    def _review(
        self,
        request: HttpRequest,
        access: Access,
        found: CountBatch,
        *,
        told: Told | None = None,
        faults: ReviewFaults | None = None,
    ) -> HttpResponse:
        show = request.GET.get("show", "")
        page = read_review(
            found,
            show=show,
            page=request.GET.get("page"),
            typed=typed_in(request.POST) if faults is not None else None,
            faults=faults.lines if faults is not None else None,
        )
        totals = totals_of([found.pk])[found.pk]
        address = self.address("review", found)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Review {found.label}",
            "is_fullwidth": "1",
            "found": found,
            "name": title_of(found),
            "is_open": found.state == BatchState.REVIEW,
            "page": page,
            "totals": totals,
            "summary": _summary(totals, access.organization.currency),
            "chips": [
                Chip(
                    words,
                    page.counts[name],
                    f"{address}?{urlencode({'show': name})}" if name else address,
                    name == page.show,
                )
                for name, words in SHOWN.items()
            ],
            "here": request.get_full_path(),
            "earlier": _page_address(address, page.show, page.earlier),
            "later": _page_address(address, page.show, page.later),
            "causes": CAUSES,
            "told": told,
            "faults": faults,
            "errors": faults is not None,
            "resolve_url": self.address("resolve", found),
            "back": self.page_of(found),
            "person": access.actor.id,
            "currency": access.organization.currency,
        }
        status = 200 if faults is None else 409 if faults.is_conflict else 422
        name = "review_part" if request.headers.get(_HEADER) else "review"
        return TemplateResponse(request, f"cycle_counts/admin/{name}.html", context, status=status)

    # --- posting

    @action(description="Resolve…", permissions=["act"], url_path="resolve", icon="task_alt")
    def resolve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask with the numbers, and post the differences. What is posted is not taken back, only reversed."""
        try:
            access, found = self.prepared(request, object_id, "resolve")
        except Conflict as refusal:
            return self.answer(request, refusal, self.page_of(self.found(request, object_id)))
        freshen(request)
        totals = totals_of([found.pk])[found.pk]
        form = ResolveForm(
            request.POST if request.method == "POST" else None, access=access, batch=found, totals=totals
        )
        status = 200
        if request.method == "POST":
            status = 422
            if form.is_valid():
                try:
                    resolved = transactions.run(lambda: _resolve(access, found, form))
                except Refusal as refusal:
                    if refusal.code == "INVALID_TRANSITION":
                        return self.answer(request, refusal, self.page_of(found))
                    if refusal.code == "VERSION_CONFLICT":
                        status, found = 409, self.found(request, object_id)
                        totals = totals_of([found.pk])[found.pk]
                        form = ResolveForm(None, access=access, batch=found, totals=totals)
                        form.cleaned_data = {}
                        self.message_user(
                            request,
                            "Somebody has decided on lines meanwhile: these are the numbers now.",
                            messages.WARNING,
                        )
                    else:
                        form.show(refusal)
                else:
                    self.log_change(request, found, "Resolved.")
                    self.message_user(request, _done(resolved), messages.SUCCESS)
                    return HttpResponseRedirect(self.page_of(found))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Resolve {found.label}",
            "found": found,
            "name": title_of(found),
            "totals": totals,
            "summary": _summary(totals, access.organization.currency),
            "uncounted": _uncounted(found, totals),
            "form": form,
            "errors": form.errors,
            "verb": _verb(totals),
            "back": self.address("review", found),
        }
        return TemplateResponse(request, "cycle_counts/admin/resolve.html", context, status=status)


def _resolve(access: Access, found: CountBatch, form: ResolveForm) -> Resolved:
    values = form.cleaned_data
    seen = values["seen"]
    chosen = list(values.get("recount_assignees") or ())
    return resolve_batch(
        access=access,
        batch=found,
        accepts_rest=values.get("accepts_rest", False),
        recount_assignees=chosen or None,
        note=values["note"],
        # Without a version the form is not ours: nothing tells which numbers were shown.
        version=seen if seen is not None else 0,
    )


def _done(resolved: Resolved) -> str:
    number = resolved.adjustment.line_count if resolved.adjustment is not None else 0
    posted = f"{number:,} difference{'s' * (number != 1)} posted" if number else "nothing differed"
    again = (
        f" {resolved.recount.label} counts the doubtful lines again." if resolved.recount is not None else ""
    )
    return f"{resolved.batch.label} is resolved: {posted}.{again}"


def _verb(totals: Totals) -> str:
    number = totals.differences
    return f"Post {number:,} difference{'s' * (number != 1)}" if number else "Resolve: nothing differs"


def _summary(totals: Totals, currency: str) -> list[tuple[str, str]]:
    return [
        ("To decide", f"{totals.undecided:,}"),
        ("Accepted", f"{totals.accepted:,}"),
        ("To be recounted", f"{totals.recount:,}"),
        ("Ignored", f"{totals.ignored:,}"),
        ("Not counted", f"{totals.pending:,}"),
        ("Units over", f"+{totals.units_over:,}" if totals.units_over else "0"),
        ("Units short", f"-{totals.units_short:,}" if totals.units_short else "0"),
        ("Value", money(totals.value_net, currency)),
    ]


def _uncounted(found: CountBatch, totals: Totals) -> list[str]:
    """What is left as it is in the books, by name: as many as one reads."""
    if not totals.pending:
        return []
    rows = CountLine.objects.filter(batch=found, counted__isnull=True, state="pending")
    return [
        line_in_words(line)
        for line in rows.select_related("sku", "lot", "bin").order_by("position")[:_SHOWN_UNCOUNTED]
    ]


def _page_address(address: str, show: str, number: int | None) -> str:
    if number is None:
        return ""
    query = {"page": str(number)} | ({"show": show} if show else {})
    return f"{address}?{urlencode(query)}"
