"""Hostile rows R01-R07: addresses that lead into our own network."""

import asyncio
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from lti.errors import AddressRefused, LtiError, PlatformUnreachable
from lti.outbound import Call
from lti.public_web import PublicWeb, is_public, is_public_name, look_up
from tests.unit.lti.lms import rsa_key

PUBLIC = "93.184.216.34"
PUBLIC_6 = "2606:2800:220:1::1"


@pytest.mark.parametrize("address", [PUBLIC, PUBLIC_6, "1.1.1.1", "223.255.255.1", "2a00:1450::1"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        str(IPv4Address(0)),
        "0.1.2.3",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "192.0.0.8",
        "192.0.0.9",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:93.184.216.34",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:2::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        "",
        "lms.test",
        "2130706433",
        "0x7f.0.0.1",
        "127.1",
        "0177.0.0.1",
        "1.1.1.1/32",
    ],
)
def test_r01_any_other_address_is_not(address: str) -> None:
    assert not is_public(address)


@given(st.integers(min_value=0, max_value=2**32 - 1).map(IPv4Address))
def test_no_address_of_version_4_is_public_against_pythons_word(address: IPv4Address) -> None:
    if not address.is_global or address.is_multicast:
        assert not is_public(str(address))


@given(st.integers(min_value=0, max_value=2**128 - 1).map(IPv6Address))
def test_only_global_unicast_of_version_6_is_public(address: IPv6Address) -> None:
    if is_public(str(address)):
        assert address.is_global
        assert int(address) >> 125 == 1
        assert (address.ipv4_mapped, address.sixtofour, address.teredo) == (None, None, None)


@pytest.mark.parametrize(
    "url",
    [
        "https://lms.test/x",
        "https://LMS.test:8443/x?y=1",
        "https://a-b.lms.test/",
        "https://münchen.test/",
        "https://127.0.0.1.lms.test/",
    ],
)
def test_an_https_address_with_a_name_may_be_looked_up(url: str) -> None:
    assert is_public_name(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://lms.test/",
        "http://localhost/",
        "https://localhost/",
        "https://localhost./",
        "https://lms.test./",
        "https://intranet/",
        "https://127.0.0.1/",
        "https://93.184.216.34/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.0x1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[2606:2800:220:1::1]/",
        "https://user@lms.test/",
        "https://user:password@lms.test/",
        "https://lms.test@127.0.0.1/",
        "https://lms.test\\@127.0.0.1/",
        "https://lms_test.test/",
        "https://-lms.test/",
        "https://lms..test/",
        "https://a.test%00.b.test/",
        "https://" + "a" * 64 + ".test/",
        "https://" + "a." * 127 + "test/",
        "https://lms.test:99999/",
        "https://①②⑦.⓪.⓪.①/",
        "ftp://lms.test/",
        "file:///etc/passwd",
        "gopher://lms.test:70/",
        "dict://lms.test:11211/",
        "javascript:alert(1)",
        "//lms.test/",
        "lms.test",
        "",
    ],
)
def test_r02_any_other_address_is_never_looked_up(url: str) -> None:
    assert not is_public_name(url)


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda text: f"https://{text}"))
def test_any_text_is_a_public_name_or_not(url: str) -> None:
    if is_public_name(url):
        assert url.lower().startswith("https://")


class Outside:
    """The internet, with the names that we give it, and a note of all that arrives."""

    def __init__(self, **names: list[str]) -> None:
        self.names = names
        self.looked_up: list[tuple[str, int]] = []
        self.arrived: list[httpx2.Request] = []
        transport = httpx2.MockTransport(self._answer)
        self.web = PublicWeb(resolve=self._resolve, transport=transport)

    async def _resolve(self, host: str, port: int) -> list[str]:
        self.looked_up.append((host, port))
        return self.names[host.partition(".")[0]]

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.arrived.append(request)
        return httpx2.Response(200, content=b"here")

    async def shows(self, url: str) -> bytes:
        call = Call(method="GET", url=url, seconds=1.0, most_bytes=100)
        return (await self.web.fetch(call)).body


async def test_a_call_goes_to_the_address_that_was_checked_in_the_name_of_the_host() -> None:
    outside = Outside(lms=[PUBLIC, PUBLIC_6])
    assert await outside.shows("https://lms.test:8443/x?y=1") == b"here"
    assert outside.looked_up == [("lms.test", 8443)]
    (request,) = outside.arrived
    assert str(request.url) == f"https://{PUBLIC}:8443/x?y=1"
    assert request.headers["Host"] == "lms.test:8443"
    # What the certificate has to be for.
    assert request.extensions["sni_hostname"] == "lms.test"


async def test_a_call_goes_to_version_6_as_well() -> None:
    outside = Outside(lms=[PUBLIC_6])
    await outside.shows("https://lms.test/")
    assert outside.looked_up == [("lms.test", 443)]
    assert outside.arrived[0].url.host == PUBLIC_6


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:10.0.0.1"], []],
)
async def test_r03_a_name_that_stands_for_an_inner_address_is_refused(
    addresses: list[str],
) -> None:
    outside = Outside(evil=addresses)
    with pytest.raises(AddressRefused):
        await outside.shows("https://evil.test/")
    with pytest.raises(AddressRefused):
        await outside.web.check("https://evil.test/")
    assert outside.arrived == []


async def test_r04_a_name_that_changes_its_mind_is_asked_once_per_call() -> None:
    outside = Outside(lms=[PUBLIC])
    await outside.shows("https://lms.test/")
    outside.names["lms"] = ["127.0.0.1"]
    with pytest.raises(AddressRefused):
        await outside.shows("https://lms.test/")
    assert len(outside.arrived) == 1


@pytest.mark.parametrize("url", ["http://lms.test/", "https://127.0.0.1/", "https://u@lms.test/"])
async def test_r05_an_address_without_name_or_https_is_not_even_looked_up(url: str) -> None:
    outside = Outside(lms=[PUBLIC])
    with pytest.raises(AddressRefused):
        await outside.shows(url)
    assert outside.looked_up == []


async def test_a_name_that_nobody_knows_is_unreachable() -> None:
    async def nobody(host: str, port: int) -> list[str]:
        raise OSError(f"{host}:{port} is not known")

    async with PublicWeb(resolve=nobody) as web:
        with pytest.raises(PlatformUnreachable):
            await web.check("https://lms.test/")


async def test_a_name_server_that_hangs_is_given_up() -> None:
    async def hangs(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        raise AssertionError(host, port)

    async with PublicWeb(resolve=hangs, seconds=0.01) as web:
        with pytest.raises(PlatformUnreachable):
            await web.check("https://lms.test/")


async def test_the_machines_own_resolver_knows_itself() -> None:
    found = await look_up("localhost", 443)
    assert found
    assert all(ip_address(address).is_loopback for address in found)


class Detour(httpx2.AsyncBaseTransport):
    """Leads what goes to the public address to a server on this machine, over real TLS."""

    def __init__(self, port: int, trusted: x509.Certificate) -> None:
        context = ssl.create_default_context(cadata=trusted.public_bytes(Encoding.PEM).decode())
        self._inner = httpx2.AsyncHTTPTransport(verify=context)
        self._port = port

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        assert request.url.host == PUBLIC
        request.url = request.url.copy_with(host="127.0.0.1", port=self._port)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def certificate(name: str) -> x509.Certificate:
    """A certificate for this host, signed by itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(subject, subject, rsa_key("tls").public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(rsa_key("tls"), SHA256())
    )


async def answer_here(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere")
    await writer.drain()
    writer.close()


async def test_the_certificate_has_to_be_the_names_though_the_call_goes_by_address(
    tmp_path: Path,
) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        assert (host, port) in {("lms.test", 443), ("other.test", 443)}
        return [PUBLIC]

    shown = certificate("lms.test")
    secret = rsa_key("tls").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "pem").write_bytes(secret + shown.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pem")
    server = await asyncio.start_server(answer_here, "127.0.0.1", 0, ssl=context)
    detour = Detour(server.sockets[0].getsockname()[1], shown)
    async with server, PublicWeb(resolve=resolve, transport=detour) as web:
        call = Call(method="GET", url="https://lms.test/", seconds=5.0, most_bytes=100)
        assert (await web.fetch(call)).body == b"here"
        with pytest.raises(PlatformUnreachable):
            await web.fetch(replace(call, url="https://other.test/"))


async def test_any_failure_is_one_that_a_person_may_read_about() -> None:
    outside = Outside(evil=["10.0.0.1"])
    with pytest.raises(LtiError) as refusal:
        await outside.shows("https://evil.test/secret")
    assert "evil" not in refusal.value.message
