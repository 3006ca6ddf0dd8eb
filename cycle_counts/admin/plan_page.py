"""Planning a count, on one page: what, blind or not, by whom and until when, and how much work that is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from cycle_counts import counting
from cycle_counts.admin.batch_form import PlanForm
from cycle_counts.models import AbcClass, BatchState, CountBatch, CountCycle, CountSettings, Origin
from cycle_counts.planning import Preview, create_batch, preview
from cycle_counts.preferences import settings_of
from cycle_counts.rights import COUNT, visible_batches
from cycle_counts.totals import totals_of
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.http.organization import access_of
from warehouses.identifiers import new_id
from warehouses.models import Warehouse
from warehouses.refusals import Refusal

__all__ = ["PlanPage", "duration_words", "preview_words"]


class PlanPage(ScopedModelAdmin):
    """The half of the counts' admin in which they are planned."""

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        own = path(
            "preview/",
            guarded(require_POST(csrf_protect(self.preview))),
            name="cycle_counts_countbatch_preview",
        )
        return [own, *super().get_urls()]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        access = access_of(request)
        return access is not None and access.may(COUNT)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Filled in with what is due today, where the classes know of any."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        access = self.require_access(request)
        settings = settings_of(access.organization)
        shown: Preview | None = None
        status = 200
        if request.method != "POST":
            form = PlanForm(
                initial=_suggestion(access, settings, request.GET), access=access, settings=settings
            )
        else:
            made = _made_before(access, request.POST.get("key"))
            if made is not None:
                return HttpResponseRedirect(self.page_of(made))
            form = PlanForm(request.POST, access=access, settings=settings)
            status = 422
            if form.is_valid():
                try:
                    if "preview" in request.POST:
                        shown, status = _preview(access, form), 200
                    else:
                        return self._planned(request, access, form)
                except Refusal as refusal:
                    form.show(refusal)
        context = {
            **self.admin_site.each_context(request),
            "title": "Plan a count",
            "opts": self.opts,
            "form": form,
            "errors": form.errors,
            "previewed": preview_words(shown) if shown is not None else "",
            "preview_reasons": shown.reasons if shown is not None else (),
            "preview_url": reverse("admin:cycle_counts_countbatch_preview", current_app=self.admin_site.name),
            "proposals": _proposals(access) if request.method != "POST" else [],
            "settings": settings,
            "currency": access.organization.currency,
            "back": reverse(self.url_name("changelist"), current_app=self.admin_site.name),
        }
        return TemplateResponse(request, "cycle_counts/admin/plan.html", context, status=status)

    def _planned(self, request: HttpRequest, access: Access, form: PlanForm) -> HttpResponse:
        is_started = "start" in request.POST

        def work() -> CountBatch:
            made = _create(access, form)
            return counting.start_batch(access=access, batch=made) if is_started else made

        made = transactions.run(work)
        self.log_addition(request, made, "Planned.")
        lines = totals_of([made.pk])[made.pk].lines
        words = "is being counted" if is_started else "is planned"
        self.message_user(
            request, f"{made.label} {words}: {lines:,} line{'s' * (lines != 1)}.", messages.SUCCESS
        )
        return HttpResponseRedirect(self.page_of(made))

    def preview(self, request: HttpRequest) -> JsonResponse:
        """How much the form, as it is filled in so far, would have counted, in words."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        access = self.require_access(request)
        form = PlanForm(request.POST, access=access, settings=settings_of(access.organization))
        if not form.is_valid():
            told = [str(error) for errors in form.errors.values() for error in errors]
            return JsonResponse({"problems": told}, status=422)
        try:
            found = _preview(access, form)
        except Refusal as refusal:
            told = [problem.detail for problem in refusal.problems] or [refusal.detail]
            return JsonResponse({"problems": told}, status=422)
        return JsonResponse({"words": preview_words(found), "reasons": list(found.reasons)})


def _made_before(access: Access, key: str | None) -> CountBatch | None:
    """What the first of two presses of the button has made."""
    try:
        found = UUID(key or "")
    except ValueError:
        return None
    return visible_batches(access=access).filter(pk=found).first()


def _create(access: Access, form: PlanForm) -> CountBatch:
    values = form.cleaned_data
    # A key that somebody else has used already is as good as none.
    key = values["key"] if not CountBatch.objects.filter(pk=values["key"]).exists() else None
    return create_batch(
        access=access,
        warehouse=values["location"],
        scope=form.scope(),
        name=values["name"],
        is_blind=form.is_count_blind(),
        tolerance=form.tolerance(),
        assignees=list(values["assignees"]),
        due_on=values["due_on"],
        note=values["note"],
        origin=Origin.ABC if values["classes"] or values["due_only"] else Origin.PLANNED,
        key=key,
    )


def _preview(access: Access, form: PlanForm) -> Preview:
    return preview(access=access, warehouse=form.cleaned_data["location"], scope=form.scope())


def _suggestion(access: Access, settings: CountSettings, query: Any) -> dict[str, Any]:
    """What the form begins with: what is due where most is; else everything, which the person narrows."""
    initial: dict[str, Any] = {
        "key": new_id(),
        "is_blind": settings.is_blind,
        "due_on": access.organization.today(),
        "tolerance_units": settings.tolerance_units,
        "tolerance_percent": settings.tolerance_percent,
        "tolerance_value": settings.tolerance_value,
    }
    places = access.narrow(Warehouse.objects.order_by("name", "pk"), COUNT, warehouse="pk")
    offered = list(places.filter(is_active=True, is_readonly=False)[:200])
    asked = query.get("location", "")
    chosen = next((place for place in offered if str(place.pk) == asked), offered[0] if offered else None)
    letter = query.get("class", "")
    if chosen is None:
        return initial
    due = CountCycle.objects.filter(
        organization=access.organization, warehouse=chosen, next_due_on__lte=access.organization.today()
    )
    initial["location"] = chosen.pk
    if letter in AbcClass.values:
        initial["classes"] = [letter]
    if due.exists():
        initial |= {"due_only": True, "limit": settings.proposed_lines}
    return initial


def _proposals(access: Access) -> list[CountBatch]:
    """What was proposed and nobody has begun."""
    rows = access.narrow(CountBatch.objects.all(), COUNT)
    rows = rows.filter(state=BatchState.DRAFT, origin=Origin.PROPOSED).select_related("warehouse")
    return list(rows.order_by("due_on", "number")[:5])


def preview_words(found: Preview) -> str:
    """Such as `184 lines in 12 bins, about 3 h`."""
    if not found.lines and not found.bins:
        return "Nothing to count"
    lines = f"{found.lines:,} line{'s' * (found.lines != 1)}"
    bins = f"{found.bins:,} bin{'s' * (found.bins != 1)}"
    return f"{lines} in {bins}, about {duration_words(found.seconds)}"


def duration_words(seconds: int) -> str:
    """As people plan their day: `1 min`, `40 min`, `1½ h`, `3 h`."""
    minutes = max(1, round(seconds / 60))
    if minutes < 10:
        return f"{minutes} min"
    if minutes < 55:
        return f"{round(minutes / 5) * 5} min"
    halves = round(minutes / 30)
    return f"{halves // 2:,}{'½' * (halves % 2)} h"
