"""A resolver and a network of the tests' own: nothing here leaves the machine."""

from __future__ import annotations

import errno
import socket
from ipaddress import ip_address
from typing import Any

import pytest

_ask = socket.getaddrinfo
_connect = socket.socket.connect


class Resolver:
    """Knows the names it was told. What is no name goes to the system, which reads numbers in all their forms."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._answers: dict[str, list[list[str]]] = {}

    def tell(self, name: str, *answers: list[str]) -> None:
        """The answers to one question after another; the last one stays."""
        self._answers[name] = list(answers)

    def __call__(self, host: Any, port: Any, *arguments: Any, **options: Any) -> list[Any]:
        if host not in self._answers:
            if host.endswith((".example", ".com")):
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return _ask(host, port, *arguments, **options)
        self.asked.append(host)
        answers = self._answers[host]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return [_entry(text, port) for text in answer]


def _entry(text: str, port: int) -> tuple[Any, ...]:
    if ":" in text:
        return (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (text, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (text, port))


@pytest.fixture(autouse=True)
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    known = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", known)
    return known


@pytest.fixture(autouse=True)
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Every address that a connection was tried to. Only this machine accepts one."""
    made: list[tuple[str, int]] = []

    def connect(self: socket.socket, address: tuple[str, int]) -> None:
        made.append(address[:2])
        if not ip_address(address[0]).is_loopback:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
        _connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    return made


@pytest.fixture(autouse=True)
def _closed(settings: Any) -> None:
    settings.OUTGOING_NETWORKS = []


@pytest.fixture
def opened(settings: Any) -> None:
    """This machine may be called, so that there is something to call."""
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
