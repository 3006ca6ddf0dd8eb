"""Members with roles and extra permissions, written through `warehouses.people`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from warehouses import people
from warehouses.access import Access
from warehouses.admin.forms import PlaceForm
from warehouses.admin.inlines import ScopedTabularInline
from warehouses.admin.model_admins import Deletion, ScopedModelAdmin
from warehouses.delegation import MANAGE
from warehouses.models import Membership, RoleAssignment, Warehouse
from warehouses.permissions import DESCRIPTIONS
from warehouses.refusals import Refusal

__all__ = ["MembershipAdmin", "OrganizationWide"]


class OrganizationWide(ScopedModelAdmin):
    """People belong to no warehouse: only who manages the whole organization sees them here."""

    read_permission = MANAGE
    write_permission = MANAGE

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, MANAGE, obj) and self.require_access(request).everywhere(MANAGE)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows if self.has_view_permission(request) else rows.none()


class RoleInline(ScopedTabularInline):
    """A role is given and taken, never changed: so each change is one that was checked."""

    model = RoleAssignment
    form = PlaceForm
    read_permission = MANAGE
    write_permission = MANAGE
    organization_path = "membership__organization"
    fields = ("role", "warehouse")
    verbose_name = "role"
    verbose_name_plural = "roles"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("role", "warehouse")


class ExtraPermissionsForm(forms.Form):
    permissions = forms.MultipleChoiceField(
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        choices=[(name, f"{name}: {text}") for name, text in DESCRIPTIONS.items()],
    )


@admin.register(Membership)
class MembershipAdmin(OrganizationWide):
    icon = "group"
    in_palette = True
    fields = ("person", "email", "state", "created_at")
    readonly_fields = ("person", "email", "state", "created_at")
    list_display = ("person", "email", "roles", "state", "created_at")
    list_filter = ("is_active",)
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name")
    ordering = ("user__email", "pk")
    inlines = (RoleInline,)
    actions = ("suspend", "restore")
    actions_list = ("invite",)
    actions_detail = ("extra",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        roles = RoleAssignment.objects.select_related("role", "warehouse").order_by("role__name")
        return super().get_queryset(request).prefetch_related(Prefetch("role_assignments", roles))

    @admin.display(description="person", ordering="user__name")
    def person(self, membership: Membership) -> str:
        return membership.user.get_full_name()

    @admin.display(description="e-mail", ordering="user__email")
    def email(self, membership: Membership) -> str:
        return membership.user.email

    @admin.display(description="roles")
    def roles(self, membership: Membership) -> str:
        return ", ".join(str(assignment) for assignment in membership.role_assignments.all()) or "None"

    @display(description="state", ordering="is_active", label={"Active": "success", "Suspended": ""})
    def state(self, membership: Membership) -> str:
        return "Active" if membership.is_active else "Suspended"

    def choice_label(self, obj: Membership) -> str:
        return obj.user.get_full_name()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # people are invited

    def store(self, request: HttpRequest, access: Access, obj: Any, form: Any, change: bool) -> None:
        """Nothing of the member is a field here; the roles follow in `save_formset`."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        access = self.require_access(request)
        given: dict[str, Any] = {"organization": access.organization, "actor": access.actor, "access": access}
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        # First what is given: an owner may become something else as long as somebody stays owner.
        for row in formset.extra_forms:
            if row.has_changed() and row not in formset.deleted_forms:
                assignment = people.assign_role(
                    membership=form.instance,
                    role=row.cleaned_data["role"],
                    warehouse=row.cleaned_data["warehouse"],
                    **given,
                )
                formset.new_objects.append(assignment)
        for row in formset.deleted_forms:
            if row.instance.pk and not row.instance._state.adding:
                people.withdraw_role(assignment=row.instance, **given)
                formset.deleted_objects.append(row.instance)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Deletion:
        rows = list(objs)
        gone = [f"{row.user.email}, with roles and extra permissions here; the account stays" for row in rows]
        refused = {"member" for row in rows if not self.has_delete_permission(request, row)}
        return gone, {"members": len(rows)}, refused, []

    def remove(self, request: HttpRequest, access: Access, obj: Membership) -> None:
        people.remove_member(
            organization=access.organization, actor=access.actor, access=access, membership=obj
        )

    @admin.action(description="Suspend", permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        access = self.require_access(request)
        self.attempt(
            request,
            queryset,
            lambda row: people.suspend_member(
                organization=access.organization, actor=access.actor, access=access, membership=row
            ),
            "suspended",
        )

    @admin.action(description="Let in again", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        access = self.require_access(request)
        self.attempt(
            request,
            queryset,
            lambda row: people.restore_member(
                organization=access.organization, actor=access.actor, access=access, membership=row
            ),
            "let in again",
        )

    @action(description="Invite", permissions=["change"], url_path="invite", icon="person_add")
    def invite(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(
            reverse("admin:warehouses_invitation_add", current_app=self.admin_site.name)
        )

    @action(
        description="Extra permissions", permissions=["change"], url_path="extra", icon="admin_panel_settings"
    )
    def extra(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(
            reverse(
                "admin:warehouses_membership_permissions", args=(object_id,), current_app=self.admin_site.name
            )
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.permissions_view)
        own = [path("<path:object_id>/permissions/", view, name="warehouses_membership_permissions")]
        return own + super().get_urls()

    def permissions_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What a member may do beside roles: in the organization, or (`?warehouse=`) in one warehouse."""
        membership = self.get_object(request, object_id)
        if membership is None or not self.has_change_permission(request, membership):
            raise Http404
        access = self.require_access(request)
        warehouses = list(Warehouse.objects.filter(organization=access.organization))
        place = _chosen(request.GET.get("warehouse", ""), warehouses)
        held = people.extra_permissions(organization=access.organization, membership=membership)
        form = ExtraPermissionsForm(
            request.POST if request.method == "POST" else None,
            initial={"permissions": sorted(held.get(place.pk if place else None, ()))},
        )
        if request.method == "POST" and form.is_valid():
            try:
                people.set_extra_permissions(
                    organization=access.organization,
                    actor=access.actor,
                    access=access,
                    membership=membership,
                    permissions=form.cleaned_data["permissions"],
                    warehouse=place,
                )
            except Refusal as refusal:
                form.add_error(None, refusal.detail)
            else:
                self.log_change(request, membership, "Changed extra permissions.")
                where = f"in {place}" if place else "in the whole organization"
                self.message_user(
                    request, f"Saved what {membership.user.email} may do {where}.", messages.SUCCESS
                )
                return HttpResponseRedirect(request.get_full_path())
        context = {
            **self.admin_site.each_context(request),
            "title": f"Extra permissions of {self.choice_label(membership)}",
            "opts": self.opts,
            "membership": membership,
            "form": form,
            "place": place,
            "places": [
                {"place": None, "name": "The whole organization", "count": len(held.get(None, ()))},
                *({"place": row, "name": row.name, "count": len(held.get(row.pk, ()))} for row in warehouses),
            ],
            "roles": [str(assignment) for assignment in membership.role_assignments.all()],
        }
        return TemplateResponse(request, "warehouses/admin/extra_permissions.html", context)


def _chosen(text: str, warehouses: list[Warehouse]) -> Warehouse | None:
    if not text:
        return None
    for warehouse in warehouses:
        if warehouse.public_id == text:
            return warehouse
    raise Http404
