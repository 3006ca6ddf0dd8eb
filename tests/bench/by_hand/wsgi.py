"""The application, as the server loads it: as the product's is, and as little for the collector to walk."""

from __future__ import annotations

import gc

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

__all__ = ["application"]

application = get_wsgi_application()
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
