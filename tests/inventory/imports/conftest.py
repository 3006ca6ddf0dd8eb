"""Files in a folder of their own, and the commands run on them."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command

Write = Callable[..., Path]
Run = Callable[..., list[str]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write lines to a file; a name that ends in .gz is compressed."""

    def write(name: str, *lines: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        content = "".join(f"{line}\n" for line in lines).encode(encoding)
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


@pytest.fixture
def run() -> Run:
    """Run a command for Acme; the lines of its standard output, then those of its standard error."""

    def run(name: str, path: Path, *options: str, organization: str = "Acme") -> list[str]:
        out, err = io.StringIO(), io.StringIO()
        call_command(name, str(path), "--organization", organization, *options, stdout=out, stderr=err)
        return [*out.getvalue().splitlines(), *err.getvalue().splitlines()]

    return run
