"""What people make of a list of the back office: its columns, and its filters kept as views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.contrib.admin.utils import label_for_field
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.text import capfirst
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.page_views import EVERYTHING, ShippedView, keep_view, page_views, start_key, start_of
from warehouses.http.organization import access_of
from warehouses.models import SavedView
from warehouses.page_preferences import keep_preferences, read_preferences
from warehouses.refusals import NotFound, Refusal
from warehouses.saved_views import visible_views

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Page = ModelAdmin[Any]
else:
    _Page = object

__all__ = ["ListViews"]

#: Of an address, what belongs to the moment.
_PASSING: Final = frozenset({PAGE_VAR, ALL_VAR, ERROR_FLAG, "_popup", "_to_field", "_changelist_filters"})
#: In a view the order is kept by the columns' names: their places are other ones for whoever has chosen others.
_ORDER: Final = "order"


class ListViews(_Page):
    """The half of a model admin that lets people choose the columns of its list and keep its filters.

    The first column always stays, for it leads to the record, and so do `fixed_columns`. `shipped_views` are the tabs
    that everybody has, beside that of everything; their order is named too (`order=-title.code`).
    """

    shipped_views: ClassVar[tuple[ShippedView, ...]] = ()
    fixed_columns: ClassVar[frozenset[str]] = frozenset({"correct"})

    @property
    def list_page(self) -> str:
        """The name of the list's address, by which views and preferences are kept."""
        return f"{self.opts.app_label}_{self.opts.model_name}_changelist"

    def get_urls(self) -> list[Any]:
        kept = require_POST(csrf_protect(self.list_views_page))
        own = path("views/", self.admin_site.admin_view(kept), name=f"{self.list_page}_views")
        return [own, *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> Any:
        """The columns that the person has chosen, or all."""
        every = super().get_list_display(request)
        chosen = _preferences(request, self.list_page).get("columns")
        if not isinstance(chosen, list):
            return every
        stays = {*every[:1], *self.fixed_columns, *chosen}
        return tuple(column for column in every if column in stays)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        access = access_of(request)
        is_asked = request.method == "GET" and access is not None and "_popup" not in request.GET
        if access is None or not is_asked or not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        saved = visible_views(access=access, page=self.list_page)
        own = _preferences(request, self.list_page)
        start = start_key(own, access=access, page=self.list_page, saved=saved)
        if (
            not request.GET
            and (first := start_of(start, saved=saved, shipped=self._views_shipped())) is not None
        ):
            shown = self._views_columns(request)
            return HttpResponseRedirect(self._views_address(first.query, shown))
        response = super().changelist_view(request, extra_context)
        context = response.context_data if isinstance(response, TemplateResponse) else None
        if context is not None and "cl" in context:
            context.update(self._views_about(request, access, context["cl"], saved, start))
        return response

    def list_views_page(self, request: HttpRequest) -> HttpResponse:
        """Keep the filters as a view, share or delete one, begin with it; choose the columns."""
        access = access_of(request)
        if access is None or not self.has_view_permission(request):
            raise PermissionDenied
        back, post = request.POST.get("back", "").replace("\x00", ""), request.POST
        every = [str(column) for column in super().get_list_display(request)]
        try:
            if post.get("do", "") in {"columns", "columns_reset"}:
                wanted = [column for column in every if column in post.getlist("columns")]
                kept = wanted if post["do"] == "columns" else None
                transactions.run(lambda: keep_preferences(access=access, page=self.list_page, columns=kept))
                words = "The list has these columns from now on."
            else:
                _, words = transactions.run(
                    lambda: keep_view(access=access, page=self.list_page, post=post, query=back)
                )
        except NotFound:
            raise Http404 from None
        except Refusal as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
        else:
            self.message_user(request, words, messages.SUCCESS)
        request.__dict__.pop("list_preferences", None)
        return HttpResponseRedirect(self._views_address(back, self._views_columns(request)))

    # --- what the page shows

    def _views_shipped(self) -> tuple[ShippedView, ...]:
        return (EVERYTHING, *self.shipped_views)

    def _views_columns(self, request: HttpRequest) -> Sequence[Any]:
        """As the list has them: with the boxes of its actions, where it has any."""
        boxes = ["action_checkbox"] if self.get_actions(request) else []
        return [*boxes, *self.get_list_display(request)]

    def _views_about(
        self, request: HttpRequest, access: Access, shown: Any, saved: Sequence[SavedView], start: str
    ) -> dict[str, Any]:
        query = self._views_query(request, shown.list_display)
        chosen = set(shown.list_display)
        hidden = {*self.fixed_columns}
        every = super().get_list_display(request)
        post_url = reverse(f"admin:{self.list_page}_views", current_app=self.admin_site.name)
        return {
            "views": page_views(
                access=access,
                saved=saved,
                shipped=self._views_shipped(),
                query=query,
                named="",
                start=start,
                address=lambda kept, _key: self._views_address(kept, shown.list_display),
                post_url=post_url,
            ),
            "columns": [
                (column, capfirst(str(label_for_field(column, self.model, self))), column in chosen, "")
                for column in every[1:]
                if column not in hidden
            ],
            "columns_url": post_url,
            "columns_back": query,
        }

    def _views_query(self, request: HttpRequest, columns: Sequence[Any]) -> str:
        """What a view keeps of the address."""
        kept = []
        for name, value in parse_qsl(request.GET.urlencode()):
            if name == ORDER_VAR:
                if named := ".".join(
                    _named(part, columns) for part in value.split(".") if _named(part, columns)
                ):
                    kept.append((_ORDER, named))
            elif name not in _PASSING:
                kept.append((name, value))
        return urlencode(kept)

    def _views_address(self, query: str, columns: Sequence[Any]) -> str:
        """The list as a view has kept it. Everything asks for nothing, but not for the view one begins with."""
        asked = []
        for name, value in parse_qsl(query):
            if name == _ORDER:
                places = [_placed(part, columns) for part in value.split(".")]
                if found := ".".join(place for place in places if place):
                    asked.append((ORDER_VAR, found))
            elif name not in _PASSING and name != ORDER_VAR:
                asked.append((name, value))
        address = reverse(f"admin:{self.list_page}", current_app=self.admin_site.name)
        return f"{address}?{urlencode(asked or [(SEARCH_VAR, '')])}"


def _preferences(request: HttpRequest, page: str) -> dict[str, Any]:
    """What the person has chosen for the list. One query for a request, however often the list asks."""
    known: dict[str, dict[str, Any]] = request.__dict__.setdefault("list_preferences", {})
    if page not in known:
        access = access_of(request)
        known[page] = read_preferences(access=access, page=page) if access is not None else {}
    return known[page]


def _named(place: str, columns: Sequence[Any]) -> str:
    """`-2` → `-title`; empty for a place where no column is."""
    turned, digits = ("-", place[1:]) if place.startswith("-") else ("", place)
    if not (digits.isascii() and digits.isdigit() and len(digits) < 4 and int(digits) < len(columns)):
        return ""
    return f"{turned}{columns[int(digits)]}"


def _placed(name: str, columns: Sequence[Any]) -> str:
    """`-title` → `-2`; empty for a column that is not shown."""
    turned, column = ("-", name[1:]) if name.startswith("-") else ("", name)
    return f"{turned}{[*columns].index(column)}" if column in columns else ""
