"""`/invitations/<token>/`: how an invited person joins."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth import login, password_validation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from warehouses import invitations
from warehouses.http.organization import choose_organization
from warehouses.models import Invitation, Organization, User
from warehouses.refusals import Conflict, NotFound, Refusal
from warehouses.row_security import across_organizations

__all__ = ["invitation"]

_HEADINGS = {
    "INVITATION_UNKNOWN": "This link does not work",
    "INVITATION_USED": "This invitation was used",
    "INVITATION_REVOKED": "This invitation was withdrawn",
    "INVITATION_EXPIRED": "This invitation has expired",
}


class NewPersonForm(forms.Form):
    name = forms.CharField(
        label="Your name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=1024,  # hashing takes longer the longer it is
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validation.password_validators_help_text_html(),
    )
    repeated = forms.CharField(
        label="Password again",
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if cleaned and "password" in cleaned and cleaned.get("repeated") not in (None, cleaned["password"]):
            self.add_error("repeated", "The two passwords differ.")
        return cleaned


@never_cache
@sensitive_post_parameters("password", "repeated")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """A new person makes an account; a known one logs in and joins. A closed invitation says why."""
    with across_organizations("lets whoever has the link of an invitation into its organization"):
        return _answer(request, token)


def _answer(request: HttpRequest, token: str) -> HttpResponse:
    try:
        offer = invitations.find_invitation(token)
        if request.user.is_authenticated:
            return _join(request, token, offer)
        if invitations.account_of(offer) is not None:
            return render(request, "warehouses/invitation_log_in.html", {"invitation": offer})
        return _register(request, token, offer)
    except (NotFound, Conflict) as refusal:
        return _closed(request, refusal)


def _join(request: HttpRequest, token: str, offer: Invitation) -> HttpResponse:
    user = cast(User, request.user)
    if user.email.casefold() != offer.email.casefold():
        return render(request, "warehouses/invitation_other_person.html", {"invitation": offer}, status=403)
    if request.method != "POST":
        return render(request, "warehouses/invitation_accept.html", {"invitation": offer})
    membership = invitations.accept(token=token, user=user)
    return _welcome(request, membership.organization)


def _register(request: HttpRequest, token: str, offer: Invitation) -> HttpResponse:
    form = NewPersonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user = invitations.accept_as_new_person(
                token=token, name=form.cleaned_data["name"], password=form.cleaned_data["password"]
            )
        except Refusal as refusal:
            fields = [problem for problem in refusal.problems if problem.field in form.fields]
            if not fields:
                raise
            for problem in fields:
                form.add_error(problem.field, problem.detail)
        else:
            login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            return _welcome(request, offer.organization)
    context = {"form": form, "invitation": offer}
    return render(request, "warehouses/invitation_new_person.html", context)


def _welcome(request: HttpRequest, organization: Organization) -> HttpResponse:
    choose_organization(request, organization)
    messages.success(request, f"Welcome to {organization.name}.")
    return redirect("admin:index")


def _closed(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    status = 404 if isinstance(refusal, NotFound) else 410
    context = {
        "heading": _HEADINGS.get(refusal.code, "This invitation cannot be accepted"),
        "detail": refusal.detail,
    }
    return render(request, "warehouses/invitation_closed.html", context, status=status)
