"""What both import commands have in common: their arguments, the progress bar and how they report."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from inventory.imports.reading import Progress
from inventory.imports.report import Report
from inventory.imports.sheet import SheetError
from warehouses.identifiers import decode
from warehouses.models import Organization
from warehouses.refusals import Refusal

__all__ = ["FileCommand", "whole_number"]

_SHOWN = 20


def whole_number(text: str) -> int:
    """An argument that counts something."""
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise ArgumentTypeError(f"“{text}” is not a whole number from 0 up")
    return int(text)


class FileCommand(BaseCommand):
    """Exit status 0 when the file was read to its end, also where lines were rejected; 1 when it was not.

    The summary is the standard output; rejected lines and the progress bar are on the standard error.
    """

    columns: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="CSV in UTF-8, or the same as .gz")
        parser.add_argument("--organization", required=True, help="its name, or its id (org_…)")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="THEIRS=OURS",
            help=f"the file's name for one of our columns ({', '.join(self.columns)}); repeatable",
        )
        parser.add_argument("--preset", choices=["online-retail"], default="", help="a known file's format")
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would happen, and change nothing"
        )
        parser.add_argument(
            "--rejects",
            type=Path,
            help="where rejected lines go; FILE.rejects.csv unless given, and nowhere in a dry run",
        )

    def find_organization(self, name: str) -> Organization:
        pk = decode(Organization.prefix, name)
        found = Organization.objects.filter(pk=pk) if pk else Organization.objects.filter(name__iexact=name)
        organization = found.select_related("default_warehouse").first()
        if organization is None:
            raise CommandError(f"There is no organization “{name}”.")
        return organization

    def run(self, options: dict[str, Any], work: Callable[[Progress], Report]) -> None:
        """Do the import with a progress bar, write the rejects file, print the summary."""
        path: Path = options["file"]
        rejects = self._rejects_path(path, options)
        try:
            # tqdm draws nothing where standard error is not a terminal.
            with tqdm(
                total=100, unit="%", disable=None if options["verbosity"] else True, leave=False
            ) as bar:
                report = work(lambda share: _advance(bar, share))
                _advance(bar, 1)
        except SheetError as error:
            raise CommandError(str(error)) from error
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal
        except KeyboardInterrupt as interrupt:
            message = "Interrupted. What was done is kept; run the same file again for the rest."
            raise CommandError(message, returncode=130) from interrupt
        self._report(path, report, rejects, is_dry=options["dry_run"])

    def _rejects_path(self, path: Path, options: dict[str, Any]) -> Path | None:
        given: Path | None = options["rejects"]
        if given is None:
            return None if options["dry_run"] else path.with_name(f"{path.name}.rejects.csv")
        if given.exists() and path.exists() and given.samefile(path):
            raise CommandError("--rejects would overwrite the file that is imported.")
        if given.is_dir() or not given.parent.is_dir():
            raise CommandError(f"--rejects: {given} is no place for a file.")
        return given

    def _report(self, path: Path, report: Report, rejects: Path | None, *, is_dry: bool) -> None:
        for record, problem in report.rejects.in_order()[:_SHOWN]:
            self.stderr.write(f"line {record.line}: {problem}")
        if len(report.rejects) > _SHOWN:
            self.stderr.write(f"… and {len(report.rejects) - _SHOWN:,} more rejected lines")
        self.stdout.write(
            f"{path.name}: {report.read:,} lines read{' (dry run, nothing is changed)' * is_dry}"
        )
        counts = f"created {report.created:,}, updated {report.updated:,}, unchanged {report.unchanged:,}"
        skipped = f", skipped {report.skipped:,}" * bool(report.skipped)
        self.stdout.write(f"{counts}{skipped}, rejected {len(report.rejects):,}")
        for note in report.notes:
            self.stdout.write(f"- {note}")
        if report.rejects and rejects is not None:
            try:
                report.rejects.write(rejects, header=report.header, delimiter=report.delimiter)
            except OSError as error:
                raise CommandError(f"{rejects} cannot be written: {error.strerror}.") from error
            self.stdout.write(f"rejected lines are in {rejects}")
        if report.stopped:
            raise CommandError(
                report.stopped if is_dry else f"{report.stopped} What is counted above is done."
            )


def _advance(bar: tqdm[Any], share: float) -> None:
    step = int(share * 100) - bar.n
    if step > 0:
        bar.update(step)
