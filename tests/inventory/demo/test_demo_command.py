"""When `manage.py demo` refuses, and what its parts promise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from inventory.catalogue.own_barcodes import internal_ean13
from inventory.demo.people import kept_password, new_password
from tests.factories import make_organization
from warehouses.models import Organization, User


def test_production_is_refused(db: None, settings: Any, tmp_path: Path) -> None:
    settings.ENVIRONMENT, settings.DATA_DIR = "production", tmp_path

    with pytest.raises(CommandError, match="--force"):
        call_command("demo")

    assert not Organization.objects.exists()
    assert not User.objects.exists()
    assert list(tmp_path.iterdir()) == []


def test_taken_name_is_refused_and_nothing_is_left(db: None, settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    make_organization("demo trading")

    with pytest.raises(CommandError, match="Demo Trading"):
        call_command("demo")

    assert list(Organization.objects.values_list("name", flat=True)) == ["demo trading"]
    assert not User.objects.exists()


def test_passwords_are_four_words_and_differ() -> None:
    passwords = {new_password() for _ in range(50)}
    assert len(passwords) == 50
    assert all(len(password.split("-")) == 4 for password in passwords)


def test_no_file_and_an_empty_file_keep_no_password(tmp_path: Path) -> None:
    file = tmp_path / "demo_password"
    assert kept_password(file) is None
    file.write_text("\n")
    assert kept_password(file) is None


@pytest.mark.parametrize(
    ("number", "barcode"), [(0, "2000000000008"), (1, "2000000000015"), (12345678901, "2123456789010")]
)
def test_internal_ean13_ends_in_its_check_digit(number: int, barcode: str) -> None:
    assert internal_ean13(number) == barcode


@pytest.mark.parametrize("number", [-1, 10**11])
def test_internal_ean13_refuses_what_has_no_eleven_digits(number: int) -> None:
    with pytest.raises(ValueError, match="eleven digits"):
        internal_ean13(number)
