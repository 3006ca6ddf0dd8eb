"""Content-Security-Policy: three policies, by what is answered.

The admin theme runs Alpine, which compiles expressions at run time, and writes its colours into a style element: pages
under the admin allow that, and no others do. What is not HTML may load nothing at all, should a browser ever show it.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from typing import Any

from csp.constants import HEADER, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

__all__ = ["ADMIN_POLICY", "DATA_POLICY", "PAGE_POLICY", "ContentSecurityMiddleware"]

Policy = dict[str, Any]

PAGE_POLICY: Policy = {
    "default-src": [SELF],
    "img-src": [SELF, "data:"],
    "object-src": [NONE],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}
ADMIN_POLICY: Policy = PAGE_POLICY | {
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}
DATA_POLICY: Policy = {
    "default-src": [NONE],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [NONE],
}


class ContentSecurityMiddleware(CSPMiddleware):
    """django-csp's middleware, choosing the policy; a view may still replace parts of it with `csp.decorators`."""

    @cached_property
    def _admin_path(self) -> str:
        return reverse("admin:index")

    @cached_property
    def _data_header(self) -> str:
        return build_policy(**asdict(PolicyParts(config=DATA_POLICY)))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Most answers are the API's: what stands on each of them is one and the same text, made once."""
        is_plain = not (
            settings.DEBUG
            or response.get("Content-Type", "").startswith("text/html")
            or HEADER in response
            or getattr(request, "_csp_nonce", None)
            or getattr(settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY", None)
            or any(name.startswith("_csp") for name in vars(response))  # of `csp.decorators`
        )
        if not is_plain:
            return super().process_response(request, response)
        response[HEADER] = self._data_header
        return response

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if parts.config is None and not report_only:
            parts.config = self._policy(request, response)
        return parts

    def _policy(self, request: HttpRequest, response: HttpResponseBase) -> Policy:
        if not response.get("Content-Type", "").startswith("text/html"):
            return DATA_POLICY
        if request.path.startswith(self._admin_path):
            return ADMIN_POLICY
        return PAGE_POLICY
