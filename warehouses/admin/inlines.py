"""Rows under a row of the caller's organization."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from unfold.admin import TabularInline

from warehouses.admin.forms import ScopedForm
from warehouses.admin.scoped import Scoped
from warehouses.http.organization import access_of

__all__ = ["ReadOnlyScopedInline", "ScopedTabularInline"]


class _NamedFields(ScopedForm):
    """The head of a column names its fields for the eye alone: each says its name itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if field.label:
                field.widget.attrs.setdefault("aria-label", str(field.label))


class ScopedTabularInline(Scoped, TabularInline):
    """Rows that the parent's admin writes in `save_formset`."""

    form = ScopedForm
    extra = 0
    tab = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allows_under(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allows_under(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allows_under(request, obj)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        access = access_of(request)
        form = type(
            self.form.__name__,
            (_NamedFields, self.form),
            {"organization": access.organization if access else None},
        )
        formset = super().get_formset(request, obj, **{"form": form} | kwargs)
        # Django would refuse what protects something; here the business function decides, and says why.
        formset.form.hand_clean_DELETE = lambda form: None
        return formset

    def _allows_under(self, request: HttpRequest, parent: Any) -> bool:
        above: Any = self.admin_site._registry.get(self.parent_model)
        if isinstance(above, Scoped) and isinstance(parent, self.parent_model):
            return above.allows(request, self.write_permission, parent)
        return self.allows(request, self.write_permission)


class ReadOnlyScopedInline(ScopedTabularInline):
    """Rows to look at under their parent; each has a page of its own where anything is done about it."""

    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
