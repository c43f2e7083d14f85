"""Where a request comes from: the peer, or what a proxy that we trust says of it."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from litestar import Request

from service.settings import Settings

type Network = IPv4Network | IPv6Network
# A household or an institution holds a whole one of these, and may use any address of it.
IPV6_PREFIX = 64


def address_of(request: Request[Any, Any, Any], settings: Settings) -> str:
    """The address that limits count by; whoever comes past our proxies can claim any."""
    client = request.scope.get("client")
    found = client[0] if client else "unknown"
    trusted = parsed(settings.trusted_proxies)
    if trusted and is_within(found, trusted):
        said = request.headers.getall("X-Forwarded-For", [])
        found = first_beyond(",".join(said).split(","), trusted) or found
    return grouped(found)


@lru_cache(maxsize=8)
def parsed(networks: tuple[str, ...]) -> tuple[Network, ...]:
    """The networks that the settings name."""
    return tuple(map(ip_network, networks))


def first_beyond(hops: Sequence[str], trusted: Sequence[Network]) -> str | None:
    """The nearest hop that is none of our proxies: all before it may be made up."""
    for hop in reversed(hops):
        address = hop.strip()
        if not is_within(address, trusted):
            return address if is_address(address) else None
    return None


def is_address(text: str) -> bool:
    """Whether this is an address at all."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_within(text: str, networks: Sequence[Network]) -> bool:
    """Whether this address is one of these networks'."""
    return is_address(text) and any(ip_address(text) in network for network in networks)


def grouped(text: str) -> str:
    """IPv6 by its network; everything else as it is."""
    if not is_address(text) or ip_address(text).version == 4:
        return text
    return str(ip_network(f"{text.partition('%')[0]}/{IPV6_PREFIX}", strict=False))
