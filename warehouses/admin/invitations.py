"""Invitations, written through `warehouses.invitations`."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from warehouses import invitations
from warehouses.access import Access
from warehouses.admin.forms import PlaceForm
from warehouses.admin.people import OrganizationWide
from warehouses.delegation import may_grant_role
from warehouses.models import Invitation

__all__ = ["InvitationAdmin"]


@admin.register(Invitation)
class InvitationAdmin(OrganizationWide):
    icon = "mail"
    shows_once = True
    form = PlaceForm
    list_display = ("email", "role", "place", "state", "inviter", "created_at", "expires_at")
    list_filter = ("role", "warehouse")
    list_select_related = ("role", "warehouse", "invited_by")
    search_fields = ("email",)
    ordering = ("-created_at", "pk")
    actions = ("revoke_selected",)
    actions_detail = ("revoke",)
    actions_row = ("revoke",)

    @admin.display(description="invited by", ordering="invited_by__email")
    def inviter(self, invitation: Invitation) -> str | None:
        return str(invitation.invited_by) if invitation.invited_by else None

    @admin.display(description="where", ordering="warehouse__name")
    def place(self, invitation: Invitation) -> str:
        return str(invitation.warehouse) if invitation.warehouse else "Every warehouse"

    @display(
        description="state",
        label={"Waiting": "warning", "Accepted": "", "Withdrawn": "", "Expired": ""},
    )
    def state(self, invitation: Invitation) -> str:
        if invitation.accepted_at is not None:
            return "Accepted"
        if invitation.revoked_at is not None:
            return "Withdrawn"
        return "Waiting" if invitation.is_open(timezone.now()) else "Expired"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ("email", "role", "warehouse")
        dates = ("created_at", "expires_at", "accepted_at", "revoked_at")
        return ("email", "role", "place", "state", "inviter", *dates)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj is not None else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.write_permission, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "role":
            access = self.require_access(request)
            # What one cannot give anywhere is not offered; where is checked when it is given.
            grantable = [role.pk for role in Group.objects.all() if may_grant_role(access, role)]
            field.queryset = field.queryset.filter(pk__in=grantable).order_by("name")
        return field

    def store(self, request: HttpRequest, access: Access, obj: Invitation, form: Any, change: bool) -> None:
        invitation, token = invitations.invite(
            organization=access.organization,
            actor=access.actor,
            access=access,
            site_url=request.build_absolute_uri("/"),
            **form.cleaned_data,
        )
        obj.__dict__.update(invitation.__dict__)
        link = request.build_absolute_uri(reverse("warehouses:invitation", args=[token]))
        request.invitation_link = link  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Invitation, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The one page that shows the link, for when the mail does not arrive."""
        return TemplateResponse(
            request,
            "warehouses/admin/invitation_created.html",
            {
                **self.admin_site.each_context(request),
                "title": "Invitation sent",
                "opts": self.opts,
                "invitation": obj,
                "text": request.invitation_link,  # type: ignore[attr-defined]
                "list_url": reverse(self.url_name("changelist"), current_app=self.admin_site.name),
            },
        )

    @admin.action(description="Withdraw", permissions=["revoke"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        access = self.require_access(request)
        self.attempt(
            request,
            queryset,
            lambda row: invitations.revoke(
                organization=access.organization, actor=access.actor, access=access, invitation=row
            ),
            "withdrawn",
        )

    @action(
        description="Withdraw",
        permissions=["revoke"],
        url_path="revoke",
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_then(
            request,
            object_id,
            question="Withdraw this invitation? Its link stops working; you can invite the person again.",
            verb="Withdraw invitation",
            act=lambda access, row: invitations.revoke(
                organization=access.organization, actor=access.actor, access=access, invitation=row
            ),
            done="is withdrawn",
        )
