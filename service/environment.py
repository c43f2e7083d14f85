"""How one variable of the environment is read, or refused with a sentence that names it."""

import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path

A_HOST_WITH_PORT = re.compile(r"([a-z0-9.-]{1,253}|\[[0-9a-f:]{2,39}\]):[1-9][0-9]{0,4}")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class SettingsRefused(Exception):
    """A setting is missing or wrong; the message says what to set."""


def secret_value(env: Mapping[str, str], name: str) -> str | None:
    """NAME, or the content of the file that NAME_FILE points to."""
    if value := env.get(name):
        return value
    if path := env.get(f"{name}_FILE"):
        try:
            return Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsRefused(f"{name}_FILE: cannot read {path} as text") from error
    return None


def whole_number(env: Mapping[str, str], name: str, default: int) -> int:
    """A positive whole number."""
    value = env.get(name, str(default))
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise SettingsRefused(f"{name} must be a whole number from 1 to 65535: {value}")
    return int(value)


def yes_or_no(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    """yes or no."""
    value = env.get(name, "yes" if default else "no").lower()
    if value not in {"yes", "no"}:
        raise SettingsRefused(f"{name} must be yes or no: {value}")
    return value == "yes"


def seconds(env: Mapping[str, str], name: str, default: float, *, least: float) -> float:
    """A number of seconds, up to an hour."""
    if not (value := env.get(name)):
        return default
    try:
        number = float(value)
    except ValueError as error:
        raise SettingsRefused(f"{name} must be seconds such as {default:g}: {value}") from error
    if not least <= number <= 3600:
        raise SettingsRefused(f"{name} must be seconds from {least:g} to 3600: {value}")
    return number


def networks(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Addresses and networks, comma-separated."""
    parts = filter(None, map(str.strip, env.get(name, "").split(",")))
    try:
        return tuple(str(ip_network(part)) for part in parts)
    except ValueError as error:
        raise SettingsRefused(
            f"{name} must be addresses or networks such as 127.0.0.1,10.0.0.0/8: {env[name]}"
        ) from error


def hosts_with_ports(env: Mapping[str, str], name: str) -> frozenset[str]:
    """Exact hosts with their ports, comma-separated: no wildcard, no scheme."""
    found = [part.strip().lower() for part in env.get(name, "").split(",") if part.strip()]
    for one in found:
        if not A_HOST_WITH_PORT.fullmatch(one):
            raise SettingsRefused(f"{name} must be hosts with ports such as localhost:8080: {one}")
    return frozenset(found)


def delays(env: Mapping[str, str], name: str, default: tuple[float, ...]) -> tuple[float, ...]:
    """Seconds between tries, comma-separated; the last one repeats."""
    if not (value := env.get(name)):
        return default
    try:
        return tuple(float(part) for part in value.split(","))
    except ValueError as error:
        raise SettingsRefused(f"{name} must be seconds such as 30,120,600: {value}") from error


def dollars(env: Mapping[str, str], name: str, default: float) -> float:
    """An amount of money, 0 or more."""
    value = env.get(name) or str(default)
    digits = value.replace(".", "", 1)
    if not digits.isascii() or not digits.isdecimal() or len(value) > 10:
        raise SettingsRefused(f"{name} must be US dollars such as 5 or 2.50: {value}")
    return float(value)
