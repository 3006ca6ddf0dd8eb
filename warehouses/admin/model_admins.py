"""Admin pages of one organization's records. A filter that would list another organization's does not start."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import BadRequest, ImproperlyConfigured
from django.db import transaction
from django.db.models import ProtectedError, QuerySet, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from unfold.admin import ModelAdmin

from warehouses.access import Access
from warehouses.admin.actions import ScopedActions
from warehouses.admin.filters import ChoicesFilter, OwnRows, RelatedFilter
from warehouses.admin.forms import ScopedForm
from warehouses.admin.list_exports import ListExports
from warehouses.admin.list_views import ListViews
from warehouses.admin.paginator import KeyPaginator
from warehouses.http.organization import access_of
from warehouses.http.paging import Counted
from warehouses.identifiers import decode
from warehouses.refusals import Conflict, Refusal

__all__ = ["Deletion", "ReadOnlyScopedAdmin", "RefusedDeletion", "ScopedModelAdmin"]

#: What `get_deleted_objects` answers: what goes, how many of each, what one may not delete, what is protected.
Deletion = tuple[list[str], dict[str, int], set[str], list[str]]


#: Of the address of a list, what takes no rows away.
_LEAVES_ALL = frozenset({PAGE_VAR, ALL_VAR, ORDER_VAR, ERROR_FLAG, "_popup", "_to_field", "_facets"})


class ScopedModelAdmin(ListViews, ListExports, ScopedActions, ModelAdmin):
    """A model admin of one organization. Refusals of the business code become errors of the form, or messages.

    Override `store` and `remove` to go through the business functions. `in_palette` lets the search palette find rows
    by `search_fields`, for lists that are never long; `icon` is shown beside them.
    """

    form = ScopedForm
    in_palette: ClassVar[bool] = False
    icon: ClassVar[str] = "data_object"
    #: Local fields that no query string may filter by: a prefix look-up would give a hash away letter by letter.
    secret_fields: ClassVar[frozenset[str]] = frozenset({"password", "digest"})
    #: Saving answers with what is never shown again.
    shows_once: ClassVar[bool] = False
    show_full_result_count = False
    paginator = KeyPaginator
    list_per_page = 50
    list_filter_submit = True
    warn_unsaved_form = True
    compressed_fields = True
    save_on_top = False

    # --- rows

    def _row(self, request: HttpRequest, key: str) -> Any:
        return self.get_object(request, key)

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

    def get_paginator(
        self, request: HttpRequest, queryset: Any, per_page: int, *args: Any, **kwargs: Any
    ) -> Any:
        pages = super().get_paginator(request, queryset, per_page, *args, **kwargs)
        if isinstance(pages, KeyPaginator) and _is_whole(request):
            pages.counted = self.counted(request)
        return pages

    def counted(self, request: HttpRequest) -> Counted | None:
        """What knows how many rows the list has while nothing is asked for, and where its pages begin.

        None: they are counted. Where the person has chosen another order (`o`), it knows no places.
        """
        return None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Django's search; a public id, as the API shows it, finds its row too."""
        prefix = getattr(self.model, "prefix", None)
        if prefix and (found := decode(prefix, search_term.strip().lower())) is not None:
            return queryset.filter(pk=found), False
        return super().get_search_results(request, queryset, search_term)

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


class RefusedDeletion(ScopedModelAdmin):
    """For records that business functions delete, or refuse to: asking first, Django would look for what protects them,
    row by row, and say in its own words why not.
    """

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Deletion:
        """What will go; what must stay is refused with its reason once it is tried."""
        rows = list(objs)
        gone = [f"{str(self.opts.verbose_name).capitalize()}: {self.choice_label(row)}" for row in rows]
        counts = {str(self.opts.verbose_name_plural): len(rows)}
        counts |= {name: count for name, count in self.contents_of(rows).items() if count}
        refused = {
            str(self.opts.verbose_name) for row in rows if not self.has_delete_permission(request, row)
        }
        return gone, counts, refused, []

    def contents_of(self, rows: list[Any]) -> dict[str, int]:
        """What is deleted along with `rows`: plural → how many."""
        return {}


class ReadOnlyScopedAdmin(ScopedModelAdmin):
    """For ledgers: rows to read, search and filter, and no way to change one."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _in_use(subject: str) -> Conflict:
    return Conflict("IN_USE", f"{subject} cannot be deleted: other records need it.")


def _is_whole(request: HttpRequest) -> bool:
    """Whether the query of a list leaves all of its rows."""
    asked = {name for name in request.GET if name != SEARCH_VAR or request.GET[name].strip()}
    return asked <= _LEAVES_ALL
