"""Correcting a quantity from anywhere: a page by itself, and a dialog over any other page.

A link with `data-correct` leads here. Without a script it is a page; the script asks for the same address with the
header `X-Correct` and is answered with the form alone, then with the words about what was done and the way to undo it.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from inventory.admin.correct_form import CorrectForm, Place, new_token
from inventory.admin.fresh_stock import freshen
from inventory.corrections import Corrected, Seen, correct, remembered_reason, undo
from inventory.models import ReasonCode, Sku, StockLevel
from inventory.stock_documents import ADJUST
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.models import Warehouse
from warehouses.refusals import Refusal, Stale

__all__ = ["CorrectPage", "CorrectPages"]

#: What the script asks for: the part of the page that is a dialog's.
_HEADER: Final = "X-Correct"
_UNDO: Final = "inventory_stocklevel_undo"
_SKU: Final = "inventory_sku_correct"
_PLACES: Final = 200


class CorrectPage(ScopedModelAdmin):
    """The form about one place, its answers and its conflict."""

    def correction(self, request: HttpRequest, place: Place, action: str, home: str) -> HttpResponse:
        """Ask for the number, or write it. `action` is the form's address, `home` the page of what is corrected."""
        access = self.require_access(request)
        back = _back(request, home)
        if request.method != "POST":
            return self._ask(request, access, place, action, self._fresh_form(access, place, back), back)
        form = CorrectForm(request.POST, place=place, person=access.actor.id)
        if "again" in request.POST:
            return self._ask(request, access, place, action, self._again(access, place, form, back), back)
        if not form.is_valid():
            if form.key is None:
                data = request.POST.copy()
                data["token"] = new_token(place, access.actor.id)
                form.data = data
            return self._ask(request, access, place, action, form, back, status=422)
        try:
            done = transactions.run(lambda: _write(access, place, form))
        except Stale as refusal:
            return self._conflict(request, access, place, action, form, refusal, back)
        except Refusal as refusal:
            if refusal.code == "LEAVES_SHORT":
                return self._ask(
                    request,
                    access,
                    place,
                    action,
                    form,
                    back,
                    status=422,
                    short=(refusal.detail, refusal.extra),
                )
            form.show(refusal)
            return self._ask(request, access, place, action, form, back, status=422)
        return self._done(request, place, done, back)

    # --- asking

    def _fresh_form(self, access: Access, place: Place, back: str, **kept: Any) -> CorrectForm:
        initial = {
            "mode": CorrectForm.SET,
            "reason": _usual_reason(access),
            "version": place.version,
            "before": place.before,
            "token": new_token(place, access.actor.id),
            "back": back,
            **kept,
        }
        return CorrectForm(initial=initial, place=place, person=access.actor.id)

    def _again(self, access: Access, place: Place, sent: CorrectForm, back: str) -> CorrectForm:
        """Counted again: the number is asked for anew, over what is there now; the words are kept."""
        kept = {name: sent.data.get(name, "")[:500] for name in ("note", "reference", "bin", "lot")}
        if reason := sent.data.get("reason"):
            kept["reason"] = reason
        return self._fresh_form(access, place, back, **kept)

    def _ask(
        self,
        request: HttpRequest,
        access: Access,
        place: Place,
        action: str,
        form: CorrectForm,
        back: str,
        *,
        status: int = 200,
        short: tuple[str, Any] | None = None,
    ) -> HttpResponse:
        shown = {
            "title": f"Correct {place.sku.code}",
            "place": place,
            "form": form,
            "action": action,
            "back": back,
            "short": short,
            "state": "ask",
            "errors": status != 200,
        }
        return self._answer(request, "inventory/admin/correct.html", shown, status)

    def _conflict(
        self,
        request: HttpRequest,
        access: Access,
        place: Place,
        action: str,
        form: CorrectForm,
        refusal: Stale,
        back: str,
    ) -> HttpResponse:
        """Somebody was first: who, when, and what may be done about it. Nothing that was typed is lost."""
        now, typed = refusal.extra["now"], form.cleaned_data["quantity"]
        at = refusal.extra["at"]
        change = typed - now
        values = form.cleaned_data
        shown = {
            "title": f"Correct {place.sku.code}",
            "place": place,
            "action": action,
            "back": back,
            "state": "conflict",
            "who": "You" if refusal.extra["is_own"] else refusal.extra["by"] or "Somebody",
            "ago": _ago(at) if at is not None else "",
            "now": now,
            "saw": refusal.extra["saw"],
            "typed": typed,
            "change": change,
            "sent": {
                "reason": values["reason"].pk,
                "note": values["note"],
                "reference": values["reference"],
                "bin": values["bin"].code if values.get("bin") else "",
                "lot": values["lot"].code if values.get("lot") else "",
                "version": place.version,
                "before": now,
                "token": form.data.get("token", ""),
                "back": back,
            },
            "errors": True,
        }
        return self._answer(request, "inventory/admin/correct.html", shown, 409)

    # --- answering

    def _done(self, request: HttpRequest, place: Place, done: Corrected, back: str) -> HttpResponse:
        what = f"{place.sku.code} in {place.words}"
        if done.adjustment is None:
            words = f"Nothing changed: {what} has {done.after:,} units."
        else:
            words = f"{what}: {done.before:,} → {done.after:,}."
        undo_at = None
        if done.adjustment is not None:
            undo_at = reverse(f"admin:{_UNDO}", args=(done.adjustment.pk,), current_app=self.admin_site.name)
        if request.headers.get(_HEADER):
            shown = {"words": words, "undo": undo_at, "icon": "check_circle", "state": "done"}
            return TemplateResponse(request, "inventory/admin/correct_told.html", shown)
        if done.adjustment is None:
            self.message_user(request, words, messages.INFO)
        else:
            page = reverse(
                "admin:inventory_adjustment_reverse",
                args=(done.adjustment.pk,),
                current_app=self.admin_site.name,
            )
            told = format_html('{} <a href="{}">Undo…</a>', words, page)
            self.message_user(request, told, messages.SUCCESS)
        return HttpResponseRedirect(back)

    def _answer(
        self, request: HttpRequest, template: str, shown: dict[str, Any], status: int
    ) -> HttpResponse:
        if request.headers.get(_HEADER):
            part = template.replace(".html", "_part.html")
            return TemplateResponse(request, part, {**shown, "is_dialog": True}, status=status)
        context = {**self.admin_site.each_context(request), "opts": self.opts, **shown}
        return TemplateResponse(request, template, context, status=status)


class CorrectPages(CorrectPage):
    """For the admin of stock levels: also by SKU, where the warehouse is chosen first, and undoing."""

    def get_urls(self) -> list[Any]:
        guarded = self.admin_site.admin_view
        own = [
            path("sku/<uuid:key>/correct/", guarded(self.correct_sku), name=_SKU),
            path(
                "undo/<uuid:key>/",
                guarded(require_POST(csrf_protect(self.undo_correction))),
                name=_UNDO,
            ),
        ]
        return [*own, *super().get_urls()]

    def correct_sku(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """The only warehouse that the SKU is in, or may be; else the choice of one."""
        freshen(request)
        access = self.require_access(request)
        if not access.may(ADJUST):
            raise PermissionDenied
        sku = Sku.objects.filter(organization=access.organization, pk=key).first()
        if sku is None:
            raise Http404
        here = reverse(f"admin:{_SKU}", args=(sku.pk,), current_app=self.admin_site.name)
        open_places = Warehouse.objects.filter(is_active=True, is_readonly=False)
        warehouses = access.narrow(open_places, ADJUST, warehouse="pk").order_by("name", "pk")
        rows = StockLevel.objects.filter(sku=sku, warehouse__is_active=True, warehouse__is_readonly=False)
        levels = access.narrow(rows, ADJUST).select_related("warehouse").order_by("warehouse__name", "pk")
        if (named := request.GET.get("warehouse")) is not None:
            wanted = _uuid(named)
            warehouse = warehouses.filter(pk=wanted).first() if wanted is not None else None
            if warehouse is None:
                raise Http404
            level = levels.filter(warehouse=warehouse).first()
            return self._of_sku(request, sku, warehouse, level, here)
        found = list(levels[:_PLACES])
        if len(found) == 1:
            return self._of_sku(request, sku, found[0].warehouse, found[0], here)
        others = list(warehouses.exclude(pk__in=[level.warehouse_id for level in found])[:_PLACES])
        if not found and len(others) == 1:
            return self._of_sku(request, sku, others[0], None, here)
        shown = {
            "title": f"Correct {sku.code}",
            "sku": sku,
            "levels": found,
            "others": others,
            "here": here,
            "back": _back(request, reverse("admin:index", current_app=self.admin_site.name)),
            "state": "choose",
        }
        return self._answer(request, "inventory/admin/correct_where.html", shown, 200)

    def _of_sku(
        self, request: HttpRequest, sku: Sku, warehouse: Warehouse, level: StockLevel | None, here: str
    ) -> HttpResponse:
        home = reverse("admin:inventory_stocklevel_changelist", current_app=self.admin_site.name)
        place = Place(sku=sku, warehouse=warehouse, level=level)
        return self.correction(request, place, f"{here}?warehouse={warehouse.pk}", home)

    def undo_correction(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Reverse the adjustment that was just made; both stay on record."""
        access = self.require_access(request)
        if not access.may(ADJUST):
            raise PermissionDenied
        home = reverse("admin:inventory_stocklevel_changelist", current_app=self.admin_site.name)
        try:
            done = transactions.run(lambda: undo(access=access, adjustment_id=key))
            words, is_wrong = f"Undone: {done.before:,} → {done.after:,}.", False
        except Refusal as refusal:
            if refusal.code == "ADJUSTMENT_NOT_FOUND":
                raise Http404 from None
            words, is_wrong = f"Not undone. {refusal.detail}", True
        if request.headers.get(_HEADER):
            icon = "error" if is_wrong else "undo"
            shown = {"words": words, "icon": icon, "is_wrong": is_wrong, "state": "done"}
            status = 409 if is_wrong else 200
            return TemplateResponse(request, "inventory/admin/correct_told.html", shown, status=status)
        self.message_user(request, words, messages.ERROR if is_wrong else messages.SUCCESS)
        return HttpResponseRedirect(_back(request, home))


def _write(access: Access, place: Place, form: CorrectForm) -> Corrected:
    values = form.cleaned_data
    return correct(
        access=access,
        sku=place.sku,
        warehouse=place.warehouse,
        item=place.item,
        quantity=values["quantity"],
        is_set=values["mode"] == CorrectForm.SET,
        seen=Seen(version=values["version"], on_hand=values["before"]),
        reason=values["reason"],
        bin=values.get("bin") or None,
        lot=values.get("lot") or None,
        note=values["note"],
        reference=values["reference"],
        key=form.key,
        allows_short=values["short"],
    )


def _usual_reason(access: Access) -> Any:
    """The reason that the caller used last, else a manual adjustment."""
    rows = ReasonCode.objects.filter(organization=access.organization, is_active=True)
    last = _uuid(remembered_reason(access=access))
    kept = rows.filter(pk=last).values_list("pk", flat=True).first() if last is not None else None
    return kept or rows.filter(code_key="adjustment").values_list("pk", flat=True).first()


def _back(request: HttpRequest, home: str) -> str:
    """Where one came from, on this site; else `home`. Never this page itself."""
    asked = request.POST.get("back") or request.GET.get("next") or request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    if not asked or not is_ours or "\x00" in asked or len(asked) > 2000:
        return home
    return home if request.path in asked else asked


def _ago(at: Any) -> str:
    seconds = max(int((timezone.now() - at).total_seconds()), 1)
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds >= size:
            count = seconds // size
            return f"{count:,} {unit}{'' if count == 1 else 's'} ago"
    return ""


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
