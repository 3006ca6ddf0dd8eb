"""What the pages of webhooks and syncs share: who may, and acts on one record that are done after asking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.http.organization import access_of
from warehouses.refusals import Refusal

__all__ = ["MANAGE", "IntegrationAdmin", "OrganizationWide", "clock_time", "duration", "label", "link"]

MANAGE: Final = "integrations.manage"


class IntegrationAdmin(ScopedModelAdmin):
    """A page of records with things to do about one of them.

    `empty_hint` says on an empty list what would fill it.
    """

    secret_fields = ScopedModelAdmin.secret_fields | {"secret", "previous_secret"}
    empty_hint: ClassVar[str] = ""

    def has_manage_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether there is anything to do for the caller; which records, the rows they see decide."""
        access = access_of(request)
        return access is not None and access.may(MANAGE)

    def found(self, request: HttpRequest, object_id: str) -> Any:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row

    def ask_then(
        self,
        request: HttpRequest,
        row: Any,
        *,
        question: str,
        verb: str,
        act: Callable[[Access], Any],
        then: Callable[[Any], HttpResponse],
        is_dangerous: bool = False,
    ) -> HttpResponse:
        """A GET asks, only a POST does `act` (in a transaction) and answers with `then` of its result.

        A refusal is shown on the record's page.
        """
        if request.method != "POST":
            return self.ask(
                request, row, question=question, verb=verb, back=self.page_of(row), is_dangerous=is_dangerous
            )
        access = self.require_access(request)
        try:
            result = transactions.run(lambda: act(access))
        except Refusal as refusal:
            return self.answer(request, refusal, self.page_of(row))
        self.log_change(request, row, f"{verb}.")
        return then(result)

    def go_to(self, row: Any) -> HttpResponseRedirect:
        """The page of a record of whatever kind."""
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=(row.pk,), current_app=self.admin_site.name))


class OrganizationWide(IntegrationAdmin):
    """What belongs to no warehouse tells of all of them: only who manages the whole organization's integrations
    sees that it is there.
    """

    read_permission = MANAGE
    write_permission = MANAGE

    def allows(self, request: HttpRequest, permission: str | None, obj: Any = None) -> bool:
        return self.has_manage_permission(request) and super().allows(request, permission, obj)

    def narrow(self, request: HttpRequest, rows: QuerySet[Any], permission: str) -> QuerySet[Any]:
        if not self.has_manage_permission(request):
            return rows.none()
        return super().narrow(request, rows, permission)

    def has_manage_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        access = access_of(request)
        return access is not None and access.everywhere(MANAGE)


def link(row: Any, text: str) -> SafeString:
    """A link to the record's page."""
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return format_html('<a href="{}" class="text-link">{}</a>', reverse(name, args=(row.pk,)), text)


def clock_time(instant: datetime) -> str:
    """To the second, in the organization's time zone: what happens within one minute is told apart here."""
    return date_format(timezone.localtime(instant), "j M Y, H:i:s", use_l10n=False)


def label(words: str, labels: Mapping[str, str]) -> SafeString:
    """A coloured word as lists have them, for a page of one record, where the theme prints plain text."""
    return render_to_string("unfold/helpers/label.html", {"text": words, "type": labels.get(words, "")})


def duration(span: timedelta) -> str:
    """Such as `1.4 s`, `3 min 20 s`, `5 h 10 min`, `3 d 4 h`."""
    seconds = span.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    for size, name, smaller, smaller_name in (
        (86_400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if seconds >= size:
            rest = int(seconds % size // smaller)
            return f"{int(seconds // size)} {name}" + (f" {rest} {smaller_name}" if rest else "")
    raise AssertionError("A minute or more is one of the above.")
