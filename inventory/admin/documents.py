"""What the pages of all documents have: their number, who began them, what was done with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.safestring import SafeString

from inventory.admin.goods_form import once
from inventory.admin.history_table import history_table
from inventory.admin.integrations import label
from inventory.models import Document
from warehouses.admin.model_admins import ReadOnlyScopedAdmin

__all__ = ["AskedDocumentAdmin", "DocumentAdmin"]


class DocumentAdmin(ReadOnlyScopedAdmin):
    """A document is read, and changed by what can be done with it.

    One with states has a `state_label`, the state in words, and `state_labels`, the colour of each.
    """

    state_labels: ClassVar[Mapping[str, str]] = {}

    @admin.display(description="number", ordering="id")
    def public_id(self, document: Document) -> str:
        return document.public_id

    @admin.display(description="by", ordering="actor_name")
    def by(self, document: Document) -> str:
        return document.actor_name

    @admin.display(description="state")
    def state_shown(self, document: Any) -> SafeString:
        words: str = self.state_label(document)
        return label(words, self.state_labels)

    @admin.display(description="history")
    def history(self, document: Document) -> SafeString:
        return once(document, "history", lambda: history_table(document))


class AskedDocumentAdmin(DocumentAdmin):
    """Made with one form: it asks for the fields `asked`, and the page tells the fields `told`."""

    asked: ClassVar[tuple[str, ...]] = ()
    told: ClassVar[tuple[str, ...]] = ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.asked if obj is None else self.told

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else self.told

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "warehouse":
            field.queryset = field.queryset.filter(is_active=True, is_readonly=False)
        return field

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        return HttpResponseRedirect(self.page_of(obj))
