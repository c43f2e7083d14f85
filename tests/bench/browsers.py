"""Browsers of the standard library, so light that a bench measures the servers and not them."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from urllib.parse import parse_qs, urlencode, urlsplit

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Dest": "document"}
PATIENCE_SECONDS = 30


@dataclass
class Browser:
    """One person's browser at one tool: its cookies, and how long it has waited for answers."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict[str, str])
    waited: float = 0.0

    def logs_in(self, fields: dict[str, str]) -> dict[str, str]:
        """Begin a login; what the tool asks the platform."""
        with self.connection() as tool:
            status, location, text = tool.asks("POST", "/lti/login", fields)
        assert status in {302, 303}, text
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    def launches(self, form: dict[str, str]) -> None:
        """Bring the platform's answer, and open the page that it leads to."""
        with self.connection() as tool:
            status, location, text = tool.asks("POST", "/lti/launch", form)
            if status == 303:
                status, _, text = tool.asks("GET", urlsplit(location).path, None)
        assert status == 200, text
        assert "<h1" in text

    def connection(self) -> "Connection":
        """A new connection; each person has one of their own."""
        return Connection(self)


class Connection:
    """A connection that is kept for as long as the server keeps it."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        address = urlsplit(browser.url)
        self.http = HTTPConnection(
            str(address.hostname), address.port or 80, timeout=PATIENCE_SECONDS
        )

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def asks(self, method: str, path: str, form: dict[str, str] | None) -> tuple[int, str, str]:
        """Status, location and text of an answer; its cookies are kept."""
        jar = self.browser.cookies
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
        body = None if form is None else urlencode(form)
        began = time.perf_counter()
        self.http.request(method, path, body, headers | (FORM if body else {}))
        answer = self.http.getresponse()
        text = answer.read().decode()
        self.browser.waited += time.perf_counter() - began
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            jar[name] = value
        return answer.status, answer.headers.get("Location", ""), text


def several_at_once[One, Made](
    at_once: int, step: Callable[[One], Made], those: Iterable[One]
) -> tuple[list[Made], float]:
    """Each taken through this step, so many at a time; what came of them, and the seconds."""
    with ThreadPoolExecutor(at_once) as pool:
        began = time.perf_counter()
        made = list(pool.map(step, those))
        return made, time.perf_counter() - began
