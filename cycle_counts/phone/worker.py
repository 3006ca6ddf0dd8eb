"""`/count/worker.js`: the service worker that keeps the screen working without a network.

It is served from here and not from the static files, because a worker may look after no more than its own folder.
"""

from __future__ import annotations

import hashlib
from typing import Final

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

__all__ = ["script"]

_FILES: Final = ("cycle_counts/count.css", "cycle_counts/count.js", "tallyhouse/icon.svg")


# What is not HTML may load nothing otherwise; this one is there to fetch.
@csp_replace({"default-src": [NONE], "connect-src": [SELF]})
@require_safe
def script(request: HttpRequest) -> HttpResponse:
    files = [static(name) for name in _FILES]
    context = {
        "files": files,
        "version": hashlib.sha256("\n".join(files).encode()).hexdigest()[:12],
        "scope": reverse("count:home"),
        "kept_out": [reverse("count:login"), reverse("count:logout")],
    }
    text = render_to_string("cycle_counts/phone/worker.js", context)
    return HttpResponse(
        text, content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"}
    )
