"""CSV files that a location drops into a folder of its own. docs/pos-feed.md is the specification.

A file is taken by renaming it into `taken/` under a name of its own, read from there, and renamed into `done/` once
its rows are committed: nothing that the other side does meanwhile, such as dropping another file of the same name, can
make us read half a file or put one away unread. Everything goes through descriptors of folders that were opened
without following links, so nothing outside of the folder is ever read or written.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import os
import re
import stat
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from gzip import GzipFile
from pathlib import Path
from typing import BinaryIO, Final

import structlog
from django.conf import settings
from django.utils import timezone

from inventory.imports.columns import Columns, match_columns
from inventory.imports.sheet import Record, Sheet, SheetError
from inventory.models import SyncType
from inventory.sync.feeds import Broken, Page, Place, Unavailable
from inventory.sync.rows import CHANGE_COLUMNS, FULL_COLUMNS, Raw, Refused, content_of, kept_text

__all__ = ["MOST_BYTES", "CsvDrop", "prepare_folder"]

#: Of one file, once it is decompressed.
MOST_BYTES: Final = 256 * 1024 * 1024

_TAKEN, _DONE, _FAILED = "taken", "done", "failed"
_OWNER = ".location"
_NAMES = {
    kind: re.compile(rf"{word}[A-Za-z0-9._ -]{{0,150}}\.csv(\.gz)?", re.ASCII)
    for kind, word in ((SyncType.FULL, "full"), (SyncType.INCREMENTAL, "changes"))
}
_STAMP = re.compile(r"\d{8}T\d{12}Z-", re.ASCII)
_PIECE = 1024 * 1024
_GZIP = b"\x1f\x8b"

_log = structlog.get_logger(__name__)


def prepare_folder(folder: str, owner: str) -> None:
    """Make the folder, so that files can be dropped there; `owner` is the location's public id.

    Raises Broken where it belongs to another location, Unavailable where it cannot be made.
    """
    with _opened(folder, owner):
        pass


class CsvDrop:
    def __init__(self, *, folder: str, owner: str, kind: SyncType) -> None:
        self.folder = folder
        self.owner = owner
        self.kind = kind

    @contextmanager
    def page(self, place: Place) -> Iterator[Page | None]:
        with _opened(self.folder, self.owner) as folders:
            name = self._take(folders, str(place.get("done", "")))
            if name is None:
                yield None
                return
            with tempfile.TemporaryDirectory(prefix="tallyhouse-") as scratch:
                copy = Path(scratch) / "file.csv"
                aside = partial(_put_aside, self.folder, self.owner, name)
                is_cut = _copy(folders[_TAKEN], name, copy, aside)
                with _readable(copy, name, aside) as sheet:
                    columns = self._columns(sheet, name, aside)
                    yield Page(
                        rows=self._rows(sheet, columns, is_cut=is_cut),
                        mark=name,
                        following={"done": name},
                        lasts=True,
                        finish=lambda: _move(folders[_TAKEN], folders[_DONE], name),
                    )

    def _take(self, folders: dict[str, int], done: str) -> str | None:
        """The file to read, now in `taken/`; one that an earlier worker left there comes first."""
        pattern = _NAMES[self.kind]
        with _translated():
            for name in _files(folders[_TAKEN]):
                stamp = _STAMP.match(name)
                if stamp is None or not pattern.fullmatch(name[stamp.end() :]):
                    continue
                if name != done:
                    return name
                _move(folders[_TAKEN], folders[_DONE], name)
            for name in _files(folders[""]):
                if pattern.fullmatch(name):
                    taken = f"{timezone.now():%Y%m%dT%H%M%S%f}Z-{name}"
                    try:
                        os.rename(name, taken, src_dir_fd=folders[""], dst_dir_fd=folders[_TAKEN])
                    except FileNotFoundError:
                        continue  # its owner has thought better of it
                    return taken
        return None

    def _columns(self, sheet: Sheet, name: str, aside: Callable[[], None]) -> Columns:
        known = FULL_COLUMNS if self.kind is SyncType.FULL else CHANGE_COLUMNS
        try:
            columns = match_columns(sheet.header, known=tuple(known), required=(), mapping={})
        except SheetError as error:
            raise Broken(f"{_plain(name)}: {error}", aside=aside) from error
        missing = [
            column for column, is_needed in known.items() if is_needed and column not in columns.places
        ]
        if missing:
            raise Broken(f"{_plain(name)} lacks the column {', '.join(missing)}.", aside=aside)
        return columns

    def _rows(self, sheet: Sheet, columns: Columns, *, is_cut: bool) -> Iterator[Raw]:
        previous: Record | None = None
        for record in sheet:
            if previous is not None:
                yield _raw(previous, columns, sheet.delimiter)
            previous = record
        if previous is None:
            return
        if is_cut:
            yield _refused(
                "ROW_CUT_OFF", "line: the file ends in the middle of it", previous, sheet.delimiter
            )
        else:
            yield _raw(previous, columns, sheet.delimiter)


def _raw(record: Record, columns: Columns, delimiter: str) -> Raw:
    if record.problem:
        return _refused("INVALID_ROW", f"line: {record.problem}", record, delimiter)
    cells = columns.pick(record.values)
    return Raw(cells, partial(content_of, cells))


def _refused(code: str, detail: str, record: Record, delimiter: str) -> Raw:
    return Raw(Refused(code, detail), partial(_listed, record, delimiter))


def _listed(record: Record, delimiter: str) -> str:
    """A line that is no row, as far as it could be read."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="").writerow(record.values)
    return kept_text(stream.getvalue())


@contextmanager
def _opened(folder: str, owner: str) -> Iterator[dict[str, int]]:
    """Descriptors of the folder ("") and of the three in it, all made where they are missing."""
    root = Path(settings.POS_DROP_DIR)
    with _translated(), contextlib.ExitStack() as stack:
        root.mkdir(mode=0o770, parents=True, exist_ok=True)
        base = _open_folder(root, None, stack)
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, mode=0o770, dir_fd=base)
        folders = {"": _open_folder(folder, base, stack)}
        _claim(folders[""], owner)
        for name in (_TAKEN, _DONE, _FAILED):
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, mode=0o770, dir_fd=folders[""])
            folders[name] = _open_folder(name, folders[""], stack)
        # What is raised while the folders are used is not this function's to translate.
        handles = stack.pop_all()
    with handles:
        yield folders


def _open_folder(name: str | Path, base: int | None, stack: contextlib.ExitStack) -> int:
    # The root itself may be a link: it is the operator's.
    flags = os.O_RDONLY | os.O_DIRECTORY | (os.O_NOFOLLOW if base is not None else 0)
    descriptor = os.open(name, flags, dir_fd=base)
    stack.callback(os.close, descriptor)
    return descriptor


def _claim(folder: int, owner: str) -> None:
    """Files that one location has left behind are not another's, whoever gets the folder's name later."""
    try:
        descriptor = os.open(_OWNER, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640, dir_fd=folder)
    except FileExistsError:
        descriptor = os.open(_OWNER, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as file:
            found = file.read(200).decode("ascii", "replace").strip()
        if found and found != owner:
            raise Broken("The folder has been another location's: choose a new one.") from None
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{owner}\n")


def _files(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if entry.is_file(follow_symlinks=False))


def _copy(folder: int, name: str, target: Path, aside: Callable[[], None]) -> bool:
    """Copy a file, decompressed, to where nobody changes it; True where it ends in the middle of a line."""
    with _translated():
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file, target.open("wb") as copy:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Broken(f"{_plain(name)} is no ordinary file.", aside=aside)
        last = b"\n"
        count = 0
        try:
            source: BinaryIO | GzipFile = GzipFile(fileobj=file) if file.peek(2)[:2] == _GZIP else file
            while piece := source.read(_PIECE):
                count += len(piece)
                if count > MOST_BYTES:
                    raise Broken(
                        f"{_plain(name)} is larger than {MOST_BYTES // 1024**2} MB: split it.", aside=aside
                    )
                copy.write(piece)
                last = piece[-1:]
        except (EOFError, zlib.error, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise Unavailable(_sentence(error)) from error
            raise Broken(f"{_plain(name)} is cut off, or no gzip file.", aside=aside) from error
    return last not in (b"\n", b"\r")


@contextmanager
def _readable(copy: Path, name: str, aside: Callable[[], None]) -> Iterator[Sheet]:
    """The copy as a sheet; the messages of what is wrong with it name the file that was dropped."""
    expected = {**FULL_COLUMNS, **CHANGE_COLUMNS}
    try:
        with Sheet(copy, expected=expected) as sheet:
            yield sheet
    except SheetError as error:
        raise Broken(str(error).replace(str(copy), _plain(name)), aside=aside) from error


def _put_aside(folder: str, owner: str, name: str) -> None:
    """Move a file that cannot be read out of the way."""
    with _opened(folder, owner) as folders:
        _move(folders[_TAKEN], folders[_FAILED], name)


def _move(source: int, target: int, name: str) -> None:
    with _translated():
        try:
            os.rename(name, name, src_dir_fd=source, dst_dir_fd=target)
        except FileNotFoundError:
            _log.warning("sync.file_gone", file=name)


def _plain(name: str) -> str:
    """The name under which the file was dropped."""
    return _STAMP.sub("", name, count=1)


@contextmanager
def _translated() -> Iterator[None]:
    """What the file system refuses: a link where a folder should be stays one, anything else may pass."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise Broken("The folder, or one in it, is no folder but a link or a file.") from error
        raise Unavailable(_sentence(error)) from error


def _sentence(error: OSError) -> str:
    return f"The folder cannot be used: {os.strerror(error.errno or 0).lower()}."
