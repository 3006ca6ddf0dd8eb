"""API keys: made with a form, shown once, revoked; never changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from warehouses import keys
from warehouses.access import Access
from warehouses.admin.forms import ScopedForm
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.models import ApiKey, User
from warehouses.permissions import DESCRIPTIONS

__all__ = ["ApiKeyAdmin", "key_created"]

_STATES = {"Live": "success", "Expired": "", "Revoked": ""}


def key_created(request: HttpRequest, site: admin.AdminSite, key: ApiKey, text: str) -> TemplateResponse:
    """The one page that shows the key. It is in no session and no message, and no cache may keep it."""
    context = {
        **site.each_context(request),
        "title": "API key created",
        "opts": ApiKey._meta,
        "key": key,
        "text": text,
        "base": request.build_absolute_uri("/").rstrip("/"),
        "list_url": reverse("admin:warehouses_apikey_changelist", current_app=site.name),
    }
    headers = {"Cache-Control": "no-store"}
    return TemplateResponse(request, "warehouses/admin/api_key_created.html", context, headers=headers)


class ApiKeyForm(ScopedForm):
    scopes = forms.MultipleChoiceField(
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Give only what the integration needs: a key cannot be changed later, only replaced.",
    )
    contract = forms.ChoiceField(
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Which API answers on paths that several share. Empty: the documented default.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields.get("contract")  # the page of a key that exists has no fields
        if field is not None:
            contracts = getattr(settings, "API_CONTRACTS", ())
            field.choices = [("", "Default"), *((name, name) for name in contracts)]


@admin.register(ApiKey)
class ApiKeyAdmin(ScopedModelAdmin):
    read_permission = "organization.manage"
    write_permission = "organization.manage"
    form = ApiKeyForm
    icon = "key"
    shows_once = True
    list_display = (
        "name",
        "shown_prefix",
        "state",
        "last_used_at",
        "expires_at",
        "maker",
        "created_at",
    )
    list_filter = ("contract", "created_at")
    list_select_related = ("created_by",)
    search_fields = ("name", "visible_prefix")
    ordering = ("-created_at", "pk")
    actions_row = ("revoke",)
    actions_detail = ("revoke",)
    add_fields = ("name", "scopes", "warehouses", "contract", "expires_at")

    @display(description="state", label=_STATES)
    def state(self, key: ApiKey) -> str:
        if key.revoked_at is not None:
            return "Revoked"
        return "Live" if key.is_live(timezone.now()) else "Expired"

    @admin.display(description="key", ordering="visible_prefix")
    def shown_prefix(self, key: ApiKey) -> str:
        return f"{key.visible_prefix}…"

    @admin.display(description="created by", ordering="created_by__email")
    def maker(self, key: ApiKey) -> str | None:
        return str(key.created_by) if key.created_by else None

    @admin.display(description="may")
    def scope_list(self, key: ApiKey) -> str:
        return "\n".join(f"{scope}: {DESCRIPTIONS.get(scope, 'no longer known')}" for scope in key.scopes)

    @admin.display(description="where")
    def warehouse_list(self, key: ApiKey) -> str:
        if not key.is_limited:
            return "Every warehouse"
        return ", ".join(str(place) for place in key.warehouses.all()) or "No warehouse any more"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return self.add_fields
        return (
            "name", "shown_prefix", "state", "scope_list", "warehouse_list", "contract",
            "expires_at", "last_used_at", "maker", "created_at",
        )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj is not None else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # revoked keys stay, to tell whose movements theirs were

    def has_revoke_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.write_permission, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None:
            access = self.require_access(request)
            form.base_fields["scopes"].choices = [
                (name, f"{name}: {text}") for name, text in DESCRIPTIONS.items() if access.may(name)
            ]
            form.base_fields["warehouses"].help_text = "None chosen: every warehouse, also later ones."
        return form

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, **{"widget": UnfoldAdminCheckboxSelectMultipleWidget()} | kwargs
        )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "warehouses" and field is not None and hasattr(field.widget, "can_add_related"):
            field.widget.can_add_related = False
        return field

    def store(self, request: HttpRequest, access: Access, obj: ApiKey, form: Any, change: bool) -> None:
        values = form.cleaned_data
        key, text = keys.create_key(
            organization=access.organization,
            actor=access.actor,
            name=values["name"],
            scopes=values["scopes"],
            warehouses=list(values["warehouses"]),
            contract=values["contract"],
            expires_at=values["expires_at"],
            created_by=request.user if isinstance(request.user, User) else None,
            granting=access,
        )
        obj.__dict__.update(key.__dict__)
        # The text lives as long as this request.
        request.key_text = text  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Its warehouses were set with it."""

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        return key_created(request, self.admin_site, obj, request.key_text)  # type: ignore[attr-defined]

    @action(
        description="Revoke this key",
        permissions=["revoke"],
        url_path="revoke",
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_then(
            request,
            object_id,
            question="Revoke this API key? Whatever uses it is refused from its next request on. "
            "This cannot be undone.",
            verb="Revoke key",
            act=lambda access, key: keys.revoke_key(
                organization=access.organization, actor=access.actor, key=key
            ),
            done="is revoked",
        )
