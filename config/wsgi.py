"""The web application, as the server loads it."""

from __future__ import annotations

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

__all__ = ["application"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# The first request should not be the one that imports every view.
_ = get_resolver().url_patterns
# What is loaded by now lives as long as the process: the collector need not walk it again and again, which shows in
# the slowest requests.
gc.collect()
gc.freeze()
