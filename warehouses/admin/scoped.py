"""The base of every admin page: rows, choices, filters and acts of one organization, and of the caller's warehouses.

It fails closed. Without an organization there are no rows and no rights; a related model that does not say whose it
is cannot be chosen from; a filter that would list another organization's rows does not start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import messages
from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import BadRequest, FieldDoesNotExist, ImproperlyConfigured
from django.db import transaction
from django.db.models import Model, ProtectedError, QuerySet, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin, TabularInline

from warehouses.access import Access
from warehouses.admin.filters import ChoicesFilter, OwnRows, RelatedFilter
from warehouses.admin.forms import ScopedForm
from warehouses.http.organization import access_of
from warehouses.identifiers import decode
from warehouses.models import Organization, User
from warehouses.refusals import Conflict, Refusal

if TYPE_CHECKING:
    from django.contrib.admin.options import BaseModelAdmin

    _Base = BaseModelAdmin[Any]
else:
    _Base = object

__all__ = ["Deletion", "ReadOnlyScopedAdmin", "Scoped", "ScopedModelAdmin", "ScopedTabularInline"]

#: What `get_deleted_objects` answers: what goes, how many of each, what one may not delete, what is protected.
Deletion = tuple[list[str], dict[str, int], set[str], list[str]]

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


class ScopedModelAdmin(Scoped, ModelAdmin):
    """A model admin of one organization. Refusals of the business code become errors of the form, or messages.

    Override `store` and `remove` to go through the business functions. `in_palette` lets the search palette find rows
    by `search_fields`; `icon` is shown beside them.
    """

    form = ScopedForm
    in_palette: ClassVar[bool] = False
    icon: ClassVar[str] = "data_object"
    #: Local fields that no query string may filter by: a prefix look-up would give a hash away letter by letter.
    secret_fields: ClassVar[frozenset[str]] = frozenset({"password", "digest"})
    #: Saving answers with what is never shown again.
    shows_once: ClassVar[bool] = False
    show_full_result_count = False
    list_per_page = 50
    list_filter_submit = True
    warn_unsaved_form = True
    compressed_fields = True
    save_on_top = False

    # --- rows

    def _row(self, request: HttpRequest, key: str) -> Any:
        return self.get_object(request, key)

    def choice_label(self, obj: Any) -> str:
        """What the row is called in choices and search results, where nothing around it says where it is."""
        return str(obj)

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [self._own_filter(item) for item in super().get_list_filter(request)]

    def _own_filter(self, item: Any) -> Any:
        if isinstance(item, str):
            field = get_fields_from_path(self.model, item)[-1]
            if field.is_relation:
                return (item, RelatedFilter)
            return (item, ChoicesFilter) if getattr(field, "choices", None) else item
        if isinstance(item, tuple) and isinstance(item[1], type):
            kind = item[1]
            if issubclass(kind, RelatedFieldListFilter) and not issubclass(kind, OwnRows):
                raise ImproperlyConfigured(
                    f"{type(self).__name__} filters by {item[0]} with {kind.__name__}, which lists all rows."
                )
        return item

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        if self.secret_fields.intersection(lookup.split("__")):
            return False
        return bool(super().lookup_allowed(lookup, value, request))  # type: ignore[arg-type]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Django's search; a public id, as the API shows it, finds its row too."""
        prefix = getattr(self.model, "prefix", None)
        if prefix and (found := decode(prefix, search_term.strip().lower())) is not None:
            return queryset.filter(pk=found), False
        return cast(tuple[QuerySet[Any], bool], super().get_search_results(request, queryset, search_term))

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        raise Http404  # not there and not yours are answered alike

    # --- pages

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if any("\x00" in value for values in request.GET.lists() for value in values[1]):
            raise BadRequest("The query holds a null character.")  # PostgreSQL compares with none
        if request.method != "POST":
            return super().changelist_view(request, extra_context)
        try:
            with transaction.atomic():  # an action is done for all rows or for none
                return super().changelist_view(request, extra_context)
        except Refusal as refusal:
            return self.answer(request, refusal, request.get_full_path())
        except (ProtectedError, RestrictedError):
            return self.answer(request, _in_use("Some of these records"), request.get_full_path())

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refusal as refusal:
            # Django has rolled back. The form is shown again, with what was typed and the refusal as its error.
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        back = reverse(self.url_name("change"), args=(object_id,), current_app=self.admin_site.name)
        try:
            return super().delete_view(request, object_id, extra_context)
        except Refusal as refusal:
            return self.answer(request, refusal, back)
        except (ProtectedError, RestrictedError):
            return self.answer(request, _in_use("This record"), back)

    def confirm_then(
        self,
        request: HttpRequest,
        object_id: str,
        *,
        question: str,
        verb: str,
        act: Callable[[Access, Any], object],
        done: str,
    ) -> HttpResponse:
        """For actions of one record, which the theme links to: a GET asks, only a POST acts.

        The caller has checked the permission for this record (`permissions=` of the theme's `action`).
        """
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        back = reverse(self.url_name("changelist"), current_app=self.admin_site.name)
        if request.method != "POST":
            context = {
                **self.admin_site.each_context(request),
                "title": verb,
                "opts": self.opts,
                "subject": self.choice_label(row),
                "question": question,
                "verb": verb,
                "back": back,
            }
            return TemplateResponse(request, "warehouses/admin/confirm.html", context)
        try:
            act(self.require_access(request), row)
        except Refusal as refusal:
            return self.answer(request, refusal, back)
        self.log_change(request, row, f"{verb}.")
        self.message_user(request, f"{self.choice_label(row)} {done}.", messages.SUCCESS)
        return HttpResponseRedirect(back)

    def answer(self, request: HttpRequest, refusal: Refusal, target: str) -> HttpResponseRedirect:
        """Say why not, and show the page again."""
        self.message_user(request, refusal.detail, messages.ERROR)
        return HttpResponseRedirect(target)

    def url_name(self, page: str) -> str:
        return f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if self.shows_once:
            # The answer to saving is a page of its own: there is nothing to go on with.
            context |= {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().render_change_form(request, context, *args, **kwargs)

    # --- forms

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if not issubclass(form, ScopedForm):
            raise ImproperlyConfigured(f"{type(self).__name__} needs a form that is a ScopedForm.")
        access = access_of(request)
        return type(
            form.__name__,
            (form,),
            {
                "organization": access.organization if access else None,
                "refusal": getattr(request, "refusal", None),
            },
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        self.store(request, self.require_access(request), obj, form, change)

    def store(self, request: HttpRequest, access: Access, obj: Any, form: Any, change: bool) -> None:
        """Write the record that the form describes. `obj` must be what was written when this returns."""
        obj.save()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.remove(request, self.require_access(request), obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        access = self.require_access(request)
        for obj in queryset:
            self.remove(request, access, obj)

    def remove(self, request: HttpRequest, access: Access, obj: Any) -> None:
        obj.delete()

    def attempt(
        self, request: HttpRequest, rows: QuerySet[Any], act: Callable[[Any], object], done: str
    ) -> None:
        """Do `act` for each row and say how many were `done`, and of each that was refused, why."""
        succeeded = 0
        for row in rows:
            try:
                act(row)
                succeeded += 1
            except Refusal as refusal:
                self.message_user(request, refusal.detail, messages.ERROR)
        if succeeded:
            noun = self.opts.verbose_name if succeeded == 1 else self.opts.verbose_name_plural
            self.message_user(request, f"{succeeded} {noun} {done}.", messages.SUCCESS)


class ReadOnlyScopedAdmin(ScopedModelAdmin):
    """For ledgers: rows to read, search and filter, and no way to change one."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ScopedTabularInline(Scoped, TabularInline):
    """Rows under a row of the caller's organization; the parent's admin writes them in `save_formset`."""

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
            self.form.__name__, (self.form,), {"organization": access.organization if access else None}
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


def _follow(obj: Any, path: str) -> Any:
    for name in path.split("__"):
        if obj is None:
            return None
        obj = getattr(obj, name)
    return obj


def _joins(related: Any) -> tuple[str, ...]:
    joins = getattr(related, "list_select_related", ())
    return tuple(joins) if isinstance(joins, list | tuple) else ()


def _in_use(subject: str) -> Conflict:
    return Conflict("IN_USE", f"{subject} cannot be deleted: other records need it.")
