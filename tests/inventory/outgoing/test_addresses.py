"""Which addresses may be called: the whole table, when it is checked and when something is sent."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from inventory.outgoing import Refused, Target, addresses, check_url, resolve, send
from tests.inventory.outgoing.conftest import Resolver
from tests.inventory.outgoing.receivers import Receiver

#: Hosts that lead to where nobody outside has any business, in all the ways that a resolver understands.
PRIVATE_HOSTS = [
    *("127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0177.0.0.1"),
    *("0x7f.1", "0x7f000001", "017700000001", "0x7f.0x0.0x0.0x1", "①②⑦.0.0.1", "１２７.０.０.１"),
    *("127。0。0。1", "0", "0.0.0", "00", "0x0", "0.1.2.3", "localhost", "LOCALHOST", "ｌｏｃａｌｈｏｓｔ"),
    "0.0.0.0",  # noqa: S104 - not bound to, but called
    *("[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"),
    *("[::ffff:0:127.0.0.1]", "[::ffff:8.8.8.8]", "[64:ff9b::127.0.0.1]", "[64:ff9b::8.8.8.8]"),
    *("[64:ff9b:1::1]", "[64:ff9b:1:ffff::1]", "[2002:7f00:1::]", "[2002:a00:1::1]", "[2001:0:7f00:1::]"),
    *("[fe80::1]", "[febf::1]", "[fec0::1]", "[fc00::1]", "[fd00::1]", "[fdff:ffff::1]", "[ff02::1]"),
    *("[ff0e::1]", "[2001:db8::1]", "[2001:2::1]", "[2001:10::1]", "[2001:20::1]", "[3fff::1]"),
    *("[3fff:fff::1]", "[5f00::1]", "[100::1]", "[100:0:0:1::1]", "[4000::1]", "[1::1]"),
    *("10.0.0.1", "10.255.255.255", "012.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1"),
    *("192.168.255.255", "169.254.0.1", "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.43518"),
    *("[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[fd00:ec2::254]", "100.64.0.1"),
    *("100.100.100.200", "100.127.255.255", "192.0.0.1", "192.0.0.8", "192.0.0.9", "192.0.0.192"),
    *("192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
]

#: Ways to write what is not an address, and what it is refused for.
MALFORMED = [
    ("", "URL"),
    ("example.com", "URL"),
    ("//example.com/", "URL"),
    ("https:example.com", "URL"),
    ("https:/example.com", "URL"),
    (" https://example.com/", "URL"),
    ("https://example.com/ ", "URL"),
    ("https://example.com/a b", "URL"),
    ("https://example.com/\r\nX-Injected: 1", "URL"),
    ("https://example.com/\tx", "URL"),
    ("https://exam\nple.com/", "URL"),
    ("https://example.com/\x00", "URL"),
    ("https://example.com\\@127.0.0.1/", "URL"),
    ("https://example.com/\u202egnp", "URL"),
    ("https://exam\u200bple.com/", "URL"),
    ("https://example.com/\ud800", "URL"),
    ("https://example.com/" + "a" * 2000, "URL"),
    ("https://example.com/" + "ü" * 600, "URL"),
    ("http://example.com/", "SCHEME"),
    ("ftp://example.com/", "SCHEME"),
    ("file:///etc/passwd", "SCHEME"),
    ("gopher://127.0.0.1:6379/_FLUSHALL", "SCHEME"),
    ("javascript:alert(1)", "SCHEME"),
    ("data:text/plain,x", "SCHEME"),
    ("unix:///var/run/docker.sock", "SCHEME"),
    ("https+unix://example.com/", "SCHEME"),
    ("localhost:443/", "SCHEME"),
    ("https://user@example.com/", "USERINFO"),
    ("https://user:secret@example.com/", "USERINFO"),
    ("https://@example.com/", "USERINFO"),
    ("https://example.com@127.0.0.1/", "USERINFO"),
    ("https://example.com:443@127.0.0.1:443/", "USERINFO"),
    ("https://", "HOST"),
    ("https:///hooks", "HOST"),
    ("https://?x", "HOST"),
    ("https://:443/", "HOST"),
    ("https://.", "HOST"),
    ("https://..", "HOST"),
    ("https://example..com/", "HOST"),
    ("https://.example.com/", "HOST"),
    ("https://example.com../", "HOST"),
    ("https://127.0.0.1%2f.example.com/", "HOST"),
    ("https://%31%32%37.0.0.1/", "HOST"),
    ("https://ex*mple.com/", "HOST"),
    ("https://a℀b.com/", "HOST"),
    ("https://example.com:443:443/", "HOST"),
    ("https://::1/", "HOST"),
    ("https://[::1/", "HOST"),
    ("https://[::1]x/", "HOST"),
    ("https://[127.0.0.1]/", "HOST"),
    ("https://[]/", "HOST"),
    ("https://[::1%25lo]/", "HOST"),
    ("https://[fe80::1%eth0]/", "HOST"),
    ("https://[v1.x]/", "HOST"),
    ("https://" + "a" * 64 + ".com/", "HOST"),
    ("https://" + "a." * 126 + "com/", "HOST"),
    ("https://" + "a" * 1000 + "/", "HOST"),
    ("https://straße.de/", "HOST"),
    ("https://example.com:/", "PORT"),
    ("https://example.com:0/", "PORT"),
    ("https://example.com:22/", "PORT"),
    ("https://example.com:80/", "PORT"),
    ("https://example.com:8080/", "PORT"),
    ("https://example.com:65979/", "PORT"),  # 443, to whoever counts in 16 bits
    ("https://example.com:-443/", "PORT"),
    ("https://example.com:+443/", "PORT"),
    ("https://example.com:4_43/", "PORT"),
    ("https://example.com:٤٤٣/", "PORT"),
    ("https://example.com:443x/", "PORT"),
    ("https://example.com:9999999999/", "PORT"),
]

#: The first and last address outside of the blocks that are refused.
PUBLIC = [
    *("1.0.0.0", "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "93.184.216.34", "100.63.255.255"),
    *("100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255"),
    *("172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0"),
    *("192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0"),
    *("223.255.255.255", "2000::1", "2001:200::1", "2001:4860:4860::8888", "2003::1", "2606:4700::1111"),
    *("2001:db7::1", "2001:db9::1", "3ffe::1", "3fff:1000::1"),
]


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Listens where the refused addresses lead; its port is one that may be called, so that nothing else refuses."""
    with Receiver() as receiver:
        monkeypatch.setattr(addresses, "PORTS", frozenset({443, 8443, receiver.port}))
        yield receiver


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
def test_a_private_address_is_refused_however_it_is_written(host: str) -> None:
    target = check_url(f"https://{host}/hooks")
    with pytest.raises(Refused) as refusal:
        resolve(target)
    assert refusal.value.code == "PRIVATE_ADDRESS"
    assert "network" in str(refusal.value)


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
def test_a_private_address_is_not_called(host: str, canary: Receiver, called: list[tuple[str, int]]) -> None:
    with pytest.raises(Refused) as refusal:
        send("POST", f"https://{host}:{canary.port}/hooks", headers={}, body=b"{}", deadline_seconds=3)
    assert refusal.value.code == "PRIVATE_ADDRESS"
    assert called == []
    assert canary.connections == 0


@pytest.mark.parametrize(("url", "code"), MALFORMED)
def test_a_malformed_address_is_refused(url: str, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        check_url(url)
    assert refusal.value.code == code
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(("url", "code"), MALFORMED)
def test_a_malformed_address_is_not_called(
    url: str, code: str, resolver: Resolver, called: list[tuple[str, int]]
) -> None:
    resolver.tell("example.com", ["93.184.216.34"])
    with pytest.raises(Refused) as refusal:
        send("POST", url, headers={}, deadline_seconds=3)
    assert refusal.value.code == code
    assert called == []
    assert resolver.asked == []


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_not_refused(text: str, resolver: Resolver) -> None:
    resolver.tell("hooks.example.com", [text])
    found = resolve(check_url("https://hooks.example.com/"))
    assert [str(address) for address in found] == [text]
    host = f"[{text}]" if ":" in text else text
    assert [str(address) for address in resolve(check_url(f"https://{host}/"))] == [text]


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        ["93.184.216.34", "10.0.0.5"],
        ["10.0.0.5", "93.184.216.34"],
        ["93.184.216.34", "2606:4700::1111", "fd00::1"],
        ["2606:4700::1111", "::ffff:10.0.0.5"],
        ["169.254.169.254"],
        ["fe80::1%eth0"],
    ],
)
def test_one_private_address_among_several_refuses_all(
    answer: list[str], resolver: Resolver, called: list[tuple[str, int]]
) -> None:
    resolver.tell("hooks.example.com", answer)
    with pytest.raises(Refused) as refusal:
        resolve(check_url("https://hooks.example.com/"))
    assert refusal.value.code == "PRIVATE_ADDRESS"
    assert not any(text in str(refusal.value) for text in answer)  # the inside is not told to the outside
    with pytest.raises(Refused):
        send("GET", "https://hooks.example.com/", headers={})
    assert called == []


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://EXAMPLE.com:443/a?b=c#d", "https://example.com/a?b=c"),
        ("https://example.com.:8443?x=1", "https://example.com:8443/?x=1"),
        ("https://example.com:08443/", "https://example.com:8443/"),
        ("https://bücher.example/straße?ü", "https://xn--bcher-kva.example/stra%C3%9Fe?%C3%BC"),
        ("https://BÜCHER.example/%7Ea%2fb", "https://xn--bcher-kva.example/%7Ea%2fb"),
        ("https://xn--strae-oqa.de/", "https://xn--strae-oqa.de/"),
        ("https://[2606:4700:0:0::1111]:8443/", "https://[2606:4700::1111]:8443/"),
        (
            "https://a_b-c.example/a/../b;c=(1)?q=[x]&y={z}",
            "https://a_b-c.example/a/../b;c=(1)?q=[x]&y=%7Bz%7D",
        ),
        ("https://example.com/?a=1?b#c#d", "https://example.com/?a=1?b"),
        ("https://example.com/@me:443//x", "https://example.com/@me:443//x"),
    ],
)
def test_an_address_has_one_normal_form(url: str, normal: str) -> None:
    target = check_url(url)
    assert target.url == normal
    assert check_url(normal) == target


def test_the_parts_of_an_address() -> None:
    assert check_url("https://Example.com:8443/in?x=1") == Target("https", "example.com", 8443, "/in?x=1")
    assert check_url("https://Example.com:8443/").authority == "example.com:8443"
    assert check_url("https://example.com:443/").authority == "example.com"
    assert check_url("https://[2606:4700::1111]/").host == "2606:4700::1111"


def test_the_longest_that_is_accepted() -> None:
    start = "https://example.com/"
    assert check_url(start + "a" * (2000 - len(start))).path.endswith("a")
    host = "a." * 125 + "com"
    assert len(host) == 253
    assert check_url(f"https://{host}./").host == host


# --- networks that the operator opened


def test_http_and_any_port_are_for_opened_networks(settings: Any, resolver: Resolver) -> None:
    settings.OUTGOING_NETWORKS = ["10.1.0.0/16", "fd00:1::/32"]
    resolver.tell("pos.example.com", ["10.1.2.3", "fd00:1::3"])
    resolver.tell("elsewhere.example.com", ["93.184.216.34"])
    resolver.tell("both.example.com", ["10.1.2.3", "93.184.216.34"])
    resolver.tell("next-door.example.com", ["10.2.2.3"])
    for url in ("http://pos.example.com/", "http://pos.example.com:8000/", "https://pos.example.com:22/"):
        assert len(resolve(check_url(url))) == 2
    assert resolve(check_url("https://pos.example.com/"))

    for url, code in (
        ("http://elsewhere.example.com/", "SCHEME"),
        ("http://both.example.com/", "SCHEME"),
        ("https://elsewhere.example.com:8000/", "PORT"),
        ("https://both.example.com:8000/", "PORT"),
        ("https://next-door.example.com/", "PRIVATE_ADDRESS"),
        ("http://next-door.example.com/", "PRIVATE_ADDRESS"),
        ("http://10.1.2.3@example.com/", "USERINFO"),
        ("ftp://pos.example.com/", "SCHEME"),
    ):
        with pytest.raises(Refused) as refusal:
            resolve(check_url(url))
        assert refusal.value.code == code, url
    assert resolve(check_url("https://both.example.com/"))  # all of them may be called this way


def test_an_opened_network_opens_no_other(settings: Any, resolver: Resolver) -> None:
    settings.OUTGOING_NETWORKS = ["::/0"]
    resolver.tell("mapped.example.com", ["::ffff:169.254.169.254"])
    for url in ("https://169.254.169.254/", "https://mapped.example.com/", "https://[::ffff:10.0.0.1]/"):
        with pytest.raises(Refused) as refusal:
            resolve(check_url(url))
        assert refusal.value.code == "PRIVATE_ADDRESS"
    assert resolve(check_url("https://[fd00::1]/"))


def test_the_setting_may_change(settings: Any) -> None:
    settings.OUTGOING_NETWORKS = ["10.0.0.0/8"]
    assert resolve(check_url("http://10.0.0.1/"))
    settings.OUTGOING_NETWORKS = ["192.168.0.0/16"]
    with pytest.raises(Refused):
        resolve(check_url("http://10.0.0.1/"))


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0.0/33", "intranet", ""])
def test_a_network_that_is_none_is_said(text: str, settings: Any) -> None:
    settings.OUTGOING_NETWORKS = [text]
    with pytest.raises(ImproperlyConfigured, match="OUTGOING_NETWORKS"):
        check_url("https://example.com/")


# --- the resolver


def test_a_name_that_is_not_found(resolver: Resolver) -> None:
    resolver.tell("empty.example.com", [])
    for name in ("nowhere.example.com", "empty.example.com"):
        with pytest.raises(Refused) as refusal:
            resolve(check_url(f"https://{name}/"))
        assert refusal.value.code == "UNRESOLVED"
        assert name in str(refusal.value)


def test_each_address_is_named_once(resolver: Resolver) -> None:
    resolver.tell("hooks.example.com", ["93.184.216.34", "1.1.1.1", "93.184.216.34"])
    found = resolve(check_url("https://hooks.example.com/"))
    assert [str(address) for address in found] == ["93.184.216.34", "1.1.1.1"]


def test_a_resolver_that_hangs_does_not_hold_its_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        over.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    began = time.monotonic()
    try:
        with pytest.raises(Refused) as refusal:
            resolve(check_url("https://hooks.example.com/"), seconds=0.2)
        assert refusal.value.code == "UNRESOLVED"
        assert time.monotonic() - began < 3
    finally:
        over.set()


def test_a_resolver_that_fails_otherwise_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> list[object]:
        raise RuntimeError("not the resolver's fault")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(RuntimeError, match="not the resolver"):
        resolve(check_url("https://hooks.example.com/"))
