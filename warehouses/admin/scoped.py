"""The base of every admin page and inline: rows and choices of one organization, and of the caller's warehouses.

It fails closed. Without an organization there are no rows and no rights; a related model that does not say whose it
is cannot be chosen from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

from warehouses.access import Access
from warehouses.http.organization import access_of
from warehouses.models import Organization, User

if TYPE_CHECKING:
    from django.contrib.admin.options import BaseModelAdmin

    _Base = BaseModelAdmin[Any]
else:
    _Base = object

__all__ = ["Scoped"]

#: Belong to the installation, not to an organization.
_SHARED_MODELS = (Group, Permission)


class Scoped(_Base):
    """What model admins and inlines share.

    `read_permission` and `write_permission` are names of the vocabulary; without the second nothing is written here.
    `organization_path` leads from a row to its organization (`membership__organization`), `warehouse_path` to the key
    of its warehouse (`bin__warehouse_id`, or `pk` for warehouses themselves), where it has one.
    """

    read_permission: ClassVar[str]
    write_permission: ClassVar[str | None] = None
    organization_path: ClassVar[str] = "organization"
    warehouse_path: ClassVar[str | None] = None

    # --- who may

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.read_permission, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.write_permission)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.write_permission, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, self.write_permission, obj)

    def allows(self, request: HttpRequest, permission: str | None, obj: Any = None) -> bool:
        """Whether the caller has `permission` for `obj`, or for any row where none is given.

        What belongs to no warehouse is written only by those who may do so in all of them.
        """
        access = access_of(request)
        if access is None or permission is None or not access.may(permission):
            return False
        if isinstance(obj, str):
            obj = self._row(request, obj)  # the theme hands the key to actions of one record
            if obj is None:
                return False
        if obj is None or not isinstance(obj, self.model):
            # No row yet; or an inline, which is given the row it stands under.
            everywhere = self.warehouse_path is None and permission != self.read_permission
            return access.everywhere(permission) if everywhere else True
        if _follow(obj, f"{self.organization_path}_id") != access.organization.pk:
            return False
        warehouse = _follow(obj, self.warehouse_path) if self.warehouse_path else None
        if warehouse is None:
            return permission == self.read_permission or access.everywhere(permission)
        return access.covers(permission, warehouse)

    def _row(self, request: HttpRequest, key: str) -> Any:
        return None  # nobody asks an inline by key

    def require_access(self, request: HttpRequest) -> Access:
        """The caller's access, in code that is only reached with a permission."""
        access = access_of(request)
        if access is None:
            raise Http404
        return access

    # --- which rows

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.narrow(request, super().get_queryset(request), self.read_permission)

    def narrow(self, request: HttpRequest, rows: QuerySet[Any], permission: str) -> QuerySet[Any]:
        """`rows` of the caller's organization, in the warehouses where they have `permission`."""
        access = access_of(request)
        if access is None or not access.may(permission):
            return rows.none()
        rows = rows.filter(**{self.organization_path: access.organization})
        places = access.warehouse_ids(permission)
        if self.warehouse_path is None or places is None:
            return rows
        return rows.filter(**{f"{self.warehouse_path}__in": places})

    def choices_of(self, request: HttpRequest, model: type[Model], *, writing: bool = False) -> QuerySet[Any]:
        """The rows of another model that may be chosen here, in a form (`writing`) or a filter."""
        rows = model._default_manager.all()
        if model in _SHARED_MODELS:
            return rows
        access = access_of(request)
        if access is None:
            return rows.none()
        if model is Organization:
            return rows.filter(pk=access.organization.pk)
        related: Any = self.admin_site._registry.get(model)
        if isinstance(related, Scoped):
            if related_joins := _joins(related):
                rows = rows.select_related(*related_joins)
            in_warehouse = writing and related.warehouse_path is not None and self.write_permission
            return related.narrow(request, rows, in_warehouse or related.read_permission)
        if model is User:
            return rows.filter(memberships__organization=access.organization)
        try:
            model._meta.get_field("organization")
        except FieldDoesNotExist:
            raise ImproperlyConfigured(
                f"{type(self).__name__} offers a choice of {model.__name__}, which does not say whose it is."
            ) from None
        return rows.filter(organization=access.organization)

    def label_of(self, model: type[Model]) -> Callable[[Any], str]:
        """How a row of `model` is called in a choice."""
        return getattr(self.admin_site._registry.get(model), "choice_label", str)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        model = db_field.remote_field.model
        kwargs.setdefault("queryset", self.choices_of(request, model, writing=True))
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.label_from_instance = self.label_of(model)
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        model = db_field.remote_field.model
        kwargs.setdefault("queryset", self.choices_of(request, model, writing=True))
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None:
            field.label_from_instance = self.label_of(model)
        return field


def _follow(obj: Any, path: str) -> Any:
    for name in path.split("__"):
        if obj is None:
            return None
        obj = getattr(obj, name)
    return obj


def _joins(related: Any) -> tuple[str, ...]:
    joins = getattr(related, "list_select_related", ())
    return tuple(joins) if isinstance(joins, list | tuple) else ()
