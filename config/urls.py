"""Every address of the product. Contracts answer at their documented paths and under a prefix of their own."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from config import health
from config.dispatch import CONTRACTS, dispatch

handler400 = "warehouses.http.problems.handler400"
handler403 = "warehouses.http.problems.handler403"
handler404 = "warehouses.http.problems.handler404"
handler500 = "warehouses.http.problems.handler500"

urlpatterns = [
    # First, because most requests go there. Backoffice documents some of its routes without the prefix too.
    re_path(r"^(?:api|cycle-count)(?:/|$)", dispatch, name="dispatch"),
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/", admin.site.urls),
    path("", include("warehouses.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("config.reference")),
    path("", include("config.developers")),
    *(path(f"{name}/", include(urlconf)) for name, urlconf in CONTRACTS.items()),
    path("count", RedirectView.as_view(pattern_name="count:home")),  # as people type it
    path("count/", include("cycle_counts.phone.urls")),
]
