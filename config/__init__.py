"""Settings, URLs, processes: what puts the applications together. Nothing imports it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
