"""The settings of the test suite: config.settings as ENVIRONMENT=test has them, and faster.

TEST_DATABASE_URL and TEST_REDIS_URL choose the engines; without them it is SQLite and an in-memory broker. The
developer's own DATABASE_URL and the like are not looked at: no test may touch their data.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

# The folder of this run, shared by its parallel processes, which inherit the variable.
if "TEST_FOLDER" not in os.environ:
    os.environ["TEST_FOLDER"] = tempfile.mkdtemp(prefix="tallyhouse-tests-")
    atexit.register(shutil.rmtree, os.environ["TEST_FOLDER"], ignore_errors=True)
_folder = Path(os.environ["TEST_FOLDER"])

for _name in (
    *(
        "ALLOWED_HOSTS",
        "BEHIND_PROXY",
        "CSRF_TRUSTED_ORIGINS",
        "DATABASE_APP_ROLE",
        "DATABASE_PGBOUNCER",
        "DATABASE_STATEMENT_TIMEOUT",
    ),
    *("DEBUG", "EMAIL_FROM", "EMAIL_URL", "HOST", "HSTS_SECONDS", "LOG_FORMAT", "LOG_LEVEL", "PORT"),
    *("PUBLIC_URL", "REPLICA_DATABASE_URL", "REPLICA_MAX_LAG"),
    *("OUTGOING_NETWORKS", "POS_DROP_DIR", "RATE_LIMIT_PER_MINUTE", "SECRET_KEY_FALLBACKS", "SYNC_WORKERS"),
    *("IMPORT_ROWS_KEPT", "REQUEST_LOG", "REQUEST_LOG_KEPT"),
    *("TASK_WORKERS", "WEBHOOK_LOG_KEPT", "WEBHOOK_THREADS", "WEB_THREADS", "WEB_WORKERS"),
):
    os.environ.pop(_name, None)
os.environ["ENVIRONMENT"] = "test"
os.environ["DATA_DIR"] = str(_folder)
os.environ["SECRET_KEY"] = "only-for-tests"
# A file, never SQLite's shared memory: tests with threads and live servers need connections of their own.
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{_folder / 'db.sqlite3'}"
# A Redis database for each parallel process: one test's counts are not another's.
_redis = os.environ.get("TEST_REDIS_URL", "")
if _redis:
    _parts = urlsplit(_redis)
    _worker = int("".join(filter(str.isdigit, os.environ.get("PYTEST_XDIST_WORKER", ""))) or 0)
    # Downwards from the one given, for the last of Redis' sixteen is the usual one.
    _number = (int(_parts.path.strip("/") or 0) - _worker) % 16
    _redis = urlunsplit(_parts._replace(path=f"/{_number}"))
os.environ["REDIS_URL"] = _redis

from config.settings import *  # noqa: E402, F403 - the environment comes first
from config.settings import CELERY_BROKER_URL, DATABASES, REDIS_URL  # noqa: E402

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # pytest-django adds the parallel process's name to this one.
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}

if not REDIS_URL:
    CELERY_BROKER_URL = "memory://"
    CELERY_BROKER_TRANSPORT = "memory"
    CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.01}

# Slow on purpose in production, and paid for by every login of every test here.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

# Static files are found where they lie, without collecting them first.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
STATIC_ROOT = _folder / "static"
STATIC_ROOT.mkdir(exist_ok=True)
