"""The page of one count: how far it is, what was counted, and what follows, as far as the caller may know."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cycle_counts.admin.batch_acts import BatchActs
from cycle_counts.admin.batch_lines import read_lines
from cycle_counts.admin.batch_list import assignees_of, called, is_late, is_secret_recount
from cycle_counts.admin.labels import blind_label, late_label, state_label
from cycle_counts.blindness import shows_book
from cycle_counts.models import BatchState, CountBatch
from cycle_counts.planning import words_of
from cycle_counts.rights import may_review, may_see_book
from cycle_counts.tolerances import tolerance_of
from cycle_counts.totals import Totals, totals_of
from cycle_counts.wording import money
from inventory.admin.history_table import history_table
from inventory.admin.integrations import clock_time, link
from warehouses.access import Access

__all__ = ["BatchPage", "tolerance_words"]


class BatchPage(BatchActs):
    """The half of the counts' admin that shows one."""

    change_form_template = "cycle_counts/admin/batch.html"
    fields = ()

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With all that its page names, looked up once for each page."""
        kept: dict[str, Any] = request.__dict__.setdefault("_cycle_counts", {})
        if request.method != "GET" or object_id not in kept:
            kept[object_id] = self._look_up(request, object_id)
        return kept[object_id]

    def _look_up(self, request: HttpRequest, object_id: str) -> CountBatch | None:
        rows = self.get_queryset(request).select_related(
            "organization", "warehouse", "planned_by", "submitted_by", "recount_of", "adjustment"
        )
        try:
            key = self.opts.pk.to_python(object_id)
        except ValidationError:
            return None
        return rows.filter(pk=key).first()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        found: CountBatch = context["original"]
        access = self.require_access(request)
        context |= self._shown(request, access, found)
        context["title"] = found.label
        return super().render_change_form(request, context, *args, **kwargs)

    def _shown(self, request: HttpRequest, access: Access, found: CountBatch) -> dict[str, Any]:
        has_book = shows_book(access, found)
        totals = totals_of([found.pk])[found.pk]
        reviews = may_review(access, found.warehouse_id)
        return {
            "found": found,
            "name": called(access, found),
            "state": state_label(found.state),
            "blind": blind_label() if found.is_blind else "",
            "late": late_label() if is_late(found, access.organization.today()) else "",
            "told": _told(access, found, reviews=reviews),
            "facts": _facts(access, found, has_book=has_book),
            "on_paper": self.on_paper(found),
            "totals": totals,
            "share": 100 * totals.counted // totals.lines if totals.lines else 0,
            "shows_book": has_book,
            "review_figures": _review_figures(access, totals) if has_book and found.submitted_at else [],
            "page": read_lines(
                access, found, shows_book=has_book, total=totals.lines, page=request.GET.get("lines")
            ),
            # What was decided, how much was posted, and of what it is a recount is not told to those who only count.
            "history": history_table(found) if may_see_book(access, found.warehouse_id) else "",
            "review_url": self.address("review", found)
            if reviews and found.state in {BatchState.REVIEW, BatchState.RESOLVED}
            else "",
        }


def _told(access: Access, found: CountBatch, *, reviews: bool) -> str:
    """What is to be done with it next."""
    if found.state == BatchState.DRAFT:
        return "Nobody has begun. Start it, and whoever is to count it finds it on the counting screen."
    if found.state == BatchState.COUNTING and found.is_blind:
        return "It is counted blind: what the books say is told to nobody before it is submitted."
    if found.state == BatchState.REVIEW:
        return "" if reviews else "It is counted. Whoever reviews counts here decides on it."
    return ""


def _review_figures(access: Access, totals: Totals) -> list[tuple[str, str]]:
    currency = access.organization.currency
    return [
        ("Within tolerance", f"{totals.within:,}"),
        ("To decide", f"{totals.undecided:,}"),
        ("Differences", f"{totals.differences:,}"),
        ("Units", f"{totals.units_over:+,} / {-totals.units_short:,}" if totals.differences else "0"),
        ("Value", money(totals.value_net, currency)),
        ("To be recounted", f"{totals.recount:,}"),
    ]


def tolerance_words(batch: CountBatch, currency: str) -> str:
    """Such as `2 units, 5% and 10.00 EUR`."""
    limits = tolerance_of(batch)
    parts = []
    if limits.units is not None:
        parts.append(f"{limits.units:,} unit{'s' * (limits.units != 1)}")
    if limits.percent is not None:
        parts.append(f"{limits.percent.normalize():f}%")
    if limits.value is not None:
        parts.append(money(limits.value, currency))
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts) or "None: exact only"


def _facts(access: Access, found: CountBatch, *, has_book: bool) -> list[tuple[str, str | SafeString]]:
    facts: list[tuple[str, Any]] = [
        ("Location", found.warehouse),
        ("What", words_of(found.scope, shows_book=has_book)),
        ("Counters", assignees_of(found)),
        ("Accepted by itself within", tolerance_words(found, access.organization.currency)),
    ]
    if not is_secret_recount(access, found):
        facts.append(("Origin", found.get_origin_display()))
    if found.due_on is not None:
        facts.append(("Due", date_format(found.due_on, "j M Y", use_l10n=False)))
    facts.append(("Planned", _who_when(found.actor_name, found.created_at)))
    if found.started_at is not None:
        facts.append(("Started", clock_time(found.started_at)))
    if found.submitted_at is not None:
        facts.append(("Submitted", clock_time(found.submitted_at)))
    if found.closed_at is not None:
        facts.append(("Closed", clock_time(found.closed_at)))
    if found.recount_of is not None and has_book:
        facts.append(("Recount of", link(found.recount_of, found.recount_of.label)))
    if has_book:
        facts += [("Recount", link(recount, recount.label)) for recount in found.recounts.order_by("number")]
    if found.adjustment is not None and has_book:
        facts.append(("Posted as", _adjustment_link(found)))
    if found.note:
        facts.append(("Note", found.note))
    return facts


def _adjustment_link(found: CountBatch) -> SafeString:
    address = reverse("admin:inventory_adjustment_change", args=(found.adjustment_id,))
    return format_html('<a href="{}" class="text-link">Adjustment</a>', address)


def _who_when(name: str, instant: Any) -> str:
    return f"{clock_time(instant)}, by {name}"
