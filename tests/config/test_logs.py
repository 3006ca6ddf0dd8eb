"""What a line of the log holds."""

from __future__ import annotations

import json
import logging
import logging.config

import pytest
import structlog
from structlog.testing import capture_logs

from config.logs import configure_structlog, logging_configuration


def line(style: str, **given: object) -> str:
    """One line as that style renders it."""
    formatter = logging_configuration(level="INFO", style=style)["formatters"]["structured"]
    made = logging.config.DictConfigurator({}).configure_formatter(dict(formatter))
    record = logging.LogRecord("shop", logging.WARNING, __file__, 1, "sold %s", ("a\nb",), None)
    record.__dict__.update(given)
    with structlog.contextvars.bound_contextvars(request_id="req-7"):
        return str(made.format(record))


def test_production_writes_one_json_object_a_line_with_the_request_id() -> None:
    written = line("json")
    assert "\n" not in written
    entry = json.loads(written)
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {"event": "sold a\nb", "logger": "shop", "level": "warning", "request_id": "req-7"}


def test_an_exception_stays_in_its_line() -> None:
    try:
        raise ValueError("no\nsuch thing")
    except ValueError as error:
        written = line("json", exc_info=(type(error), error, error.__traceback__))
    assert "\n" not in written
    assert "ValueError: no\nsuch thing" in json.loads(written)["exception"]


def test_the_console_shows_no_local_variables() -> None:
    password = "hunter2"
    try:
        raise ValueError(len(password))
    except ValueError as error:
        written = line("console", exc_info=(type(error), error, error.__traceback__))
    assert "ValueError: 7" in written
    assert "req-7" in written
    assert "hunter2" not in written.replace('password = "hunter2"', "")


def test_structlog_and_logging_share_one_way_out(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        structlog.get_logger("shop").info("sold", sku="A-1")
    [record] = caplog.records
    assert (record.name, record.levelname) == ("shop", "INFO")
    assert isinstance(record.msg, dict)
    assert (record.msg["event"], record.msg["sku"]) == ("sold", "A-1")


def test_a_logger_in_use_stays_as_it_is_when_structlog_is_configured_again() -> None:
    log = structlog.get_logger("shop")
    log.info("opened")
    configure_structlog()
    with capture_logs() as lines:
        log.info("sold")
    assert [entry["event"] for entry in lines] == ["sold"]
