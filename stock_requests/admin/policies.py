"""How requests are decided: approval rules, and whether people approve their own. For those who manage the whole."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.decorators import display
from unfold.widgets import UnfoldBooleanSwitchWidget

from stock_requests.approvals import policies
from stock_requests.approvals.policies import MANAGE
from stock_requests.models import ApprovalRule
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.forms import PlaceForm
from warehouses.admin.model_admins import RefusedDeletion
from warehouses.http.organization import access_of
from warehouses.models import User

__all__ = ["SETTINGS_URL", "ApprovalRuleAdmin", "may_manage"]

SETTINGS_URL = "admin:stock_requests_settings"
_FIELDS = (
    "name", "warehouse", "category", "minimum_value", "minimum_quantity", "approvals", "approvers", "is_active",
)  # fmt: skip


def may_manage(request: HttpRequest) -> bool:
    access = access_of(request)
    return access is not None and access.everywhere(MANAGE)


class SettingsForm(forms.Form):
    allows_self_approval = forms.BooleanField(
        label="People may approve their own requests",
        help_text="Off: whoever has made or submitted a request never decides on it.",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )


@admin.register(ApprovalRule)
class ApprovalRuleAdmin(RefusedDeletion):
    read_permission = MANAGE
    write_permission = MANAGE
    form = PlaceForm
    icon = "rule"
    fields = _FIELDS
    list_display = ("name", "conditions", "approvals", "who", "state")
    list_filter = ("is_active", "warehouse", "category")
    list_select_related = ("warehouse", "category")
    search_fields = ("name",)
    search_help_text = "Name"
    ordering = ("name", "pk")
    empty_hint = "Without a rule, one approval by anyone who may approve at the source is enough."

    def allows(self, request: HttpRequest, permission: str | None, obj: Any = None) -> bool:
        return may_manage(request) and super().allows(request, permission, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApprovalRule]:
        people = Prefetch("approvers", User.objects.order_by("email"))
        return super().get_queryset(request).prefetch_related(people)

    @admin.display(description="for requests")
    def conditions(self, rule: ApprovalRule) -> str:
        parts = []
        if rule.warehouse is not None:
            parts.append(f"from {rule.warehouse}")
        if rule.category is not None:
            parts.append(f"of {rule.category}")
        if rule.minimum_value is not None:
            parts.append(f"worth {rule.minimum_value:,.2f} or more")
        if rule.minimum_quantity is not None:
            parts.append(f"of {rule.minimum_quantity:,} units or more")
        return ", ".join(parts) or "All"

    @admin.display(description="approvers")
    def who(self, rule: ApprovalRule) -> str:
        named = ", ".join(person.email for person in rule.approvers.all())
        anybody = "Nobody any more" if rule.names_approvers else "Anyone who may approve"
        return named or anybody

    @display(description="state", ordering="is_active", label={"Active": "success", "Inactive": ""})
    def state(self, rule: ApprovalRule) -> str:
        return "Active" if rule.is_active else "Inactive"

    def store(self, request: HttpRequest, access: Access, obj: ApprovalRule, form: Any, change: bool) -> None:
        if change:
            written = policies.change_approval_rule(access=access, rule=obj, **form.cleaned_data)
        else:
            written = policies.create_approval_rule(access=access, **form.cleaned_data)
        obj.__dict__.update(written.__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The approvers are written with the rule."""

    def remove(self, request: HttpRequest, access: Access, obj: ApprovalRule) -> None:
        policies.delete_approval_rule(access=access, rule=obj)

    # --- the settings

    def get_urls(self) -> list[URLPattern]:
        settings = path(
            "settings/", self.admin_site.admin_view(self.settings_page), name="stock_requests_settings"
        )
        return [settings, *super().get_urls()]

    def settings_page(self, request: HttpRequest) -> HttpResponse:
        if not may_manage(request):
            raise PermissionDenied
        access = self.require_access(request)
        current = policies.request_settings(access=access)
        if request.method == "POST":
            form = SettingsForm(request.POST)
            if form.is_valid():
                transactions.run(lambda: policies.change_request_settings(access=access, **form.cleaned_data))
                self.message_user(request, "The settings are saved.", messages.SUCCESS)
                return HttpResponseRedirect(reverse(SETTINGS_URL, current_app=self.admin_site.name))
        else:
            form = SettingsForm(initial={"allows_self_approval": current.allows_self_approval})
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Request settings",
            "subject": "Request settings",
            "explanation": form.fields["allows_self_approval"].help_text,
            "form": form,
            "verb": "Save",
            "back": reverse("admin:index", current_app=self.admin_site.name),
        }
        return TemplateResponse(request, "inventory/admin/act.html", context)
