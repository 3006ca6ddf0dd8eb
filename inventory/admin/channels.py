"""Channels and their rules, made and changed with forms."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.views import ChangeList

from inventory.admin.fresh_stock import FreshStock
from inventory.admin.history_table import history_table
from inventory.admin.promises import PromisePages, explain_url
from inventory.admin.search import SkuSearch
from inventory.availability.cells import read_cells
from inventory.channel_rules import remove_rule, set_rule
from inventory.channels import READ, WRITE, change_channel, create_channel, delete_channel, lock_channel
from inventory.models import Channel, ChannelPolicy, ChannelRule
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.filters import AutocompleteFilter
from warehouses.admin.forms import PlaceForm
from warehouses.admin.model_admins import Deletion, ScopedModelAdmin

__all__ = ["ChannelAdmin", "ChannelRuleAdmin"]

_STATES: Final = {"Active": "success", "Inactive": ""}
_POLICIES: Final = {
    str(ChannelPolicy.SHARED.label): "",
    str(ChannelPolicy.ALLOCATED.label): "info",
    str(ChannelPolicy.EXCLUDED.label): "warning",
}


@admin.register(Channel)
class ChannelAdmin(PromisePages, ScopedModelAdmin):
    """Channels, and beside them the pages of what each may be promised."""

    read_permission = READ
    write_permission = WRITE
    form = PlaceForm
    in_palette = True
    icon = "storefront"
    list_display = ("name", "code", "buffer", "rule_count", "state")
    list_filter = ("is_active",)
    search_fields = ("code__icontains", "name__icontains")
    search_help_text = "Code or name"
    ordering = ("name", "pk")
    actions = ("deactivate", "activate")
    asked = ("code", "name", "buffer", "is_active")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        rules = ChannelRule.objects.filter(channel=OuterRef("pk")).order_by().values("channel")
        counts = rules.annotate(count=Count("pk")).values("count")
        held = Coalesce(Subquery(counts, output_field=IntegerField()), 0)
        return super().get_queryset(request).annotate(rules_held=held)

    @admin.display(description="rules", ordering="rules_held")
    def rule_count(self, channel: Any) -> SafeString:
        target = reverse("admin:inventory_channelrule_changelist", current_app=self.admin_site.name)
        return format_html(
            '<a href="{}?channel__id__exact={}" class="text-link">{}</a>',
            target,
            channel.pk,
            channel.rules_held,
        )

    @display(description="state", ordering="is_active", label=_STATES)
    def state(self, channel: Channel) -> str:
        return "Active" if channel.is_active else "Inactive"

    @admin.display(description="history")
    def history(self, channel: Channel) -> SafeString:
        return history_table(channel)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.asked if obj is None else (*self.asked, "history")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("history",)

    def store(self, request: HttpRequest, access: Access, obj: Channel, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in self.asked}

        def work() -> Channel:
            if not change:
                return create_channel(access=access, **values)
            channel = lock_channel(access=access, public_id=obj.public_id)
            return change_channel(access=access, channel=channel, **values)

        obj.__dict__.update(transactions.run(work).__dict__)

    def remove(self, request: HttpRequest, access: Access, obj: Channel) -> None:
        transactions.run(
            lambda: delete_channel(
                access=access, channel=lock_channel(access=access, public_id=obj.public_id)
            )
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Deletion:
        """What will go. One with reservations is refused by `delete_channel`, with its reason."""
        rows = list(objs)
        counts = {str(self.opts.verbose_name_plural): len(rows)}
        if rules := ChannelRule.objects.filter(channel__in=rows).count():
            counts["rules"] = rules
        may = all(self.has_delete_permission(request, row) for row in rows)
        refused = set() if may else {str(self.opts.verbose_name)}
        return [f"Channel: {row.name}" for row in rows], counts, refused, []

    @admin.action(description="Deactivate", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        self._switch(request, queryset, is_active=False)

    @admin.action(description="Activate", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        self._switch(request, queryset, is_active=True)

    def _switch(self, request: HttpRequest, rows: QuerySet[Channel], *, is_active: bool) -> None:
        access = self.require_access(request)

        def act(row: Channel) -> None:
            channel = lock_channel(access=access, public_id=row.public_id)
            change_channel(access=access, channel=channel, is_active=is_active)

        self.attempt(request, rows, act, "activated" if is_active else "deactivated")


class RuleForm(PlaceForm):
    """A second rule for the same SKU, location and channel is refused here: the business function would replace it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "policy" in self.fields:
            self.fields[
                "policy"
            ].help_text = (
                "Shared: whatever can be promised. Allocated: no more than its allocation. Excluded: nothing."
            )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        named = {name: cleaned.get(name) for name in ("sku", "warehouse", "channel")}
        if (
            self.instance._state.adding
            and all(named.values())
            and ChannelRule.objects.filter(**named).exists()
        ):
            self.add_error(
                "channel", "The channel has a rule for this SKU and location already: change that one."
            )
        return cleaned


class RuleList(ChangeList):
    """The list's page, with what each channel may be promised now: one query for all of them."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rules: list[Any] = list(self.result_list)
        if rules:
            cells = read_cells(
                organization=rules[0].organization,
                places=[(rule.sku_id, rule.warehouse_id) for rule in rules],
                channel_ids=[rule.channel_id for rule in rules],
            )
            for rule in rules:
                rule.atp = cells.promise((rule.sku_id, rule.warehouse_id), rule.channel_id).atp
        self.result_list = rules


@admin.register(ChannelRule)
class ChannelRuleAdmin(FreshStock, SkuSearch):
    """What a channel may be promised of one SKU in one location."""

    read_permission = READ
    write_permission = WRITE
    warehouse_path = "warehouse_id"
    form = RuleForm
    icon = "rule_settings"
    list_display = (
        "sku",
        "title",
        "warehouse",
        "channel",
        "terms",
        "allocation",
        "buffer",
        "promisable",
        "updated_at",
    )
    list_filter = ("warehouse", "channel", "policy", ("sku", AutocompleteFilter))
    list_select_related = ("organization", "sku", "warehouse", "channel")
    search_fields = ("sku__code_key__startswith", "sku__title__icontains", "sku__barcodes__code")
    search_help_text = "SKU code or title, or scan a barcode"
    ordering = ("sku__code_key", "warehouse__name", "channel__name", "pk")
    autocomplete_fields = ("sku",)
    place = ("sku", "warehouse", "channel")
    asked = ("policy", "allocation", "buffer")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RuleList

    @admin.display(description="title", ordering="sku__title")
    def title(self, rule: ChannelRule) -> str:
        return rule.sku.title

    @display(description="policy", ordering="policy", label=_POLICIES)
    def terms(self, rule: ChannelRule) -> str:
        return str(ChannelPolicy(rule.policy).label)

    @admin.display(description="can be promised")
    def promisable(self, rule: Any) -> SafeString:
        target = explain_url(rule.warehouse, rule.channel, rule.sku)
        atp = getattr(rule, "atp", None)
        words = "Why?" if atp is None else f"{atp:,}"
        return format_html('<a href="{}" class="text-link">{}</a>', target, words)

    @admin.display(description="history")
    def history(self, rule: ChannelRule) -> SafeString:
        return history_table(rule)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (
            (*self.place, *self.asked) if obj is None else (*self.place, *self.asked, "promisable", "history")
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else (*self.place, "promisable", "history")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in {"allocation", "buffer"} and isinstance(field, forms.IntegerField):
            field.widget.attrs["inputmode"] = "numeric"
        return field

    def store(self, request: HttpRequest, access: Access, obj: ChannelRule, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in self.asked}
        named = {name: getattr(obj, name) for name in self.place}
        made = transactions.run(lambda: set_rule(access=access, **named, **values))
        obj.__dict__.update(made.__dict__)

    def remove(self, request: HttpRequest, access: Access, obj: ChannelRule) -> None:
        transactions.run(lambda: remove_rule(access=access, rule=obj))
