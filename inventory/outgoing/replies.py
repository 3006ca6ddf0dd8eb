"""Reading the answer of a server that may mean harm.

http.client does the framing of bodies. What it leaves open is done here: how much may be read before a body begins,
that a head that breaks off is no head, and that nothing is ever read without a bound.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
from typing import cast

__all__ = ["HEAD_BYTES", "HeadTooLong", "Malformed", "Reply"]

#: Of status line and headers, those of interim answers included.
HEAD_BYTES = 32 * 1024
_HEADERS = 100

_STATUS = re.compile(rb"HTTP/1\.[0-9] ([1-9][0-9]{2})(?: .*)?")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9a-z-]+):(.*)", re.IGNORECASE)
_LENGTH = re.compile(r"[0-9]{1,18}")


class Malformed(http.client.HTTPException):
    """The answer is not HTTP as it should be; the message says what is wrong."""


class HeadTooLong(http.client.HTTPException):
    """More headers than are read."""


class Wire(io.BufferedReader):
    """The bytes of a connection, read in known amounts only.

    http.client takes the size of a chunk as `int` reads it, and a size of -1 would be read as everything there is.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            raise Malformed("The answer has a chunk of negative size.")
        return super().read(size)


class Reply(http.client.HTTPResponse):
    """An answer that ends its connection. Its headers are put into `fields`, by lower-case name, printable.

    http.client itself sees only those that frame the body, and these in their strictest form: neither its parser,
    which is one for mail, nor urllib3's, which logs what it cannot read, is given a stranger's text.
    """

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
        *,
        fields: dict[str, str],
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fields = fields
        self.fp: io.BufferedReader = Wire(self.fp.detach())

    def begin(self) -> None:
        wire = self.fp
        left = HEAD_BYTES
        while True:
            status_line, lines, left = _read_head(wire, left)
            status = _STATUS.fullmatch(status_line)
            if status is None:
                raise Malformed("The answer is not HTTP/1.1.")
            if not status[1].startswith(b"1") or status[1] == b"101":
                break  # what came before was only to say that an answer will come
        self.fields.update(_parse(lines))
        head = [status_line, *_framing(self.fields), b"Connection: close", b"", b""]
        self.fp = cast(io.BufferedReader, io.BytesIO(b"\r\n".join(head)))
        try:
            super().begin()
        finally:
            self.fp = wire


def _read_head(wire: io.BufferedReader, left: int) -> tuple[bytes, list[bytes], int]:
    """Status line, header lines, and how many bytes of the `left` ones are left over."""
    lines: list[bytes] = []
    while True:
        line = wire.readline(left + 1)
        left -= len(line)
        if left < 0 or len(lines) > _HEADERS:
            raise HeadTooLong
        if not line and not lines:
            raise http.client.RemoteDisconnected("nothing was answered")
        if not line.endswith(b"\n"):
            raise Malformed("The connection was closed within the headers of the answer.")
        line = line.rstrip(b"\r\n")
        if not line and lines:
            return lines[0], lines[1:], left
        lines.append(line)


def _parse(lines: list[bytes]) -> dict[str, str]:
    unfolded: list[str] = []
    for line in lines:
        text = line.decode("latin-1")
        if text[0] in " \t" and unfolded:  # a value that goes on, as it once was allowed to
            unfolded[-1] += text
        else:
            unfolded.append(text)
    fields: dict[str, str] = {}
    for text in unfolded:
        field = _FIELD.fullmatch(text)
        if field is None:
            raise Malformed("The answer has a line among its headers that is none.")
        name, value = field[1].lower(), _printable(field[2].strip(" \t"))
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields


def _framing(fields: dict[str, str]) -> list[bytes]:
    """The header that says how long the body is, if there is one."""
    if "transfer-encoding" in fields:
        if fields["transfer-encoding"].lower() != "chunked":
            raise Malformed("The answer has an unknown transfer encoding.")
        return [b"Transfer-Encoding: chunked"]
    if "content-length" in fields:
        lengths = {length.strip(" \t") for length in fields["content-length"].split(",")}
        length = lengths.pop()
        if lengths or not _LENGTH.fullmatch(length):
            raise Malformed("The answer does not say how long it is.")
        return [f"Content-Length: {length}".encode("ascii")]
    return []


def _printable(text: str) -> str:
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
