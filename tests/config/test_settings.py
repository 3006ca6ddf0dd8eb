"""Settings as a start-up sees them, each case in an environment of its own."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment as reader

ROOT = Path(__file__).resolve().parents[2]

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "only-for-this-test-0123456789-abcdefghijklmnopqrstuvwxyz-%&/",
    "ALLOWED_HOSTS": "stock.example.com,stock.example.org",
    "DATABASE_URL": "postgresql://tallyhouse:s3cret@db.example.com:5433/tallyhouse",
    "REDIS_URL": "redis://cache.example.com:6379/0",
}


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        env={"PATH": os.environ["PATH"]} | environment,
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )


def executed(**environment: str) -> dict[str, Any]:
    """What config/settings.py defines when it is run in that environment, and no other."""
    with mock.patch.dict(os.environ, environment, clear=True):
        return runpy.run_path(str(ROOT / "config" / "settings.py"))


def settings(*names: str, **environment: str) -> list[Any]:
    defined = executed(**environment)
    return [defined.get(name) for name in names]


def refusal(**environment: str) -> str:
    """What a start-up in that environment fails with."""
    with pytest.raises(ImproperlyConfigured) as refused:
        executed(**environment)
    return str(refused.value)


# --- production


def test_production_settings_pass_the_deployment_check() -> None:
    finished = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.strip() == "System check identified no issues (0 silenced)."


def test_the_deployment_check_can_fail(tmp_path: Path) -> None:
    (tmp_path / "careless.py").write_text("from config.settings import *\nSECURE_HSTS_SECONDS = 0\n")
    finished = run(
        *("manage.py", "check", "--deploy", "--fail-level", "WARNING", "--settings", "careless"),
        **PRODUCTION,
        PYTHONPATH=f"{tmp_path}:{ROOT}",
    )
    assert finished.returncode == 1
    assert "security.W004" in finished.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"])
def test_production_refuses_to_start_without(name: str) -> None:
    assert f"{name} is not set: " in refusal(**PRODUCTION | {name: ""})


def test_production_refuses_sqlite() -> None:
    line = refusal(**PRODUCTION | {"DATABASE_URL": "sqlite:///stock.sqlite3"})
    assert "DATABASE_URL must begin with postgresql:// or postgres://" in line


def test_production_ignores_debug() -> None:
    assert settings("DEBUG", **PRODUCTION, DEBUG="1") == [False]


def test_production_makes_no_folder(tmp_path: Path) -> None:
    settings("DEBUG", **PRODUCTION, DATA_DIR=str(tmp_path / "data"))
    assert not (tmp_path / "data").exists()


def test_production_is_for_https_alone() -> None:
    assert settings(
        *("SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"),
        *("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SECURE_PROXY_SSL_HEADER"),
        **PRODUCTION,
    ) == [True, 31536000, True, True, "__Host-session", "__Host-csrf", None]


def test_a_proxy_is_believed_only_when_there_is_one() -> None:
    assert settings("SECURE_PROXY_SSL_HEADER", **PRODUCTION, BEHIND_PROXY="1") == [
        ("HTTP_X_FORWARDED_PROTO", "https")
    ]


def test_postgresql_ends_what_waits_or_computes_for_ever() -> None:
    [databases] = settings("DATABASES", **PRODUCTION)
    entry = databases["default"]
    assert entry["OPTIONS"] == {
        "connect_timeout": 5,
        "application_name": "tallyhouse",
        "options": "-c lock_timeout=3s -c statement_timeout=10000ms -c idle_in_transaction_session_timeout=15s"
        " -c plan_cache_mode=force_generic_plan -c jit=off",
        "prepare_threshold": 2,
    }
    assert (entry["HOST"], entry["PORT"], entry["NAME"]) == ("db.example.com", 5433, "tallyhouse")
    assert (entry["CONN_MAX_AGE"], entry["CONN_HEALTH_CHECKS"]) == (60, True)


def test_pgbouncer_gets_no_startup_options() -> None:
    [databases] = settings("DATABASES", **PRODUCTION, DATABASE_PGBOUNCER="1")
    assert databases["default"]["OPTIONS"].keys() == {
        "connect_timeout",
        "application_name",
    }  # nothing is prepared
    assert databases["default"]["DISABLE_SERVER_SIDE_CURSORS"] is True


@pytest.mark.parametrize(("given", "meant"), [("0", "0ms"), ("90s", "90000ms")])
def test_the_statement_timeout_is_a_choice(given: str, meant: str) -> None:
    [databases] = settings("DATABASES", **PRODUCTION, DATABASE_STATEMENT_TIMEOUT=given)
    assert f"-c statement_timeout={meant} " in databases["default"]["OPTIONS"]["options"]


def test_options_in_the_url_are_kept() -> None:
    url = PRODUCTION["DATABASE_URL"] + "?sslmode=verify-full&options=-c%20work_mem%3D64MB"
    [databases] = settings("DATABASES", **PRODUCTION | {"DATABASE_URL": url})
    options = databases["default"]["OPTIONS"]
    assert options["sslmode"] == "verify-full"
    assert options["options"].endswith("-c jit=off -c work_mem=64MB")


def test_commands_have_no_statement_timeout_of_their_own() -> None:
    code = "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS']['options'])"
    finished = run("manage.py", "shell", "--verbosity", "0", "-c", code, **PRODUCTION)
    assert "-c statement_timeout=0ms" in finished.stdout, finished.stderr


# --- bad values


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENVIRONMENT", "prod"),
        ("DEBUG", "perhaps"),
        ("DATABASE_URL", "mysql://host/name"),
        ("DATABASE_URL", "postgresql://host:port/name"),
        ("DATABASE_STATEMENT_TIMEOUT", "10"),
        ("DATABASE_STATEMENT_TIMEOUT", "25h"),
        ("DATABASE_PGBOUNCER", "transaction"),
        ("REDIS_URL", "localhost:6379"),
        ("RATE_LIMIT_PER_MINUTE", "0"),
        ("PORT", "80000"),
        ("WEB_WORKERS", "0"),
        ("WEB_THREADS", "many"),
        ("TASK_WORKERS", "-1"),
        ("HSTS_SECONDS", "0"),
        ("BEHIND_PROXY", "nginx"),
        ("EMAIL_URL", "smtp:host"),
        ("EMAIL_URL", "smtp://"),
        ("EMAIL_URL", "smtp://host?ssl=1"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_bad_value_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    assert refusal(**{"DATA_DIR": str(tmp_path)} | {name: value}).startswith(f"{name} ")


def test_two_web_processes_need_redis_to_count_together(tmp_path: Path) -> None:
    assert "WEB_WORKERS must be from 1 to 1" in refusal(DATA_DIR=str(tmp_path), WEB_WORKERS="2")
    assert settings("WEB_WORKERS", DATA_DIR=str(tmp_path), WEB_WORKERS="3", REDIS_URL="redis://host/0") == [3]


# --- development


def test_a_first_run_needs_no_variable_and_keeps_its_secret(tmp_path: Path) -> None:
    names = ("SECRET_KEY", "DEBUG", "REDIS_URL", "CELERY_BROKER_TRANSPORT", "WEB_WORKERS", "ALLOWED_HOSTS")
    first = settings(*names, DATA_DIR=str(tmp_path / "data"))
    assert first[1:] == [False, "", "config.broker.Transport", 1, ["localhost", "127.0.0.1", "[::1]"]]
    assert len(first[0]) >= 50
    assert settings(*names, DATA_DIR=str(tmp_path / "data")) == first
    assert settings(*names, DATA_DIR=str(tmp_path / "other"))[0] != first[0]
    assert (tmp_path / "data" / "secret_key").stat().st_mode & 0o077 == 0
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["secret_key"]


def test_processes_that_start_together_share_one_secret(tmp_path: Path) -> None:
    code = "import pathlib, sys; from config.secret_key import kept_secret; "
    code += "print(kept_secret(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", code, str(tmp_path / "s")]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(4)]
    assert len({process.communicate(timeout=60)[0] for process in started}) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["s"]


def test_sqlite_waits_instead_of_failing(tmp_path: Path) -> None:
    [databases] = settings("DATABASES", DATA_DIR=str(tmp_path))
    assert databases["default"]["OPTIONS"] == {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
    }


def test_mail_goes_where_the_url_says(tmp_path: Path) -> None:
    names = (
        *("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD"),
        *("EMAIL_USE_TLS", "EMAIL_USE_SSL"),
    )
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    cases = {
        "": ["django.core.mail.backends.console.EmailBackend", "", 0, "", "", False, False],
        "smtp://host": [smtp, "host", 587, "", "", True, False],
        "smtp://a%40b.c:p%2Fw@host:25?starttls=0": [smtp, "host", 25, "a@b.c", "p/w", False, False],
        "smtps://user:pw@host": [smtp, "host", 465, "user", "pw", False, True],
    }
    for url, values in cases.items():
        assert settings(*names, DATA_DIR=str(tmp_path), EMAIL_URL=url) == values


def test_links_begin_with_where_it_is_reached(tmp_path: Path) -> None:
    embedded = {"DATA_DIR": str(tmp_path)}
    cases: list[tuple[dict[str, str], str]] = [
        (embedded, "http://127.0.0.1:8000"),
        (embedded | {"HOST": "0.0.0.0", "PORT": "8123"}, "http://localhost:8123"),  # noqa: S104 - not listened at
        (embedded | {"HOST": "::1"}, "http://[::1]:8000"),
        (embedded | {"PUBLIC_URL": "https://shop.example.com/"}, "https://shop.example.com"),
        (PRODUCTION, "https://stock.example.com"),
        (PRODUCTION | {"ALLOWED_HOSTS": ".example.com,*,stock.example.org"}, "https://stock.example.org"),
        (PRODUCTION | {"ALLOWED_HOSTS": "*"}, "http://127.0.0.1:8000"),
        (PRODUCTION | {"PUBLIC_URL": "https://eu.example.com/stock/"}, "https://eu.example.com/stock"),
    ]
    for environment, expected in cases:
        assert settings("PUBLIC_URL", **environment) == [expected]
    assert "PUBLIC_URL" in refusal(**embedded, PUBLIC_URL="stock.example.com")


# --- the document


def test_every_variable_is_documented() -> None:
    with mock.patch.object(reader, "READ", set()) as read:
        executed(**PRODUCTION)
    assert read >= {"ENVIRONMENT", "DATABASE_URL", "REDIS_URL"}
    page = (ROOT / "docs" / "operating.md").read_text()
    tables = re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE)
    assert len(tables) == len(set(tables)), "a variable is in the tables twice"
    for_developers = {"TEST_DATABASE_URL", "TEST_REDIS_URL", "REQUIRE_SERVICES", "PYTEST_WORKERS", "PYTHON"}
    assert set(tables) == read | for_developers


def test_nothing_else_reads_the_environment() -> None:
    """A variable that is read past `config.environment` would be in no table."""
    found = [
        str(path.relative_to(ROOT))
        for package in ("config", "warehouses", "inventory", "stock_requests", "cycle_counts")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"os\.environ(\.get\(|\[)|getenv", path.read_text())
    ]
    assert found == ["config/environment.py"]
