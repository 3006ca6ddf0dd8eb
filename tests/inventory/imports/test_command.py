"""The progress bar: on a terminal, and nowhere else."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from warehouses.models import Organization

Write = Callable[..., Path]
Run = Callable[..., list[str]]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "options", "shown"),
    [(Terminal(), [], True), (Terminal(), ["--verbosity", "0"], False), (io.StringIO(), [], False)],
)
def test_a_terminal_sees_how_far_it_is(
    organization: Organization,
    write: Write,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    stream: io.StringIO,
    options: list[str],
    shown: bool,
) -> None:
    path = write("goods.csv", "sku,title", "A,One")
    monkeypatch.setattr(sys, "stderr", stream)

    run("import_catalogue", path, *options)

    assert ("%|" in stream.getvalue()) is shown
