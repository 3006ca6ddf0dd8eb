"""Accounts and roles of the whole installation. Superusers change them; owners may look what a role gives."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from warehouses.http.organization import access_of
from warehouses.models import Organization, User
from warehouses.permissions import DESCRIPTIONS, codename

__all__ = ["RoleAdmin", "UserAdmin"]


class SuperuserAdmin(ModelAdmin):
    """For what belongs to no organization. Django's model permissions open nothing here."""

    show_full_result_count = False
    list_per_page = 50
    warn_unsaved_form = True

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_superuser(request)

    def _is_superuser(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)


class AccountCreationForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


class AccountChangeForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class UserAdmin(SuperuserAdmin, DjangoUserAdmin):
    form = AccountChangeForm
    add_form = AccountCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "created_at")
    # What a person may do comes from roles in organizations: Django's own permissions would mislead here.
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)


class RoleForm(forms.ModelForm):
    permissions = forms.MultipleChoiceField(
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        choices=[(name, f"{name}: {text}") for name, text in DESCRIPTIONS.items()],
        help_text="Changes what everyone with this role may do, in every organization, from their next request on.",
    )

    class Meta:
        model = Group
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            held = set(self.instance.permissions.values_list("codename", flat=True))
            self.initial["permissions"] = [name for name in DESCRIPTIONS if codename(name) in held]

    def save_permissions(self) -> None:
        content_type = ContentType.objects.get_for_model(Organization)
        codes = [codename(name) for name in self.cleaned_data["permissions"]]
        self.instance.permissions.set(
            Permission.objects.filter(content_type=content_type, codename__in=codes)
        )


# Importing Django's admin of accounts has registered its own for groups.
admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(SuperuserAdmin):
    form = RoleForm
    fields = ("name", "permissions")
    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        access = access_of(request)
        gives_roles = access is not None and access.everywhere("organization.manage")
        return gives_roles or self._is_superuser(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name", "permissions") if self._is_superuser(request) else ("name", "given")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if self._is_superuser(request) else ("name", "given")

    @admin.display(description="may")
    def given(self, role: Group) -> str:
        held = set(role.permissions.values_list("codename", flat=True))
        return "\n".join(f"{name}: {text}" for name, text in DESCRIPTIONS.items() if codename(name) in held)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        form.save_permissions()
