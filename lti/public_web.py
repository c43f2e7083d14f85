"""How this tool calls an address that a stranger named: only public ones, and only over https.

A name is resolved once; all that it stands for must be public, and the connection goes to that
very address, so that no second answer of the name server leads into our own network. The
certificate is still that of the name.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Container
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Self

import httpx2

from lti.errors import AddressRefused, PlatformUnreachable
from lti.outbound import CONNECT_SECONDS, Answer, Call, fetch, is_safe

# By name only: an LMS has one, and numbers can be written in ways that readers disagree about.
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z)({_LABEL}\.)+(?=[a-z]){_LABEL}")

# Python 3.12 takes some of these for global. 64:ff9b::/96 and 2002::/16 wrap any IPv4 address.
_PUBLIC_6 = ip_network("2000::/3")
_NOT_PUBLIC = tuple(
    map(
        ip_network,
        [
            *("192.0.0.0/24", "192.88.99.0/24"),
            *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
        ],
    )
)

type Resolve = Callable[[str, int], Awaitable[list[str]]]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, and to a single machine."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    special = any(parsed in network for network in _NOT_PUBLIC if network.version == parsed.version)
    return not special and _is_unicast_and_global(parsed)


def _is_unicast_and_global(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _PUBLIC_6:
        return False
    return address.is_global and not address.is_multicast


def is_public_name(url: str) -> bool:
    """Whether a URL is https to a host with a name of its own; what the name stands for is open."""
    if not is_safe(url):
        return False
    parsed = httpx2.URL(url)
    host = parsed.raw_host.decode("ascii")
    return parsed.scheme == "https" and _NAME.fullmatch(host) is not None


def host_and_port(url: str) -> str:
    """`host:port` of a URL that passed `is_safe`, its usual port where it names none."""
    parsed = httpx2.URL(url)
    usual = 443 if parsed.scheme == "https" else 80
    return f"{parsed.raw_host.decode('ascii')}:{parsed.port or usual}"


async def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, by this machine's own resolver, the most useful first."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class PublicTransport(httpx2.AsyncBaseTransport):
    """A transport that connects to public addresses only, each looked up once.

    also: hosts with their ports, as `localhost:8000`, that the operator trusts wherever they are.
    """

    def __init__(
        self,
        *,
        resolve: Resolve,
        inner: httpx2.AsyncBaseTransport,
        seconds: float,
        also: Container[str] = (),
    ) -> None:
        self._resolve = resolve
        self._seconds = seconds
        self._inner = inner
        self._also = also

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it to the address that was checked, in the name of the host."""
        address = await self.address_of(str(request.url))
        pinned = httpx2.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,  # Host among them, with the name
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")},
        )
        return await self._inner.handle_async_request(pinned)

    async def address_of(self, url: str) -> str:
        """The public address behind a URL; AddressRefused if any of its addresses is not."""
        if is_safe(url) and host_and_port(url) in self._also:
            # A development server often listens on the older of a name's two addresses only.
            return min(await self._addresses(url), key=lambda address: ":" in address)
        if not is_public_name(url):
            raise AddressRefused("The learning platform's address is not https, or has no name.")
        found = await self._addresses(url)
        if not all(map(is_public, found)):
            raise AddressRefused("The learning platform's address is not on the public internet.")
        return found[0]

    async def _addresses(self, url: str) -> list[str]:
        host, _, port = host_and_port(url).rpartition(":")
        try:
            async with asyncio.timeout(self._seconds):
                found = await self._resolve(host, int(port))
        except (OSError, UnicodeError) as error:  # a time-out is an OSError, too
            raise PlatformUnreachable("The learning platform's name is not known.") from error
        if not found:
            raise AddressRefused("The learning platform's address is not on the public internet.")
        return found

    async def aclose(self) -> None:
        """Close what is still open."""
        await self._inner.aclose()


class PublicWeb:
    """The public web, for calls to addresses that come from outside.

    resolve, transport: replaced in tests, where there is no public internet.
    seconds:            how long a name may take to be resolved.
    also:               hosts with their ports that an operator develops with.
    """

    def __init__(
        self,
        *,
        resolve: Resolve = look_up,
        transport: httpx2.AsyncBaseTransport | None = None,
        seconds: float = CONNECT_SECONDS,
        also: Container[str] = (),
    ) -> None:
        # No connection is kept: two names may share an address, and the next call must not go
        # out under the certificate of the one before.
        once = httpx2.Limits(max_keepalive_connections=0)
        inner = transport or httpx2.AsyncHTTPTransport(limits=once)
        self._transport = PublicTransport(resolve=resolve, inner=inner, seconds=seconds, also=also)
        # Without the environment: a proxy would look the name up again.
        self._http = httpx2.AsyncClient(transport=self._transport, trust_env=False)

    async def check(self, url: str) -> None:
        """AddressRefused unless this address is public now."""
        await self._transport.address_of(url)

    async def fetch(self, call: Call) -> Answer:
        """The answer of a public address, whatever its status."""
        if not is_safe(call.url):  # the client would stumble over some of these
            raise AddressRefused("The learning platform's address is not https, or has no name.")
        return await fetch(self._http, call)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
