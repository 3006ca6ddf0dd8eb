"""Sending: to the judged address and no other, within the time, whatever the receiver does."""

from __future__ import annotations

import gzip
import io
import logging
import os
import random
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inventory.outgoing import Answer, Refused, Unreachable, requests, send
from tests.inventory.outgoing.certificates import Authority
from tests.inventory.outgoing.conftest import Resolver
from tests.inventory.outgoing.receivers import Receiver, Script, answering

Called = list[tuple[str, int]]

NAME = "hooks.example.com"


@pytest.fixture(autouse=True)
def _nothing_is_left_open() -> Iterator[None]:
    """No descriptor and no thread outlives a request, however it ended."""
    threads, descriptors = threading.active_count(), _descriptors()
    yield
    ends = time.monotonic() + 3
    while threading.active_count() > threads and time.monotonic() < ends:
        time.sleep(0.01)  # what has given its answer may still be on its way out
    assert threading.active_count() <= threads
    assert _descriptors() <= descriptors


def _descriptors() -> int:
    """How many this process has open; none where the system does not say."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def failing(script: Script, **options: Any) -> Unreachable:
    """How sending to such a receiver fails."""
    with Receiver(script) as receiver:
        began = time.monotonic()
        with pytest.raises(Unreachable) as failure:
            send("POST", receiver.url(), headers={}, body=b"{}", **options)
        assert time.monotonic() - began < 3
        assert failure.value.address == "127.0.0.1"
        assert receiver.connections == 1
    assert str(failure.value).endswith(".")
    return failure.value


def answered(script: Script, **options: Any) -> Answer:
    with Receiver(script) as receiver:
        return send("POST", receiver.url(), headers={}, body=b"{}", **options)


def hang(connection: socket.socket, over: threading.Event) -> None:
    over.wait(20)


def trickle(start: bytes, drop: bytes) -> Script:
    """Sends `start` at once and then `drop` every now and then, for ever."""

    def script(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(start)
        ends = time.monotonic() + 20
        while not over.wait(0.05) and time.monotonic() < ends:
            connection.sendall(drop)

    return script


def flood(start: bytes, piece: bytes) -> Script:
    """Sends `start` and then `piece` as fast as it is read, for ever."""

    def script(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(start)
        ends = time.monotonic() + 20
        while not over.is_set() and time.monotonic() < ends:
            connection.sendall(piece)

    return script


# --- what is sent, and what comes back


@pytest.mark.usefixtures("opened")
class TestExchange:
    def test_a_request_and_its_answer(self) -> None:
        script = answering(
            b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-Thing: a\r\nx-thing:b \r\n\r\nhello"
        )
        with Receiver(script) as receiver:
            answer = send(
                "POST",
                receiver.url("/in?x=1"),
                headers={"Content-Type": "application/json", "X-Umlaut": "ü"},
                body=b'{"a":1}',
            )
        assert answer.status == 201
        assert answer.headers == {"content-length": "5", "x-thing": "a, b"}
        assert (answer.body, answer.is_cut, answer.address) == (b"hello", False, "127.0.0.1")
        assert 0 <= answer.duration_ms < 5_000
        head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
        line, *lines = head.split(b"\r\n")
        assert line == b"POST /in?x=1 HTTP/1.1"
        assert sorted(lines) == sorted(
            [
                f"Host: 127.0.0.1:{receiver.port}".encode(),
                b"Accept-Encoding: identity",
                b"Connection: close",
                b"Content-Length: 7",
                b"User-Agent: Tallyhouse",
                b"Content-Type: application/json",
                b"X-Umlaut: \xfc",
            ]
        )
        assert body == b'{"a":1}'

    def test_a_request_without_a_body(self) -> None:
        with Receiver(answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as receiver:
            answer = send("GET", receiver.url(), headers={"user-agent": "Feeds/1"})
        assert (answer.status, answer.body) == (204, b"")
        assert b"content-length" not in receiver.requests[0].lower()
        assert receiver.requests[0].lower().count(b"user-agent") == 1
        assert b"user-agent: Feeds/1" in receiver.requests[0]

    def test_the_answer_to_head_has_no_body(self) -> None:
        with Receiver(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n")) as receiver:
            answer = send("HEAD", receiver.url(), headers={}, keep=io.BytesIO(), most_bytes=10)
        assert (answer.status, answer.body, answer.is_cut) == (200, b"", False)

    @pytest.mark.parametrize(
        "head",
        [
            b"HTTP/1.0 200 OK\r\n\r\nhello",
            b"HTTP/1.1 200\r\n\r\nhello",
            b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello and more",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: t\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
        ],
    )
    def test_forms_of_answers(self, head: bytes) -> None:
        answer = answered(answering(head))
        assert (answer.status, answer.body, answer.is_cut) == (200, b"hello", False)

    def test_a_redirect_is_an_answer(self, called: Called) -> None:
        script = answering(
            b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n"
        )
        with Receiver(script) as receiver:
            answer = send("GET", receiver.url(), headers={})
            assert receiver.connections == 1
        assert answer.status == 302
        assert answer.headers["location"] == "http://169.254.169.254/latest/"
        assert called == [("127.0.0.1", receiver.port)]

    @pytest.mark.parametrize("status", [429, 500, 502, 503])
    def test_nothing_is_tried_again(self, status: int) -> None:
        script = answering(
            f"HTTP/1.1 {status} No\r\nRetry-After: 0\r\nContent-Length: 0\r\nSet-Cookie: a=b\r\n\r\n".encode()
        )
        with Receiver(script) as receiver:
            for _ in range(2):
                assert send("POST", receiver.url(), headers={}, body=b"{}").status == status
            assert receiver.connections == 2
        assert not any(b"cookie" in request.lower() for request in receiver.requests)

    def test_an_early_answer_is_read_though_the_rest_is_not_sent(self) -> None:
        def script(connection: socket.socket, over: threading.Event) -> None:
            connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1 << 20):
                pass

        assert answered(script).status == 413

    def test_headers_are_printable(self) -> None:
        answer = answered(answering(b"HTTP/1.1 200 OK\r\nX: a\x00b\x1b[2Jc\x85d\re\r\n\r\n"))
        assert answer.headers == {"x": "a\ufffdb\ufffd[2Jc\ufffdd\ufffde"}

    def test_nothing_of_the_address_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        script = answering(
            b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x; boundary*=\"\x00''a\r\nContent-Length: 1\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        )
        with Receiver(script) as receiver:
            assert send("GET", receiver.url("/in?token=of-somebody"), headers={}).status == 200
        assert caplog.records == []


# --- how much is read


@pytest.mark.usefixtures("opened")
class TestSizes:
    @pytest.mark.parametrize("framing", [b"", b"Content-Length: 40000\r\n"])
    def test_a_long_body_is_cut(self, framing: bytes) -> None:
        answer = answered(answering(b"HTTP/1.1 200 OK\r\n", framing, b"\r\n", b"x" * 40_000))
        assert (len(answer.body), answer.is_cut) == (16_384, True)

    def test_a_body_of_just_that_length_is_not(self) -> None:
        answer = answered(answering(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 100), most_bytes=100)
        assert (len(answer.body), answer.is_cut) == (100, False)
        answer = answered(answering(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 101), most_bytes=100)
        assert (len(answer.body), answer.is_cut) == (100, True)

    @pytest.mark.parametrize(
        ("head", "piece"),
        [
            (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n", b"x" * 65536),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n", b"x" * 65536),
        ],
    )
    def test_an_endless_body_is_cut(self, head: bytes, piece: bytes) -> None:
        answer = answered(flood(head, piece))
        assert (len(answer.body), answer.is_cut) == (16_384, True)
        assert answer.duration_ms < 5_000

    def test_a_body_is_kept_in_a_file(self) -> None:
        body = os.urandom(300_000)
        kept = io.BytesIO()
        answer = answered(
            answering(b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n", body),
            keep=kept,
            most_bytes=300_000,
        )
        assert (answer.body, answer.is_cut) == (b"", False)
        assert kept.getvalue() == body

    @pytest.mark.parametrize(
        "script",
        [
            answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", b"x" * 1001),
            answering(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1001),
            flood(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
            flood(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"3e9\r\n" + b"x" * 1001 + b"\r\n"
            ),
        ],
    )
    def test_a_file_that_grows_too_long_is_an_error(self, script: Script) -> None:
        kept = io.BytesIO()
        failure = failing(script, keep=kept, most_bytes=1000)
        assert failure.code == "TOO_LARGE"
        assert len(kept.getvalue()) <= 1000

    def test_a_length_that_is_told_is_believed_at_once(self) -> None:
        kept = io.BytesIO()
        script = trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", b"x")
        assert failing(script, keep=kept, most_bytes=1000).duration_ms < 2_000
        assert kept.getvalue() == b""

    def test_a_file_that_cannot_be_written_is_not_the_receivers_fault(self) -> None:
        class Full(io.BytesIO):
            def write(self, _: Any) -> int:
                raise OSError(28, "No space left on device")

        with (
            Receiver(answering(b"HTTP/1.1 200 OK\r\n\r\nhello")) as receiver,
            pytest.raises(OSError, match="No space"),
        ):
            send("GET", receiver.url(), headers={}, keep=Full())

    @pytest.mark.parametrize("form", [b"X: %b\r\n\r\n", b"%b\r\n\r\n", b"X: y\r\n %b\r\n\r\n"])
    def test_ten_megabytes_of_header(self, form: bytes) -> None:
        failure = failing(answering(b"HTTP/1.1 200 OK\r\n", form % (b"x" * 10_000_000)))
        assert failure.code == "TOO_LARGE"
        assert failure.duration_ms < 5_000

    @pytest.mark.parametrize(
        ("start", "piece"),
        [
            (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000),
            (b"HTTP/1.1 200 OK\r\n", b"A-Long-One: " + b"y" * 1000 + b"\r\n"),
            (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
            (b"", b"HTTP/1.1 200 " + b"OK" * 100_000),
            (b"HTTP/1.1 ", b"2"),
        ],
    )
    def test_endless_headers(self, start: bytes, piece: bytes) -> None:
        failure = failing(flood(start, piece))
        assert failure.code == "TOO_LARGE"
        assert failure.duration_ms < 5_000

    def test_a_compressed_body_stays_compressed(self) -> None:
        bomb = gzip.compress(bytes(10_000_000))
        assert len(bomb) < 16_384
        script = answering(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb), bomb
        )
        answer = answered(script)
        assert (answer.body, answer.is_cut) == (bomb, False)
        assert answer.headers["content-encoding"] == "gzip"
        kept = io.BytesIO()
        answered(script, keep=kept)
        assert kept.getvalue() == bomb


# --- how long it takes

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.usefixtures("opened")
class TestTimes:
    @pytest.mark.parametrize(
        "script",
        [
            pytest.param(hang, id="silence"),
            pytest.param(trickle(b"", b"H"), id="status line"),
            pytest.param(trickle(b"HTTP/1.1 200 OK\r\n", b"x"), id="header name"),
            pytest.param(trickle(b"HTTP/1.1 200 OK\r\nX: ", b"x"), id="header"),
            pytest.param(trickle(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), id="headers"),
            pytest.param(trickle(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="interim answers"),
            pytest.param(trickle(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), id="body"),
            pytest.param(
                trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", b"x"), id="known length"
            ),
            pytest.param(trickle(CHUNKED, b"1\r\nx\r\n"), id="chunks"),
            pytest.param(trickle(CHUNKED, b"1"), id="size of a chunk"),
            pytest.param(trickle(CHUNKED + b"1;", b"x"), id="extension of a chunk"),
            pytest.param(trickle(CHUNKED + b"0\r\n", b"T: t\r\n"), id="trailers"),
            pytest.param(flood(CHUNKED + b"0\r\n", b"T: t\r\n" * 1000), id="flood of trailers"),
            pytest.param(trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234", b""), id="unfinished"),
        ],
    )
    def test_a_receiver_that_takes_its_time_is_left(self, script: Script) -> None:
        failure = failing(script, deadline_seconds=0.4)
        assert failure.code == "TIMEOUT"
        assert 300 <= failure.duration_ms < 2_500

    def test_a_slow_answer_is_no_late_one(self) -> None:
        def script(connection: socket.socket, over: threading.Event) -> None:
            for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok":
                over.wait(0.005)
                connection.sendall(bytes([byte]))

        assert answered(script, deadline_seconds=10).body == b"ok"

    def test_one_that_does_not_read_is_left(self) -> None:
        with Receiver(hang, reads=False) as deaf, pytest.raises(Unreachable) as failure:
            send("POST", deaf.url(), headers={}, body=bytes(64 << 20), deadline_seconds=0.4)
        assert failure.value.code == "TIMEOUT"
        assert failure.value.duration_ms < 2_500

    @pytest.mark.parametrize(
        "script",
        [
            hang,
            # The head of a record with 16,000 bytes to follow, which come one at a time.
            trickle(b"\x16\x03\x03\x3e\x80", b"\x02"),
        ],
    )
    def test_a_handshake_that_never_ends_is_left(self, script: Script, resolver: Resolver) -> None:
        resolver.tell(NAME, ["127.0.0.1"])
        with Receiver(script, reads=False) as receiver, pytest.raises(Unreachable) as failure:
            send("GET", receiver.url(host=NAME, scheme="https"), headers={}, deadline_seconds=0.4)
        assert failure.value.code == "TIMEOUT"
        assert failure.value.duration_ms < 2_500

    def test_the_look_up_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        over = threading.Event()

        def slow(*_: object, **__: object) -> list[object]:
            over.wait(20)
            return []

        monkeypatch.setattr(socket, "getaddrinfo", slow)
        before = set(threading.enumerate())
        try:
            with pytest.raises(Unreachable) as failure:
                send("GET", f"https://{NAME}/", headers={}, deadline_seconds=0.3)
            assert failure.value.code == "DNS"
            assert failure.value.address is None
            assert 200 <= failure.value.duration_ms < 2_500
        finally:
            over.set()
            for thread in set(threading.enumerate()) - before:
                thread.join(5)

    def test_connecting_counts(self, called: Called, resolver: Resolver) -> None:
        """A host that drops what it is sent, here one with a full queue, gets its share of the time and no more."""
        with Receiver(listens=False) as full:
            full._listener.listen(0)
            with socket.create_connection(("127.0.0.1", full.port)):
                with pytest.raises(Unreachable) as failure:
                    send("GET", full.url(), headers={}, connect_seconds=0.3)
                assert failure.value.code == "CONNECT"
                assert "0.3 seconds" in str(failure.value)
                assert 200 <= failure.value.duration_ms < 2_500
                with pytest.raises(Unreachable) as failure:
                    send("GET", full.url(), headers={}, connect_seconds=5, deadline_seconds=0.3)
                assert failure.value.code == "TIMEOUT"
                assert failure.value.duration_ms < 2_500


# --- answers that are none

FRAGMENTS = [
    *(
        b"HTTP/1.1 100 Continue",
        b"HTTP/1.1 204 No",
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"\x00",
        b"\xff",
        b" ",
        b"\t",
    ),
    *(
        b"Content-Length: ",
        b"0",
        b"5",
        b"-1",
        b"_",
        b"99999",
        b"Transfer-Encoding: ",
        b"chunked",
        b"gzip",
        b", ",
    ),
    *(b"X: y", b": ", b"Content-Type: multipart/mixed; boundary=", b"boundary*=\"\x00''a\"", b"a" * 300),
    *(
        b"5\r\nhello\r\n",
        b"0\r\n\r\n",
        b";",
        b"Connection: close",
        b"Content-Encoding: gzip",
        b"Set-Cookie: a=b",
    ),
]


@pytest.mark.usefixtures("opened")
class TestBrokenAnswers:
    @pytest.mark.parametrize(
        "sent",
        [
            b"",
            b"HTTP/1.1 200",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Le",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
            CHUNKED,
            CHUNKED + b"5\r\nhe",
            CHUNKED + b"5\r\nhello\r\n",
            CHUNKED + b"-1\r\n" + b"x" * 100_000,
            CHUNKED + b"-5\r\nhello",
            CHUNKED + b"zz\r\nhello",
            CHUNKED + b"1" * 70_000,
            b"\r\nHTTP/1.1 200 OK\r\n\r\n",
            b"hello\r\n\r\n",
            b"HTTP/2 200\r\n\r\n",
            b"HTTP/1.1 2000 OK\r\n\r\n",
            b"HTTP/1.1 +20 OK\r\n\r\n",
            b"HTTP/1.1 099 OK\r\n\r\n",
            b"HTTP/1.1 OK\r\n\r\n",
            b"ICY 200 OK\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n: y\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n folded into nothing\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n0123456789",
            b"HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ],
    )
    def test_an_answer_that_cannot_be_read(self, sent: bytes) -> None:
        for keep in (None, io.BytesIO()):
            failure = failing(answering(sent), keep=keep)
            assert failure.code == "PROTOCOL"
            assert "x" * 10 not in str(failure)  # a stranger's words are not passed on

    def test_a_chunk_of_negative_size_is_not_everything_there_is(self) -> None:
        failure = failing(flood(CHUNKED + b"-1\r\n", b"x" * 65536), deadline_seconds=5)
        assert failure.code == "PROTOCOL"
        assert failure.duration_ms < 2_500

    @pytest.mark.parametrize("seed", range(4))
    def test_whatever_is_answered_is_an_answer_or_is_not(self, seed: int) -> None:
        """No other exception comes out."""
        chance = random.Random(seed)
        sent = [b""]
        codes = set()

        def script(connection: socket.socket, _: threading.Event) -> None:
            connection.sendall(sent[0])

        with Receiver(script) as receiver:
            for _ in range(100):
                sent[0] = b"HTTP/1.1 200 OK\r\n" + b"".join(
                    chance.choice(FRAGMENTS) + chance.choice((b"", b"\r\n"))
                    for _ in range(chance.randint(0, 12))
                )
                if chance.random() < 0.3:
                    at = chance.randrange(len(sent[0]))
                    sent[0] = sent[0][:at] + chance.randbytes(1) + sent[0][at + 1 :]
                try:
                    answer = send("POST", receiver.url(), headers={}, body=b"{}", deadline_seconds=3)
                    assert 100 <= answer.status <= 999, sent
                    assert all(value.isprintable() for value in answer.headers.values()), sent
                except Unreachable as failure:
                    codes.add(failure.code)
        assert codes == {"PROTOCOL"}

    def test_a_connection_that_is_reset(self) -> None:
        def script(connection: socket.socket, _: threading.Event) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            time.sleep(0.1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

        assert failing(script).code == "PROTOCOL"

    def test_a_host_that_accepts_no_connection(self) -> None:
        with Receiver(listens=False) as silent, pytest.raises(Unreachable) as failure:
            send("GET", silent.url(), headers={})
        assert failure.value.code == "CONNECT"
        assert failure.value.address == "127.0.0.1"
        assert "refused" in str(failure.value)

    def test_a_name_that_is_not_found(self) -> None:
        with pytest.raises(Unreachable) as failure:
            send("GET", "https://nowhere.example.com/", headers={})
        assert (failure.value.code, failure.value.address) == ("DNS", None)


# --- where it is sent to


class TestAddresses:
    def test_what_was_judged_is_what_is_called(self, resolver: Resolver, called: Called) -> None:
        """A resolver that answers differently the second time is not asked a second time."""
        resolver.tell(NAME, ["93.184.216.34"], ["127.0.0.1"])
        with Receiver(answering(b"HTTP/1.1 200 OK\r\n\r\n")) as canary:
            with pytest.raises(Unreachable) as failure:
                send("POST", f"https://{NAME}/", headers={}, body=b"{}")
            assert canary.connections == 0
        assert failure.value.code == "CONNECT"
        assert failure.value.address == "93.184.216.34"
        assert called == [("93.184.216.34", 443)]
        assert resolver.asked == [NAME]

    @pytest.mark.usefixtures("opened")
    def test_a_resolver_that_changes_its_mind_changes_nothing(self, resolver: Resolver) -> None:
        with (
            Receiver(answering(b"HTTP/1.1 200 OK\r\n\r\nfirst")) as first,
            Receiver(host="127.0.0.1") as second,
        ):
            resolver.tell(NAME, ["127.0.0.1"], ["127.0.0.2"])
            assert send("GET", first.url(host=NAME), headers={}).body == b"first"
            assert second.connections == 0
        assert resolver.asked == [NAME]
        assert b"Host: hooks.example.com:%d\r\n" % first.port in first.requests[0]

    def test_all_addresses_are_tried_in_turn(self, resolver: Resolver, called: Called, settings: Any) -> None:
        settings.OUTGOING_NETWORKS = ["127.0.0.0/8", "10.0.0.0/8"]
        resolver.tell(NAME, ["10.0.0.1", "10.0.0.2", "127.0.0.1", "10.0.0.3"])
        with Receiver(answering(b"HTTP/1.1 200 OK\r\n\r\n")) as receiver:
            answer = send("GET", receiver.url(host=NAME), headers={})
        assert answer.address == "127.0.0.1"
        assert [address for address, _ in called] == ["10.0.0.1", "10.0.0.2", "127.0.0.1"]

    def test_a_receiver_that_accepted_is_the_one(
        self, resolver: Resolver, called: Called, settings: Any
    ) -> None:
        """What may have arrived is not sent to another address as well."""
        settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
        resolver.tell(NAME, ["127.0.0.1", "127.0.0.2"])
        with Receiver(answering(b"")) as receiver, pytest.raises(Unreachable) as failure:
            send("POST", receiver.url(host=NAME), headers={}, body=b"{}")
        assert failure.value.code == "PROTOCOL"
        assert [address for address, _ in called] == ["127.0.0.1"]

    def test_an_opened_network_is_all_that_is_open(self, settings: Any, called: Called) -> None:
        settings.OUTGOING_NETWORKS = ["10.0.0.0/8"]
        with Receiver(answering(b"HTTP/1.1 200 OK\r\n\r\n")) as canary:
            for scheme in ("http", "https"):
                with pytest.raises(Refused):
                    send("GET", canary.url(scheme=scheme), headers={})
            assert canary.connections == 0
        assert called == []

    @pytest.mark.usefixtures("opened")
    def test_ipv6(self, settings: Any) -> None:
        if not _has_ipv6():
            pytest.skip("this machine has no IPv6")
        settings.OUTGOING_NETWORKS = ["::1/128"]
        with Receiver(answering(b"HTTP/1.1 200 OK\r\n\r\n"), host="::1") as receiver:
            assert send("GET", receiver.url(host="[::1]"), headers={}).address == "::1"
        assert b"Host: [::1]:%d\r\n" % receiver.port in receiver.requests[0]

    @pytest.mark.usefixtures("opened")
    def test_proxies_of_the_environment_are_not_used(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, called: Called
    ) -> None:
        (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        with Receiver() as proxy, Receiver(answering(b"HTTP/1.1 200 OK\r\n\r\n")) as receiver:
            for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
                monkeypatch.setenv(name, proxy.url())
            assert send("GET", receiver.url(), headers={}).status == 200
            assert proxy.connections == 0
        assert b"authorization" not in receiver.requests[0].lower()
        with pytest.raises(Unreachable):
            send("GET", "https://93.184.216.34/", headers={})
        assert called == [("127.0.0.1", receiver.port), ("93.184.216.34", 443)]


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


# --- TLS


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """The one that is trusted while the test runs."""
    trusted = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.file))
    requests._trust.cache_clear()
    yield trusted
    requests._trust.cache_clear()


@pytest.mark.usefixtures("opened")
class TestCertificates:
    def test_the_certificate_is_that_of_the_name(self, authority: Authority, resolver: Resolver) -> None:
        resolver.tell(NAME, ["127.0.0.1"])
        script = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        with Receiver(script, tls=authority.server(NAME)) as receiver:
            answer = send("POST", receiver.url(host=NAME, scheme="https"), headers={}, body=b"{}")
        assert (answer.status, answer.body, answer.address) == (200, b"ok", "127.0.0.1")
        assert receiver.tls_names == [NAME]
        assert b"Host: hooks.example.com:%d\r\n" % receiver.port in receiver.requests[0]

    def test_the_certificate_of_an_international_name(self, authority: Authority, resolver: Resolver) -> None:
        resolver.tell("xn--bcher-kva.example", ["127.0.0.1"])
        with Receiver(
            answering(b"HTTP/1.1 200 OK\r\n\r\n"), tls=authority.server("xn--bcher-kva.example")
        ) as receiver:
            url = receiver.url(host="Bücher.example", scheme="https")
            assert send("GET", url, headers={}).status == 200
        assert receiver.tls_names == ["xn--bcher-kva.example"]

    def test_the_certificate_of_an_address(self, authority: Authority) -> None:
        server = authority.server(addresses=("127.0.0.1",))
        with Receiver(answering(b"HTTP/1.1 200 OK\r\n\r\n"), tls=server) as receiver:
            assert send("GET", receiver.url(scheme="https"), headers={}).status == 200

    @pytest.mark.parametrize(
        ("names", "options"),
        [
            pytest.param(["other.example.com"], {}, id="another name"),
            pytest.param([], {"addresses": ("127.0.0.1",)}, id="the address it leads to"),
            pytest.param(["*.com"], {}, id="too wide a name"),
            pytest.param([NAME], {"is_self_signed": True}, id="self-signed"),
            pytest.param(["other.example.com"], {"is_self_signed": True}, id="self-signed for another name"),
            pytest.param([NAME], {"days": -1}, id="expired"),
        ],
    )
    def test_any_other_certificate_is_refused(
        self, names: list[str], options: dict[str, Any], authority: Authority, resolver: Resolver
    ) -> None:
        resolver.tell(NAME, ["127.0.0.1"])
        server = authority.server(*names, **options)
        with Receiver(answering(b"HTTP/1.1 200 OK\r\n\r\n"), tls=server) as receiver:
            with pytest.raises(Unreachable) as failure:
                send("POST", receiver.url(host=NAME, scheme="https"), headers={}, body=b"secret")
            assert receiver.connections == 1
        assert failure.value.code == "TLS"
        assert failure.value.address == "127.0.0.1"
        assert "certificate" in str(failure.value)
        assert receiver.requests == []

    @pytest.mark.parametrize(
        "sent", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x03\x00\x02\x02\x28"]
    )
    def test_a_receiver_that_speaks_no_tls(self, sent: bytes, resolver: Resolver) -> None:
        resolver.tell(NAME, ["127.0.0.1"])

        def script(connection: socket.socket, _: threading.Event) -> None:
            connection.recv(65536)
            connection.sendall(sent)

        with Receiver(script, reads=False) as receiver, pytest.raises(Unreachable) as failure:
            send("GET", receiver.url(host=NAME, scheme="https"), headers={})
        assert failure.value.code == "TLS"

    def test_old_protocols_are_not_spoken(self, authority: Authority, resolver: Resolver) -> None:
        resolver.tell(NAME, ["127.0.0.1"])
        server = authority.server(NAME)
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            server.minimum_version = ssl.TLSVersion.TLSv1
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            server.maximum_version = ssl.TLSVersion.TLSv1_1
        with Receiver(tls=server) as receiver, pytest.raises(Unreachable) as failure:
            send("GET", receiver.url(host=NAME, scheme="https"), headers={})
        assert failure.value.code == "TLS"

    @pytest.mark.parametrize(
        ("script", "code"),
        [
            (trickle(b"HTTP/1.1 200 OK\r\n", b"x"), "TIMEOUT"),
            (trickle(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), "TIMEOUT"),
            (hang, "TIMEOUT"),
            (answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"), "PROTOCOL"),
        ],
    )
    def test_a_bad_receiver_with_a_good_certificate(
        self, script: Script, code: str, authority: Authority, resolver: Resolver
    ) -> None:
        resolver.tell(NAME, ["127.0.0.1"])
        with Receiver(script, tls=authority.server(NAME)) as receiver, pytest.raises(Unreachable) as failure:
            send("GET", receiver.url(host=NAME, scheme="https"), headers={}, deadline_seconds=0.7)
        assert failure.value.code == code
        assert failure.value.duration_ms < 2_500


# --- what callers may say


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Key", "a\r\nX-Injected: 1"),
        ("X-Key", "a\nb"),
        ("X-Key", "a\rb"),
        ("X-Key", "a\r\n b"),
        ("X-Key", "a\x00b"),
        ("X-Key", "a\x7f"),
        ("X-Key", "€"),
        ("X-Key", "@@@SKIP_HEADER@@@"),
        ("X Key", "a"),
        ("X-Key:", "a"),
        ("X-Key\r\nX-Injected", "a"),
        ("", "a"),
        ("Ü", "a"),
        ("Host", "169.254.169.254"),
        ("hOST", "internal"),
        ("Content-Length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "keep-alive"),
        ("Accept-Encoding", "gzip"),
        ("Expect", "100-continue"),
        ("Upgrade", "h2c"),
        ("Proxy-Authorization", "Basic x"),
    ],
)
@pytest.mark.usefixtures("opened")
def test_a_header_that_cannot_be_sent_is_refused(name: str, value: str) -> None:
    with Receiver(answering(b"HTTP/1.1 200 OK\r\n\r\n")) as receiver:
        with pytest.raises(Refused) as refusal:
            send("POST", receiver.url(), headers={"X-Before": "1", name: value})
        assert receiver.connections == 0
    assert refusal.value.code == "HEADER"
    assert "\n" not in str(refusal.value)


@pytest.mark.usefixtures("opened")
def test_a_header_is_sent_once() -> None:
    with Receiver() as receiver, pytest.raises(Refused):
        send("GET", receiver.url(), headers={"X-Key": "a", "x-key": "b"})


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("method", ["GET /x HTTP/1.1\r\nX: y\r\n\r\nPOST", "", "PO ST"])
def test_a_method_that_is_none_is_the_callers_mistake(method: str) -> None:
    with (
        Receiver(answering(b"HTTP/1.1 200 OK\r\n\r\n")) as receiver,
        pytest.raises(ValueError, match="method"),
    ):
        send(method, receiver.url(), headers={})
    assert receiver.requests == []
