"""What a page does to records beside writing forms: to several at once, or to one after asking."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from warehouses.access import Access
from warehouses.admin.scoped import Scoped
from warehouses.refusals import Refusal

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Page = ModelAdmin[Any]
else:
    _Page = object

__all__ = ["ScopedActions"]


class ScopedActions(Scoped, _Page):
    """The half of a model admin that acts, and says what was done or, in the words of the refusal, what was not."""

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
            return self.ask(request, row, question=question, verb=verb, back=back, cancel="Keep it")
        try:
            act(self.require_access(request), row)
        except Refusal as refusal:
            return self.answer(request, refusal, back)
        self.log_change(request, row, f"{verb}.")
        self.message_user(request, f"{self.choice_label(row)} {done}.", messages.SUCCESS)
        return HttpResponseRedirect(back)

    def ask(
        self,
        request: HttpRequest,
        row: Any,
        *,
        question: str,
        verb: str,
        back: str,
        cancel: str = "Cancel",
        is_dangerous: bool = True,
    ) -> TemplateResponse:
        """The page that asks before something is done to a record; its button posts to where it was asked for."""
        context = {
            **self.admin_site.each_context(request),
            "title": verb,
            "opts": self.opts,
            "subject": self.choice_label(row),
            "question": question,
            "verb": verb,
            "back": back,
            "cancel": cancel,
            "is_dangerous": is_dangerous,
        }
        return TemplateResponse(request, "warehouses/admin/confirm.html", context)

    def answer(self, request: HttpRequest, refusal: Refusal, target: str) -> HttpResponseRedirect:
        """Say why not, and show the page again."""
        self.message_user(request, refusal.detail, messages.ERROR)
        return HttpResponseRedirect(target)

    def url_name(self, page: str) -> str:
        return f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"

    def page_of(self, row: Any) -> str:
        """The address of the row's own page."""
        return reverse(self.url_name("change"), args=(row.pk,), current_app=self.admin_site.name)

    def choice_label(self, obj: Any) -> str:
        """What the row is called in choices and search results, where nothing around it says where it is."""
        return str(obj)
