"""Point-of-sale connections: how a location's stock is learned, and asking for a sync now."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from inventory.admin.integrations import MANAGE, IntegrationAdmin, clock_time, label, link
from inventory.admin.sync_runs import RUN_LABELS
from inventory.models import Adapter, PosConnection, SyncRun, SyncState, SyncType
from inventory.sync.connections import change_connection, connect, disconnect
from inventory.sync.runs import start_run
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.forms import PlaceForm
from warehouses.refusals import Problem, Refusal

__all__ = ["PosConnectionAdmin"]

_LABELS: Final = {"Active": "success", "Off": ""}
#: Inputs of the business functions → fields of the form.
_FIELD_OF: Final = {"secret": "password"}


class PosConnectionForm(PlaceForm):
    """The password is written and never read: an empty field keeps the one that is stored."""

    password = forms.CharField(
        label="Password or token",
        required=False,
        strip=False,
        max_length=2_000,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    forget_password = forms.BooleanField(
        label="Remove the stored password or token", required=False, widget=UnfoldBooleanWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        helps = {
            "url": "Where the feed is asked for. docs/pos-feed.md says what it has to answer.",
            "username": "With a user name, the two are sent as Basic authentication; without, the token as Bearer.",
            "folder": f"The name of a folder of this location alone, which is made in {settings.POS_DROP_DIR}. "
            "Letters, digits and - _ .",
            "password": "One is stored. Leave it empty to keep that one."
            if self.instance.secret
            else "None is stored. Leave it empty if the feed asks for none.",
        }
        for name, text in helps.items():
            if name in self.fields:
                self.fields[name].help_text = text
        if "is_active" in self.fields:
            self.fields["is_active"].label = "Active"
        if not self.instance.secret:
            self.fields.pop("forget_password", None)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if cleaned and cleaned.get("forget_password") and cleaned.get("password"):
            self.add_error("forget_password", "Either remove the stored one or enter another.")
        return cleaned

    def _show(self, refusal: Refusal) -> None:
        super()._show(
            type(refusal)(
                refusal.code,
                refusal.detail,
                problems=[
                    Problem(
                        problem.code, problem.detail, field=_FIELD_OF.get(problem.field or "", problem.field)
                    )
                    for problem in refusal.problems
                ],
            )
        )


@admin.register(PosConnection)
class PosConnectionAdmin(IntegrationAdmin):
    read_permission = MANAGE
    write_permission = MANAGE
    warehouse_path = "warehouse_id"
    form = PosConnectionForm
    icon = "point_of_sale"
    list_display = ("warehouse", "adapter", "where", "state_label", "every", "last_synced", "last_run")
    list_filter = ("adapter", "is_active")
    list_select_related = ("warehouse",)
    search_fields = ("warehouse__name__icontains", "url__icontains", "folder__icontains")
    search_help_text = "Location, URL or folder"
    ordering = ("warehouse__name", "pk")
    actions_row = ("full_sync", "sync_changes", "disconnect")
    actions_detail = ("full_sync", "sync_changes", "disconnect")
    asked = (
        "warehouse", "adapter", "url", "username", "password", "forget_password", "folder", "interval_minutes",
        "is_active",
    )  # fmt: skip
    told = ("drop_folder", "last_synced", "last_run_link")
    conditional_fields = dict.fromkeys(
        ("url", "username", "password", "forget_password"), f"adapter == '{Adapter.HTTP_FEED.value}'"
    ) | dict.fromkeys(("folder", "drop_folder"), f"adapter == '{Adapter.CSV_DROP.value}'")
    empty_hint = (
        "Connect a location with its point-of-sale system, and its stock follows what is sold there: from a feed that "
        "is asked over HTTP, or from CSV files that are dropped into a folder."
    )

    # --- rows

    def get_queryset(self, request: HttpRequest) -> QuerySet[PosConnection]:
        last = SyncRun.objects.filter(warehouse=OuterRef("warehouse")).order_by("-created_at", "-pk")
        rows = super().get_queryset(request).select_related("warehouse")
        return rows.annotate(
            last_run_state=Subquery(last.values("state")[:1]), last_run_pk=Subquery(last.values("pk")[:1])
        )

    def choice_label(self, obj: PosConnection) -> str:
        return f"{obj.warehouse.name}: {obj.get_adapter_display()}"

    # --- columns and fields

    @admin.display(description="URL or folder")
    def where(self, connection: PosConnection) -> SafeString:
        text = connection.url or connection.folder
        return format_html('<span class="row-address" title="{}">{}</span>', text, text)

    @display(description="state", ordering="is_active", label=_LABELS)
    def state_label(self, connection: PosConnection) -> str:
        return "Active" if connection.is_active else "Off"

    @admin.display(description="syncs changes", ordering="interval_minutes")
    def every(self, connection: PosConnection) -> str:
        minutes = connection.interval_minutes
        if minutes is None:
            return "When asked"
        return "Every minute" if minutes == 1 else f"Every {minutes:,} min"

    @admin.display(description="last synced", ordering="last_synced_at")
    def last_synced(self, connection: PosConnection) -> str | None:
        return clock_time(connection.last_synced_at) if connection.last_synced_at else None

    @display(description="last run", label=RUN_LABELS)
    def last_run(self, connection: Any) -> str | None:
        return str(SyncState(connection.last_run_state).label) if connection.last_run_state else None

    @admin.display(description="last run")
    def last_run_link(self, connection: Any) -> SafeString | None:
        words = self.last_run(connection)
        if words is None:
            return None
        run = SyncRun(pk=connection.last_run_pk)
        return format_html("{} {}", label(words, RUN_LABELS), link(run, run.public_id))

    @admin.display(description="location")
    def location(self, connection: PosConnection) -> str:
        return connection.warehouse.name

    @admin.display(description="drop files into")
    def drop_folder(self, connection: PosConnection) -> SafeString | None:
        if not connection.folder:
            return None
        return format_html(
            "<code>{}</code><br>Files named <code>full….csv</code> say how much there is, <code>changes….csv</code> "
            "what has changed; either may end in <code>.gz</code>. Write a file under another name and rename it when "
            "it is whole.",
            Path(settings.POS_DROP_DIR) / connection.folder,
        )

    # --- forms

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": [name for name in self.asked if name != "forget_password"]})]
        asked = ["location", *(name for name in self.asked[1:] if name != "forget_password" or obj.secret)]
        return [(None, {"fields": asked}), ("How it is doing", {"fields": self.told})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("location", *self.told) if obj is not None else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "warehouse":
            field.label = "Location"
            # A location has one connection.
            field.queryset = field.queryset.filter(pos_connection__isnull=True, is_active=True)
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "url":
            kwargs["widget"] = UnfoldAdminTextInputWidget(
                attrs={"type": "url", "inputmode": "url", "placeholder": "https://", "spellcheck": "false"}
            )
        if db_field.name == "username":
            kwargs["widget"] = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "warehouse" and field is not None:
            field.widget.can_add_related = field.widget.can_change_related = False
            field.widget.can_delete_related = field.widget.can_view_related = False
        return field

    def store(
        self, request: HttpRequest, access: Access, obj: PosConnection, form: Any, change: bool
    ) -> None:
        values = form.cleaned_data
        given: dict[str, Any] = {
            "access": access,
            "adapter": values["adapter"],
            "interval_minutes": values["interval_minutes"],
            "is_active": values["is_active"],
        }
        # What the form has hidden, because it belongs to the other adapter, was not meant.
        if values["adapter"] == Adapter.CSV_DROP:
            given["folder"] = values["folder"]
        else:
            given |= {"url": values["url"], "username": values["username"]}
            if values["password"]:
                given["secret"] = values["password"]
            elif values.get("forget_password"):
                given["secret"] = ""
        if change:
            transactions.run(lambda: change_connection(connection=obj, **given))
            return
        made = transactions.run(lambda: connect(warehouse=values["warehouse"], **given))
        obj.__dict__.update(made.__dict__)

    def response_post_save_add(self, request: HttpRequest, obj: PosConnection) -> HttpResponseRedirect:
        return self.go_to(obj)  # where it says what to drop where, and a first sync can be started

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # it is disconnected, which says what that means

    # --- actions

    @action(description="Full sync now", permissions=["manage"], url_path="full-sync", icon="sync")
    def full_sync(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._start(
            request,
            object_id,
            SyncType.FULL,
            "Full sync now",
            "Read everything? Stock at {} is set to what the point of sale says there is.",
        )

    @action(
        description="Sync changes now",
        permissions=["manage"],
        url_path="sync-changes",
        icon="sync_arrow_down",
    )
    def sync_changes(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._start(
            request,
            object_id,
            SyncType.INCREMENTAL,
            "Sync changes now",
            "Read what has changed at {} since the last time, and apply it?",
        )

    def _start(
        self, request: HttpRequest, object_id: str, sync_type: SyncType, verb: str, question: str
    ) -> HttpResponse:
        connection: PosConnection = self.found(request, object_id)
        return self.ask_then(
            request,
            connection,
            question=question.format(connection.warehouse.name),
            verb=verb,
            act=lambda access: start_run(access=access, warehouse=connection.warehouse, sync_type=sync_type),
            then=self.go_to,
        )

    @action(
        description="Disconnect",
        permissions=["manage"],
        url_path="disconnect",
        icon="link_off",
        variant=ActionVariant.DANGER,
    )
    def disconnect(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection: PosConnection = self.found(request, object_id)

        def then(_: Any) -> HttpResponse:
            self.message_user(request, f"{connection.warehouse.name} is disconnected.", messages.SUCCESS)
            return HttpResponseRedirect(
                reverse(self.url_name("changelist"), current_app=self.admin_site.name)
            )

        return self.ask_then(
            request,
            connection,
            question=f"Disconnect {connection.warehouse.name} from its point of sale? The address and the password are "
            "forgotten. Its stock and its runs stay, and no change that it has had is ever counted again.",
            verb="Disconnect",
            act=lambda access: disconnect(access=access, connection=connection),
            then=then,
            is_dangerous=True,
        )
