"""Delegations: who decides in whose place, and when. One's own, or for whoever manages the organization everybody's."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from inventory.admin.goods_form import once
from inventory.admin.history_table import history_table
from stock_requests.admin.policies import may_manage
from stock_requests.approvals import delegations
from stock_requests.models import Delegation
from stock_requests.rights import APPROVE
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.forms import PlaceForm
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.http.organization import access_of
from warehouses.models import User

__all__ = ["DelegationAdmin", "may_delegate"]

_LABELS = {"In force": "info", "To come": "warning", "Over": "", "Revoked": ""}


def may_delegate(request: HttpRequest) -> bool:
    access = access_of(request)
    return access is not None and (access.may(APPROVE) or may_manage(request))


class DelegationForm(PlaceForm):
    """Without the field `delegator` it is the person who fills the form in."""

    def _post_clean(self) -> None:
        if "delegator" not in self.fields and self.own is not None:
            self.instance.delegator_id = self.own
        super()._post_clean()

    own: Any = None


@admin.register(Delegation)
class DelegationAdmin(ScopedModelAdmin):
    read_permission = APPROVE
    write_permission = APPROVE
    form = DelegationForm
    icon = "switch_account"
    list_display = ("who", "delegator", "starts_on", "ends_on", "state", "note")
    list_filter = ("starts_on",)
    list_select_related = ("delegator", "delegate")
    search_fields = ("delegator__email", "delegator__name", "delegate__email", "delegate__name")
    search_help_text = "Name or address of either"
    ordering = ("-starts_on", "-pk")
    actions_detail = ("revoke",)
    empty_hint = "While you are away, somebody else who may approve can be asked in your place."

    # --- who may

    def allows(self, request: HttpRequest, permission: str | None, obj: Any = None) -> bool:
        return may_delegate(request) and (obj is None or self._found(request, obj) is not None)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # it is revoked, and another one made

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self._found(request, object_id)
        if found is None:
            raise Http404
        return may_manage(request) or found.delegator_id == request.user.pk

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        found = self._found(request, object_id)
        if found is None or found.revoked_at is not None or found.ends_on < timezone.localdate():
            return []
        return super().get_actions_detail(request, object_id)

    def narrow(self, request: HttpRequest, rows: QuerySet[Any], permission: str) -> QuerySet[Any]:
        access = access_of(request)
        if access is None or not may_delegate(request):
            return rows.none()
        return delegations.visible_delegations(access=access)

    def _found(self, request: HttpRequest, obj: Any) -> Delegation | None:
        found: Delegation | None = obj if isinstance(obj, Delegation) else self.get_object(request, str(obj))
        access = access_of(request)
        if found is None or access is None or found.organization_id != access.organization.pk:
            return None
        return found

    # --- columns and fields

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is not None:
            return ("delegator", "delegate", "starts_on", "ends_on", "note", "state_shown", "history")
        asked = ("delegate", "starts_on", "ends_on", "note")
        return ("delegator", *asked) if may_manage(request) else asked

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else self.get_fields(request, obj)

    @admin.display(description="who decides", ordering="delegate__email")
    def who(self, delegation: Delegation) -> str:
        return str(delegation.delegate)

    @display(description="state", label=_LABELS)
    def state(self, delegation: Delegation) -> str:
        return _state_of(delegation)

    @admin.display(description="state")
    def state_shown(self, delegation: Delegation) -> str:
        return _state_of(delegation)

    @admin.display(description="history")
    def history(self, delegation: Delegation) -> Any:
        return once(delegation, "history", lambda: history_table(delegation))

    # --- making and ending one

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.own = request.user.pk
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.queryset = field.queryset.filter(memberships__is_active=True, is_active=True).distinct()
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        today = timezone.localdate()
        return {"delegator": str(request.user.pk), "starts_on": today, "ends_on": today}

    def store(self, request: HttpRequest, access: Access, obj: Delegation, form: Any, change: bool) -> None:
        values = {"delegator": cast(User, request.user)} | form.cleaned_data
        made = delegations.create_delegation(access=access, **values)
        obj.__dict__.update(made.__dict__)

    @action(
        description="Revoke…",
        permissions=["revoke"],
        url_path="revoke",
        icon="undo",
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_then(
            request,
            object_id,
            question="From now on nobody is asked in the other's place. What is approved already stays approved.",
            verb="Revoke delegation",
            act=lambda access, found: transactions.run(
                lambda: delegations.revoke_delegation(access=access, delegation=found)
            ),
            done="is revoked",
        )


def _state_of(delegation: Delegation) -> str:
    today = timezone.localdate()
    if delegation.revoked_at is not None:
        return "Revoked"
    if delegation.ends_on < today:
        return "Over"
    return "In force" if delegation.starts_on <= today else "To come"
