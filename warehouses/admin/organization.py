"""The organization's own settings; superusers see all organizations and make new ones."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from unfold.widgets import UnfoldAdminSelect2Widget

from warehouses.access import Access
from warehouses.actors import Actor, ActorType
from warehouses.admin.forms import PlaceForm
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.http.organization import access_of
from warehouses.models import Organization, User, Warehouse
from warehouses.organizations import create_organization, update_organization
from warehouses.row_security import across_organizations

__all__ = ["OrganizationAdmin"]

_SETTINGS = ("name", "time_zone", "currency", "default_warehouse", "expiry_warning_days", "rate_limit")


class OrganizationForm(PlaceForm):
    time_zone = forms.ChoiceField(
        choices=[(name, name) for name in sorted(zoneinfo.available_timezones())],
        initial="UTC",
        widget=UnfoldAdminSelect2Widget,
        help_text="Days begin and end, and lots expire, in this time zone.",
    )


@admin.register(Organization)
class OrganizationAdmin(ScopedModelAdmin):
    read_permission = "organization.manage"
    write_permission = "organization.manage"
    form = OrganizationForm
    list_display = ("name", "time_zone", "currency", "default_warehouse", "is_active")
    list_select_related = ("default_warehouse",)
    search_fields = ("name",)
    ordering = ("name", "pk")
    icon = "tune"

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._of_all(request, super().changelist_view, *args, **kwargs)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._of_all(request, super().changeform_view, *args, **kwargs)

    @staticmethod
    def _of_all(request: HttpRequest, view: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Superusers look after all organizations; nobody else sees more than their own."""
        if not (request.user.is_superuser and request.user.is_active):
            return view(request, *args, **kwargs)
        with across_organizations("a superuser looks after all organizations"):
            answer = view(request, *args, **kwargs)
            if isinstance(answer, TemplateResponse):
                answer.render()  # its rows are read only now
            return answer

    def narrow(self, request: HttpRequest, rows: QuerySet[Any], permission: str) -> QuerySet[Any]:
        if request.user.is_superuser:
            return rows
        access = access_of(request)
        if access is None or not access.everywhere(permission):
            return rows.none()
        return rows.filter(pk=access.organization.pk)

    def allows(self, request: HttpRequest, permission: str | None, obj: Any = None) -> bool:
        if request.user.is_superuser and request.user.is_active:
            return True
        access = access_of(request)
        if access is None or permission is None or not access.everywhere(permission):
            return False
        return obj is None or str(getattr(obj, "pk", obj)) == str(access.organization.pk)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser and request.user.is_active)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # an organization is deactivated: its ledger stays

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ("name", "time_zone", "currency")
        return (*_SETTINGS, "is_active") if request.user.is_superuser else _SETTINGS

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is not None and "default_warehouse" in form.base_fields:
            # Of the organization on the page, which for a superuser need not be the chosen one.
            field = form.base_fields["default_warehouse"]
            field.queryset = Warehouse.objects.filter(organization=obj, is_active=True)
            field.widget.can_add_related = field.widget.can_change_related = False
            field.required = True
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        user = cast(User, request.user)
        actor = Actor(type=ActorType.USER, id=user.pk, name=user.email)
        if change:
            update_organization(organization=obj, actor=actor, **form.cleaned_data)
            return
        made = create_organization(actor=actor, **form.cleaned_data)
        obj.__dict__.update(made.__dict__)

    def store(self, request: HttpRequest, access: Access, obj: Any, form: Any, change: bool) -> None:
        raise AssertionError("An organization is saved without one being chosen.")
