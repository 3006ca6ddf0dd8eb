"""`/count/login/` and `/count/logout/`: the way in for people who need nothing of the back office but this."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse_lazy

from warehouses.http.login_limits import LimitedLogin, as_paused

__all__ = ["login", "logout"]


class CounterLogin(LimitedLogin, AuthenticationForm):
    pass


class CounterLoginView(LoginView):
    form_class = CounterLogin

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return as_paused(super().dispatch(request, *args, **kwargs))


#: With Django's own guards, as the back office has them; whoever counts need not be staff.
login = CounterLoginView.as_view(
    template_name="cycle_counts/phone/login.html",
    next_page=reverse_lazy("count:home"),
    redirect_authenticated_user=True,
)

logout = LogoutView.as_view(next_page=reverse_lazy("count:login"))
