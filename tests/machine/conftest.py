"""The product's web server, as the tests of races start it."""

from tests.races.conftest import start_server

__all__ = ["start_server"]
