"""Pages that do something with one record and need an answer or two first: how many units, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from inventory.models import Direction, Nature, ReasonCode
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.http.organization import access_of
from warehouses.models import Organization
from warehouses.refusals import Refusal

__all__ = ["ActForm", "ActPages", "HoldItemForm", "IssueForm", "NoteForm", "StatePages", "UnitsForm"]


class ActForm(forms.Form):
    """What such a page asks. `field_of` maps the business code's inputs to the form's fields, where they differ."""

    field_of: ClassVar[Mapping[str, str]] = {}

    def show(self, refusal: Refusal) -> None:
        """Show why it was refused, beside the field that is to blame."""
        for problem in refusal.problems:
            name = self.field_of.get(problem.field or "", problem.field)
            self.add_error(name if name in self.fields else None, problem.detail)
        if not refusal.problems:
            self.add_error(None, refusal.detail)


class NoteForm(ActForm):
    note = forms.CharField(label="Note", max_length=500, required=False, widget=UnfoldAdminTextInputWidget)


class UnitsForm(ActForm):
    """How many units, and why."""

    quantity = forms.IntegerField(
        label="How many units",
        min_value=1,
        max_value=MAXIMUM_QUANTITY,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"inputmode": "numeric", "autofocus": True}),
    )
    note = forms.CharField(max_length=500, required=False, widget=UnfoldAdminTextInputWidget)


class IssueForm(UnitsForm):
    """Also with which reason the goods leave."""

    reason = forms.ModelChoiceField(ReasonCode.objects.none(), widget=UnfoldAdminSelectWidget)
    field_order = ("quantity", "reason", "note")

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = ReasonCode.objects.filter(
            organization=organization, is_active=True, nature=Nature.ISSUE
        ).exclude(direction=Direction.IN)
        field: Any = self.fields["reason"]
        field.queryset = reasons
        field.label_from_instance = lambda found: f"{found.name} ({found.code})"
        field.initial = reasons.filter(code_key="sale").first()


class HoldItemForm(ActForm):
    """How many units of a stock item are held, and why."""

    quantity = forms.IntegerField(
        label="How many units (empty: all that is free)",
        min_value=1,
        max_value=MAXIMUM_QUANTITY,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"inputmode": "numeric", "autofocus": True}),
    )
    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget)
    reference = forms.CharField(max_length=120, required=False, widget=UnfoldAdminTextInputWidget)


class ActPages(ScopedModelAdmin):
    """A model admin with such pages. A GET asks, only a POST acts."""

    def act_on(
        self,
        request: HttpRequest,
        object_id: str,
        *,
        form: Callable[[Any, Any], ActForm],
        verb: str,
        explanation: str,
        figures: Callable[[Any], Mapping[str, Any]],
        act: Callable[[Access, Any, dict[str, Any]], Any],
        done: Callable[[Any], str],
    ) -> HttpResponse:
        """Ask with the form that `form(data, record)` makes, then do `act` in a transaction.

        A refusal is shown beside the field it is about. `done` says in words what became of what `act` returned; its
        page is shown then.
        """
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        access = self.require_access(request)
        asked = form(request.POST if request.method == "POST" else None, row)
        if request.method == "POST" and asked.is_valid():
            try:
                result = transactions.run(lambda: act(access, row, asked.cleaned_data))
            except Refusal as refusal:
                asked.show(refusal)
            else:
                self.log_change(request, row, f"{verb}.")
                self.message_user(request, done(result), messages.SUCCESS)
                return HttpResponseRedirect(_page_of(result, self.admin_site.name))
        context = {
            **self.admin_site.each_context(request),
            "title": verb,
            "opts": self.opts,
            "subject": self.choice_label(row),
            "explanation": explanation,
            "figures": figures(row),
            "form": asked,
            "verb": verb,
            "back": _page_of(row, self.admin_site.name),
        }
        status = 422 if asked.errors else 200
        return TemplateResponse(request, "inventory/admin/act.html", context, status=status)


class StatePages(ActPages):
    """Acts that a record offers in some of its states, to those who have the right."""

    def offered(self, access: Access, found: Any) -> set[str]:
        """The names of the acts that have a button on its page."""
        raise NotImplementedError

    def refused(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse | None:
        """Its page with who was faster, where its state no longer allows the act. Raises Http404."""
        raise NotImplementedError

    def figures(self, found: Any) -> Mapping[str, Any]:
        """What is shown of it above the form."""
        raise NotImplementedError

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """What its state and the caller's rights allow."""
        access = access_of(request)
        found = self.get_object(request, str(object_id))
        if access is None or found is None:
            return []
        offered = self.offered(access, found)
        # Such as `stock_requests_stockrequest_submit`.
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_"
        every = self._get_base_actions_detail()
        return [each for each in every if each.action_name.removeprefix(prefix) in offered]

    def found(self, request: HttpRequest, object_id: str) -> Any:
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        return found

    def act_simply(
        self,
        request: HttpRequest,
        object_id: str,
        name: str,
        *,
        form: type[ActForm],
        verb: str,
        explanation: str,
        act: Callable[[Access, Any, dict[str, Any]], Any],
        done: Callable[[Any], str],
    ) -> HttpResponse:
        """With a word or two, or only to be confirmed."""
        if (refused := self.refused(request, object_id, name)) is not None:
            return refused
        return self.act_on(
            request,
            object_id,
            form=lambda data, row: form(data),
            verb=verb,
            explanation=explanation,
            figures=self.figures,
            act=act,
            done=done,
        )


def _page_of(row: Any, site: str) -> str:
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return reverse(name, args=(row.pk,), current_app=site)
