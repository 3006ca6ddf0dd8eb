"""All settings, from top to bottom. What may differ between installations is read from the environment.

docs/operating.md has a table of every variable. `ENVIRONMENT` is one of
development  the default: SQLite, file-system broker, a secret of its own; nothing has to be installed;
production   refuses to start without a secret, hosts, PostgreSQL and Redis; HTTPS only;
test         what `tests/settings.py` builds on.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.templatetags.static import static

from config import environment
from config.content_security import PAGE_POLICY
from config.databases import database, replica
from config.logs import configure_structlog, logging_configuration
from config.mail import email_settings
from config.public_url import guessed_url
from config.secret_key import kept_secret

BASE_DIR = Path(__file__).resolve().parent.parent

ENVIRONMENT = environment.choice("ENVIRONMENT", ("development", "production", "test"), default="development")
PRODUCTION = ENVIRONMENT == "production"

# Off everywhere unless asked for: Django's debug pages show settings and source to whoever causes an error.
DEBUG = environment.flag("DEBUG", default=False) and not PRODUCTION

#: Holds what a first run makes: the SQLite file, the broker's messages, the secret, the collected static files.
DATA_DIR = BASE_DIR / environment.text("DATA_DIR", ".data")
if not PRODUCTION:
    DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

# --- secrets and hosts

if PRODUCTION:
    SECRET_KEY = environment.required(
        "SECRET_KEY", "production has no default secret; use 50 random characters."
    )
    ALLOWED_HOSTS = environment.listing("ALLOWED_HOSTS")
    environment.required(
        "ALLOWED_HOSTS", "name the hosts that the product is reached under, with commas between."
    )
else:
    SECRET_KEY = environment.text("SECRET_KEY") or kept_secret(DATA_DIR / "secret_key")
    ALLOWED_HOSTS = environment.listing("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
#: Older secrets that still verify, while a new one signs.
SECRET_KEY_FALLBACKS = environment.listing("SECRET_KEY_FALLBACKS")
CSRF_TRUSTED_ORIGINS = environment.listing("CSRF_TRUSTED_ORIGINS")

#: models.W040: the index that only PostgreSQL makes covering is a plain one on SQLite, as it should be.
SILENCED_SYSTEM_CHECKS = ["models.W040"]

# --- applications

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # before the admin, whose templates it replaces
    "unfold.contrib.filters",
    "warehouses.admin_apps.TallyhouseAdminConfig",  # django.contrib.admin, with a site of our own
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "guardian",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "warehouses",
    "inventory",
    "stock_requests",
    "cycle_counts",
]

MIDDLEWARE = [
    "warehouses.http.request_id.RequestIdMiddleware",  # outermost: every response and log line has the id
    "warehouses.http.request_recording.RequestRecordingMiddleware",  # sees what every other one has answered
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # These two add headers to what ProblemMiddleware answers too, so they stand outside of it.
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.content_security.ContentSecurityMiddleware",
    "warehouses.http.problems.ProblemMiddleware",
    "warehouses.http.row_security.RowSecurityMiddleware",  # outside of whatever asks the database
    # Those of `lanes` are Django's and ours, which requests with a key pass by.
    "warehouses.http.lanes.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "warehouses.http.lanes.AuthenticationMiddleware",
    "warehouses.http.lanes.OrganizationMiddleware",
    "warehouses.http.lanes.MessageMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False  # paths work with and without the slash; a redirect would lose the body of a POST

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- database

DATABASE_URL = environment.url(
    "DATABASE_URL",
    "" if PRODUCTION else f"sqlite:///{DATA_DIR / 'db.sqlite3'}",
    schemes=("postgresql", "postgres") if PRODUCTION else ("postgresql", "postgres", "sqlite"),
)
if PRODUCTION:
    environment.required(
        "DATABASE_URL", "production needs PostgreSQL: postgresql://user:password@host:5432/name."
    )

DATABASES = {
    "default": database(
        DATABASE_URL,
        statement_timeout=environment.duration(
            "DATABASE_STATEMENT_TIMEOUT", "10s", maximum=timedelta(days=1)
        ),
        behind_pgbouncer=environment.flag("DATABASE_PGBOUNCER", default=False),
    ),
}
#: Reports are read from here, where it is given and no further behind than that; nothing else is, and nothing written.
REPLICA_DATABASE_URL = environment.url("REPLICA_DATABASE_URL", schemes=("postgresql", "postgres"))
REPLICA_MAX_LAG = environment.duration("REPLICA_MAX_LAG", "10s", maximum=timedelta(hours=1))
if REPLICA_DATABASE_URL:
    DATABASES["replica"] = replica(REPLICA_DATABASE_URL, DATABASES["default"])
    DATABASE_ROUTERS = ["warehouses.replica.Router"]
#: The role that requests act as on PostgreSQL, which sees one organization at a time; without one, as whoever logs in.
DATABASE_APP_ROLE = environment.text("DATABASE_APP_ROLE")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: broker, cache and rate limits; without it there is one web process and one worker

REDIS_URL = environment.url("REDIS_URL", schemes=("redis", "rediss", "unix"))
if PRODUCTION:
    environment.required("REDIS_URL", "production needs Redis: redis://host:6379/0.")

CACHES: dict[str, Any] = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "tallyhouse",
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    ),
}

# --- people

AUTH_USER_MODEL = "warehouses.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None  # guardian would make a row for a person who is nobody
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"  # without it, a login that names no next page ends in a 404
#: Where people begin who may do nothing but this: the overview leads them there.
FIRST_PAGES = {"inventory.cyclecount": "count:home"}
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())  # a shift
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "warehouses.http.problems.csrf_failure"

# --- HTTPS

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {"DIRECTIVES": PAGE_POLICY}

BEHIND_PROXY = environment.flag("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    # Only a proxy that sets this header itself, whatever the client sent, may be trusted with it.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
HSTS_SECONDS = environment.integer("HSTS_SECONDS", 31_536_000, minimum=300, maximum=63_072_000)
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes come from inside, without TLS
    SECURE_HSTS_SECONDS = HSTS_SECONDS
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    # The prefix makes browsers refuse a cookie that a sibling host or a plain-HTTP page has set.
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"

# --- HTTP API

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # 2.5 MB, far above the largest bulk request
RATE_LIMIT_PER_MINUTE = environment.integer("RATE_LIMIT_PER_MINUTE", 6000, minimum=1, maximum=10_000_000)

#: The log of API requests that people look into; a thread of each web process writes it, of tests none.
REQUEST_LOG = environment.flag("REQUEST_LOG", default=True)
REQUEST_LOG_KEPT = environment.duration("REQUEST_LOG_KEPT", "7d", maximum=timedelta(days=365))
REQUEST_LOG_IN_BACKGROUND = ENVIRONMENT != "test"

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "warehouses.http.authentication.KeyAuthentication",
        "warehouses.http.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "warehouses.http.permissions.HasScope"
    ],  # a view that names none is refused
    "DEFAULT_PARSER_CLASSES": ["warehouses.http.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "warehouses.http.problems.exception_handler",
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is an unknown parameter like any other
    "NUM_PROXIES": 1 if BEHIND_PROXY else 0,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

#: The HTTP contracts and their URLConfs: what a key can be pinned to, and what the dispatcher chooses from.
API_CONTRACTS = {
    "gateway": "inventory.api.gateway.urls",
    "nexus": "inventory.api.nexus.urls",
    "pos": "inventory.api.pos.urls",
    "backoffice": "config.backoffice",
}
#: Where their documents are.
API_DOCUMENTS = "config.contracts.CONTRACTS"

# --- requests to the outside: webhooks and point-of-sale feeds

#: Networks that the operator has opened for them, plain HTTP and any port included. Everything else is public HTTPS.
OUTGOING_NETWORKS = environment.networks("OUTGOING_NETWORKS")
WEBHOOK_THREADS = environment.integer("WEBHOOK_THREADS", 16, minimum=2, maximum=256)
WEBHOOK_LOG_KEPT = environment.duration("WEBHOOK_LOG_KEPT", "30d", maximum=timedelta(days=3650))
#: Each location's CSV files have a folder of their own in here.
POS_DROP_DIR = BASE_DIR / environment.text("POS_DROP_DIR", str(DATA_DIR / "pos"))
#: The rows of imports with which nothing was done for so long go; who imported what stays.
IMPORT_ROWS_KEPT = environment.duration("IMPORT_ROWS_KEPT", "90d", maximum=timedelta(days=3650))
#: How many syncs are worked on at once, over all machines; the others wait for their turn.
SYNC_WORKERS = environment.integer("SYNC_WORKERS", 1, minimum=1, maximum=64)

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Tallyhouse",
    "DESCRIPTION": "Stock levels, movements and adjustments of your warehouses.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",  # served from here, no other host
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    # It would judge one document of all URLs. There is none: each contract has its own, held by its own tests.
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
}

# --- tasks: the outbox table is the durable queue, the broker only wakes the worker

CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = (
    None  # the default gives up after 100 and leaves a worker that does nothing
)
if REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "visibility_timeout": 120,  # above the time limit, or a task that still runs is started again
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "health_check_interval": 10,
        "socket_keepalive": True,
        # Publishing happens after a commit, in the request: without a broker it has to fail at once, not be retried.
        "max_retries": 0,
        "socket_timeout": 2,
        "socket_connect_timeout": 2,
    }
else:
    CELERY_BROKER_TRANSPORT = "config.broker.Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {"folder": str(DATA_DIR / "broker"), "polling_interval": 0.25}
    # Remote control keeps a queue of files for every process that ever asked; the one local worker needs none.
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    "purge-idempotency-records": {
        "task": "warehouses.purge_idempotency_records",
        "schedule": timedelta(hours=1),
    },
    # These find what is due, whether or not anybody has told the worker. A tick that was not worked on before the
    # next one comes is dropped.
    "deliver-webhooks": {
        "task": "inventory.deliver_webhooks",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 5},
    },
    "run-imports": {
        "task": "inventory.run_imports",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 10},
    },
    "run-syncs": {
        "task": "inventory.run_syncs",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 10},
    },
    "expire-reservations": {
        "task": "inventory.expire_reservations",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "send-notices": {
        "task": "warehouses.send_notices",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 10},
    },
    # Midnight comes to one organization after another.
    "expire-lots": {
        "task": "inventory.expire_lots",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3600},
    },
    # What is written now is covered after the five minutes that clocks may differ by, and a tick or two.
    "make-checkpoints": {
        "task": "inventory.make_checkpoints",
        "schedule": timedelta(minutes=2),
        "options": {"expires": 120},
    },
    # Of each organization every few minutes, less often where there is much to read, and soon after its midnight.
    "refresh-day-figures": {
        "task": "inventory.refresh_day_figures",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "pack-tallies": {
        "task": "inventory.pack_tallies",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    # Once a day for each organization, after its own midnight: what is due is planned when it is known.
    "refresh-classes": {
        "task": "cycle_counts.refresh_classes",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3600},
    },
    "propose-counts": {
        "task": "cycle_counts.propose_counts",
        "schedule": timedelta(minutes=20),
        "options": {"expires": 1200},
    },
    "purge-request-log": {
        "task": "warehouses.purge_request_log",
        "schedule": timedelta(minutes=15),
        "options": {"expires": 900},
    },
    "write-exports": {
        "task": "inventory.write_exports",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 10},
    },
    "purge-logs": {
        "task": "inventory.purge_logs",
        "schedule": timedelta(hours=1),
    },
}

# --- processes that `config.processes` starts

HOST = environment.text("HOST", "127.0.0.1")
PORT = environment.integer("PORT", 8000, minimum=1, maximum=65535)
#: Where people reach it: what links in e-mail begin with.
PUBLIC_URL = environment.url(
    "PUBLIC_URL",
    guessed_url(hosts=ALLOWED_HOSTS if PRODUCTION else (), host=HOST, port=PORT),
    schemes=("http", "https"),
).rstrip("/")
# The rate limiter counts in memory without Redis: two processes would each grant the whole limit.
WEB_WORKERS = environment.integer(
    "WEB_WORKERS", 2 if REDIS_URL else 1, minimum=1, maximum=64 if REDIS_URL else 1
)
WEB_THREADS = environment.integer("WEB_THREADS", 2 if REDIS_URL else 4, minimum=1, maximum=64)
# At least two: while a sync is worked on, webhooks are delivered.
TASK_WORKERS = environment.integer("TASK_WORKERS", 2, minimum=2, maximum=64)

# --- e-mail

_email = email_settings(environment.url("EMAIL_URL", "console://", schemes=("console", "smtp", "smtps")))
EMAIL_BACKEND = _email.backend
EMAIL_HOST = _email.host
EMAIL_PORT = _email.port
EMAIL_HOST_USER = _email.user
EMAIL_HOST_PASSWORD = _email.password
EMAIL_USE_TLS = _email.start_tls
EMAIL_USE_SSL = _email.tls
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.text("EMAIL_FROM", "Tallyhouse <tallyhouse@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- language and time

LANGUAGE_CODE = "en"
USE_TZ = True
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "UTC"  # people see their organization's time zone

# --- static files

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
MEDIA_ROOT = DATA_DIR / "media"

# --- logs

LOG_LEVEL = environment.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO")
LOG_FORMAT = environment.choice(
    "LOG_FORMAT", ("json", "console"), default="json" if PRODUCTION else "console"
)
configure_structlog()
LOGGING = logging_configuration(level=LOG_LEVEL, style=LOG_FORMAT)

# --- the admin's looks

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Tallyhouse",
    "SITE_HEADER": "Tallyhouse",
    "SITE_SUBHEADER": "Inventory back office",
    "SITE_SYMBOL": "warehouse",
    "SITE_URL": None,  # there is no other site to return to
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("tallyhouse/icon.svg")},
    ],
    "STYLES": [
        lambda request: static("warehouses/admin.css"),
        lambda request: static("warehouses/parts.css"),
        lambda request: static("warehouses/export.css"),
        lambda request: static("warehouses/palette.css"),
        lambda request: static("warehouses/first_steps.css"),
        lambda request: static("inventory/admin.css"),
        lambda request: static("inventory/keyed_page.css"),
        lambda request: static("inventory/correct.css"),
        lambda request: static("stock_requests/requests.css"),
    ],
    "SCRIPTS": [
        lambda request: static("warehouses/palette.js"),
        lambda request: static("warehouses/field_names.js"),
        lambda request: static("inventory/correct.js"),
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": {"show_search": True, "navigation": "warehouses.admin_navigation.navigation"},
}
#: What else belongs to the demonstration, of the apps above the inventory too: called with `organization` and `now`.
DEMO_PARTS = [
    "stock_requests.demo.add_stock_requests",
    "cycle_counts.demo.add_cycle_counts",
    "inventory.demo.api_requests.add_api_requests",
]
#: What each app says on the overview: functions of an `Access` that give a `warehouses.home.Part`.
HOME_PARTS = ["stock_requests.home.part", "cycle_counts.home.part", "inventory.home.part"]
#: What stands above it until an organization has begun: a function of an `Access`, of an object or None.
HOME_CHECKLIST = "warehouses.first_steps.checklist"
#: Each app's part of the sidebar, in the order in which they are shown.
ADMIN_NAVIGATION = [
    "stock_requests.admin_navigation.GROUPS",
    "cycle_counts.admin_navigation.GROUPS",
    "inventory.admin_navigation.GROUPS",
    "warehouses.admin_navigation.GROUPS",
]
#: What is to be done before one can work: functions of the caller's access, each gives an app's first steps.
FIRST_STEPS = [
    "warehouses.admin.first_steps.steps",
    "inventory.admin.first_steps.steps",
    "stock_requests.admin.first_steps.steps",
    "cycle_counts.admin.first_steps.steps",
]
#: What the palette finds: functions of the caller's access and the term, in the order in which hits are shown.
PALETTE_PARTS = [
    "inventory.admin.palette.find",
    "warehouses.admin.palette.find",
    "stock_requests.admin.palette.find",
    "cycle_counts.admin.palette.find",
]

#: What the apps above the inventory tell of a SKU on its timeline (`inventory.sku_page.events.Part`).
SKU_TIMELINE_PARTS = ["stock_requests.sku_timeline.REQUESTS", "cycle_counts.sku_timeline.COUNTS"]
# Pages of the admin site that belong to no model: functions of the site, each gives its URL patterns.
ADMIN_PAGES: list[str] = [
    "inventory.admin.developers.pages",
    "inventory.admin.explorer.pages",
    "inventory.admin.barcode_page.pages",
    "inventory.admin.demo_page.pages",
    "inventory.admin.exports.pages",
    "inventory.admin.label_pages.pages",
    "inventory.admin.transfer_paper.pages",
    "inventory.admin.sku_pages.pages",
]

# What can be taken out as a file: where it is asked for, how a list of the back office is read, and the pages that are
# no list: name → function of the caller's access and the page's query, gives a `warehouses.tables.Table`.
EXPORT_URL = "admin:export"
EXPORT_LISTS = "warehouses.admin.list_exports.list_table"
EXPORT_PAGES: dict[str, str] = {
    "inventory_stockitem_expired": "inventory.admin.expired_goods.export_table",
    "inventory_explorer": "inventory.admin.explorer.export_table",
    "sku_timeline": "inventory.admin.sku_export.export_table",
}
#: What a list hands its selected rows to, to print labels: called with the request, `kind` and their public ids.
LABEL_PAGE = "inventory.admin.label_pages.label_page"
