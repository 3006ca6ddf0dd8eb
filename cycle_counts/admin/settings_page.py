"""How the organization counts: classes, intervals, blindness, tolerance. For those who manage the whole of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminTextInputWidget

from cycle_counts.models import CountSettings
from cycle_counts.preferences import change_settings, may_change_settings, settings_of
from warehouses import transactions
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.http.organization import access_of
from warehouses.refusals import Refusal

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[CountSettings]
else:
    _ModelForm = forms.ModelForm

__all__ = ["SETTINGS_URL", "SettingsPage", "may_manage"]

SETTINGS_URL: Final = "admin:cycle_counts_settings"
#: Heading → the fields under it.
_SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "What a new count begins with": ("is_blind", "tolerance_units", "tolerance_percent", "tolerance_value"),
    "ABC classes": ("window_days", "a_share", "b_share", "a_interval", "b_interval", "c_interval"),
    "What is due": ("proposes", "proposed_lines", "seconds_per_line"),
    "Who may": ("allows_spot_counts", "allows_own_review"),
}
_FIELDS: Final = tuple(name for names in _SECTIONS.values() for name in names)
_HELP: Final = {
    "a_share": "Percent of the consumed value: the SKUs that make up the first so many are of class A.",
    "b_share": "Percent of the consumed value; the rest is of class C.",
    "window_days": "How far back consumption is looked at.",
    "tolerance_units": "Empty: no limit of this kind. Without any limit only what is exact is accepted by itself.",
    "seconds_per_line": "How long a line takes, for “about 3 h”.",
}


class SettingsForm(_ModelForm):
    class Meta:
        model = CountSettings
        fields = _FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.help_text = _HELP.get(name, field.help_text)
            if not isinstance(field, forms.BooleanField):
                # No number field: its value changes when one scrolls.
                field.widget = UnfoldAdminTextInputWidget(
                    attrs={"inputmode": "decimal", "autocomplete": "off"}
                )

    @property
    def sections(self) -> list[tuple[str, list[Any]]]:
        return [(words, [self[name] for name in names]) for words, names in _SECTIONS.items()]


def may_manage(request: HttpRequest) -> bool:
    access = access_of(request)
    return access is not None and may_change_settings(access)


class SettingsPage(ScopedModelAdmin):
    """Mixed into the admin of counts, under whose address the page is."""

    def get_urls(self) -> list[URLPattern]:
        page = path("settings/", self.admin_site.admin_view(self.settings_page), name="cycle_counts_settings")
        return [page, *super().get_urls()]

    def settings_page(self, request: HttpRequest) -> HttpResponse:
        if not may_manage(request):
            raise PermissionDenied
        access = self.require_access(request)
        current = settings_of(access.organization)
        form = SettingsForm(request.POST if request.method == "POST" else None, instance=current)
        status = 200
        if request.method == "POST":
            status = 422
            if form.is_valid():
                values = {name: form.cleaned_data[name] for name in form.changed_data}
                try:
                    transactions.run(lambda: change_settings(access=access, **values))
                except Refusal as refusal:
                    for problem in refusal.problems:
                        name = problem.field if problem.field in form.fields else None
                        form.add_error(name, problem.detail)
                    if not refusal.problems:
                        form.add_error(None, refusal.detail)
                else:
                    self.message_user(request, "The settings are saved.", messages.SUCCESS)
                    return HttpResponseRedirect(reverse(SETTINGS_URL, current_app=self.admin_site.name))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Count settings",
            "form": form,
            "errors": form.errors,
            "currency": access.organization.currency,
            "back": reverse("admin:index", current_app=self.admin_site.name),
        }
        return TemplateResponse(request, "cycle_counts/admin/settings.html", context, status=status)
