"""The page that puts up many bins of a room: a line for each."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from warehouses import places
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.models import Room
from warehouses.places import NewBin
from warehouses.refusals import Refusal

__all__ = ["PutUpBins"]

_MOST: Final = 500


class BinsForm(forms.Form):
    lines = forms.CharField(
        label="Bins",
        max_length=_MOST * 130,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 12, "autofocus": True, "spellcheck": "false"}),
        help_text=f"A code on each line; after a comma its barcode, if it has one. Up to {_MOST}.",
    )
    capacity = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=2_147_483_647,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"inputmode": "numeric"}),
        help_text="How many units fit into each of them. Empty: no limit.",
    )

    def clean_lines(self) -> list[tuple[str, str]]:
        """Pairs of a code and a barcode, which may be empty; blank lines count for nothing."""
        lines = [line.strip() for line in self.cleaned_data["lines"].splitlines()]
        pairs = [line.partition(",") for line in lines if line]
        if len(pairs) > _MOST:
            raise forms.ValidationError(f"{len(pairs)} lines are too many: put up {_MOST} at once.")
        return [(code.strip(), barcode.strip()) for code, _, barcode in pairs]

    def show(self, refusal: Refusal) -> None:
        """Say beside the lines what is wrong with each of them; the first twenty are enough to begin with."""
        pairs = self.cleaned_data["lines"]
        for problem in refusal.problems[:20]:
            line = f"{pairs[problem.index][0] or '(no code)'}: " if problem.index is not None else ""
            field = "capacity" if problem.field == "capacity" else "lines"
            self.add_error(field, f"{line}{problem.detail}")
        if not refusal.problems:
            self.add_error(None, refusal.detail)


class PutUpBins(ScopedModelAdmin):
    """For the admin of rooms."""

    def has_put_up_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.allows(request, self.write_permission, object_id)

    @action(description="Put up bins", permissions=["put_up"], url_path="bins", icon="shelves")
    def put_up(self, request: HttpRequest, object_id: str) -> HttpResponse:
        room: Room | None = self.get_object(request, object_id)
        if room is None:
            raise Http404
        form = BinsForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                count = self._put_up(request, room, form.cleaned_data)
            except Refusal as refusal:
                form.show(refusal)
            else:
                self.log_change(request, room, f"Put up {count} bins.")
                done = f"{count} bin{'s' * (count != 1)} put up in {self.choice_label(room)}."
                self.message_user(request, done, messages.SUCCESS)
                bins = reverse("admin:warehouses_bin_changelist", current_app=self.admin_site.name)
                return HttpResponseRedirect(f"{bins}?room__id__exact={room.pk}")
        context = {
            **self.admin_site.each_context(request),
            "title": "Put up bins",
            "opts": self.opts,
            "subject": self.choice_label(room),
            "form": form,
            "back": self.page_of(room),
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "warehouses/admin/put_up_bins.html", context, status=status)

    def _put_up(self, request: HttpRequest, room: Room, values: dict[str, Any]) -> int:
        access = self.require_access(request)
        bins = [
            NewBin(room, code, barcode, capacity=values["capacity"], index=index)
            for index, (code, barcode) in enumerate(values["lines"])
        ]
        made = places.create_bins(
            organization=access.organization, actor=access.actor, warehouse=room.warehouse, bins=bins
        )
        return len(made)
