"""Which addresses the product may call on behalf of its users, and which not.

A user who may name an address that a server calls can reach whatever that server can: databases, the metadata of a
cloud, other people's admin pages. So an address has to be a public one, or to lie in a network that the operator
opened (`OUTGOING_NETWORKS`). How an address is written says nothing, for `127.1`, `2130706433` and a name that
anybody may register all lead to the same place: what is judged is what the resolver answers, all of it.
"""

from __future__ import annotations

import functools
import re
import socket
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

__all__ = ["LOOKUP_SECONDS", "MOST_CHARACTERS", "Address", "Refused", "Target", "check_url", "resolve"]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: Of a URL, before and after what is not ASCII has been encoded.
MOST_CHARACTERS = 2_000
#: A resolver that does not answer by then is treated as one that answered no.
LOOKUP_SECONDS = 5.0
#: Where anything may be called. In an opened network it is any port.
PORTS = frozenset({443, 8443})

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_URL = re.compile(r"[a-z]+://([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::([^:]*))?")
_PORT = re.compile(r"[0-9]{1,5}")
_NAME = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_MOST_OF_NAME = 253
#: These letters are other names in the newer of the two standards for international names, and which of the two a
#: resolver follows cannot be told: what is meant for one domain would be sent to another.
_TWO_MEANINGS = frozenset("ßẞς")

#: Addresses that one release or another of the standard library takes for public, though they are not, or lead to
#: others that need not be.
_NOT_PUBLIC: tuple[Network, ...] = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments
    IPv4Network("192.88.99.0/24"),  # relays from 6to4
    IPv4Network("224.0.0.0/4"),  # multicast
    IPv6Network("2001::/23"),  # protocol assignments, Teredo with an IPv4 address inside among them
    IPv6Network("2002::/16"),  # 6to4: an IPv4 address inside
    IPv6Network("3fff::/20"),  # documentation
)
#: All that is handed out for use between networks. Outside of it lie IPv4-mapped, IPv4-compatible and NAT64
#: addresses with an IPv4 address inside, site-local and multicast ones, and what has no meaning yet.
_IPV6_UNICAST = IPv6Network("2000::/3")


class Refused(Exception):
    """The address may not be called; the message is a sentence for whoever typed it in.

    `code` is one of URL, SCHEME, USERINFO, HOST, PORT, PRIVATE_ADDRESS and UNRESOLVED, the last of which may pass;
    sending also refuses with HEADER.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in its parts. `host` is in lower-case ASCII, IPv6 without brackets; `path` has the query with it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header has them: without the port that the scheme implies."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL in its normal form, without a fragment."""
        return f"{self.scheme}://{self.authority}{self.path}"


def check_url(url: str) -> Target:
    """The parts of `url`, if its form is in order. Raises Refused.

    This asks no resolver, so it is half of the question: `resolve` is the other half.
    """
    if len(url) > MOST_CHARACTERS:
        raise Refused("URL", f"The address is longer than {MOST_CHARACTERS:,} characters.")
    if not url.isprintable() or " " in url or "\\" in url:
        raise Refused("URL", "The address has blanks, backslashes or invisible characters in it.")
    named = _SCHEME.match(url)
    scheme = named[1].lower() if named else ""
    if named and scheme not in _DEFAULT_PORTS:
        raise Refused("SCHEME", "The address has to begin with https://.")
    parts = _URL.fullmatch(url)
    if parts is None:
        raise Refused("URL", "Write the whole address, such as https://example.com/hooks.")
    authority, path, query = parts[1], parts[2], parts[3] or ""
    if "@" in authority:
        raise Refused("USERINFO", "The address must not have a user name or password in it.")
    split = _AUTHORITY.fullmatch(authority)
    if split is None:
        raise Refused("HOST", "The address names no host that could be called.")
    target = Target(
        scheme=scheme,
        host=_host(split[1]),
        port=_DEFAULT_PORTS[scheme] if split[2] is None else _port(split[2]),
        # What RFC 3986 lets stand for itself; a percent sign is taken for an encoding that is there already.
        path=quote((path or "/") + query, safe="%/?:@!$&'()*+,;=[]"),
    )
    if len(target.url) > MOST_CHARACTERS:
        raise Refused("URL", f"The address is longer than {MOST_CHARACTERS:,} characters when it is encoded.")
    if not _opened():
        _refuse_unusual(target)
    return target


def resolve(target: Target, *, seconds: float = LOOKUP_SECONDS) -> tuple[Address, ...]:
    """All addresses of the target's host, in the resolver's order, if every one of them may be called.

    Raises Refused; after `seconds` at the latest with the code UNRESOLVED.
    """
    found = _look_up(target, seconds)
    for address in found:
        if not _is_public(address) and not _is_opened(address):
            # Which address it is, is not said: that would tell outsiders about the network inside.
            raise Refused("PRIVATE_ADDRESS", "The address leads into a network that may not be called.")
    if not all(map(_is_opened, found)):
        _refuse_unusual(target)
    return found


def _refuse_unusual(target: Target) -> None:
    """What is for opened networks only."""
    if target.scheme != "https":
        raise Refused("SCHEME", "The address has to begin with https://.")
    if target.port not in PORTS:
        ports = " or ".join(map(str, sorted(PORTS)))
        raise Refused("PORT", f"The port has to be {ports}.")


def _host(text: str) -> str:
    if text.startswith("["):
        try:
            address = IPv6Address(text[1:-1])
        except ValueError as error:
            raise Refused("HOST", "The IPv6 address in brackets is not one.") from error
        if address.scope_id is not None:
            raise Refused("HOST", "The IPv6 address must not name a zone.")
        return str(address)
    if len(text) > _MOST_OF_NAME + 1:  # a dot at the end is not counted
        raise Refused("HOST", f"The host is longer than {_MOST_OF_NAME} characters.")
    if not _TWO_MEANINGS.isdisjoint(text):
        raise Refused("HOST", "Write the host in its ASCII form, which begins with xn--.")
    try:
        host = text.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError as error:
        raise Refused("HOST", "The host is not a name that could be looked up.") from error
    if len(host) > _MOST_OF_NAME:
        raise Refused("HOST", f"The host is longer than {_MOST_OF_NAME} characters.")
    if not _NAME.fullmatch(host):
        raise Refused("HOST", "The host is not a name that could be looked up.")
    return host


def _port(text: str) -> int:
    if not _PORT.fullmatch(text) or not 0 < int(text) < 65536:
        raise Refused("PORT", "The port is not a number from 1 to 65535.")
    return int(text)


def _look_up(target: Target, seconds: float) -> tuple[Address, ...]:
    """What the resolver says, each address once.

    The system's resolver cannot be told to hurry, so it is asked in a thread that is left behind when it takes too
    long. Such threads end by the resolver's own limits, and there are never more than callers times a few.
    """
    answer: Future[list[Address]] = Future()

    def ask() -> None:
        try:
            entries = socket.getaddrinfo(
                target.host, target.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
            )
            # A zone says through which interface; it makes a link-local address no more public.
            answer.set_result([ip_address(str(entry[4][0]).partition("%")[0]) for entry in entries])
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that waits for it
            answer.set_exception(error)

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        found = tuple(dict.fromkeys(answer.result(seconds)))
    except OSError as error:  # also the TimeoutError of waiting
        raise Refused("UNRESOLVED", f"The host {target.host} was not found.") from error
    if not found:
        raise Refused("UNRESOLVED", f"The host {target.host} was not found.")
    return found


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _IPV6_UNICAST:
        return False
    return address.is_global and not any(address in network for network in _NOT_PUBLIC)


def _is_opened(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return False  # another way to write an IPv4 address, which a network of IPv6 did not mean to open
    return any(address in network for network in _opened())


def _opened() -> tuple[Network, ...]:
    return _parsed(tuple(settings.OUTGOING_NETWORKS))


@functools.lru_cache(maxsize=16)
def _parsed(texts: tuple[str, ...]) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError as error:
        raise ImproperlyConfigured(f"OUTGOING_NETWORKS: {error}.") from error
