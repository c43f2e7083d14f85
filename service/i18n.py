"""Every sentence that a person reads goes through here, in the language of whoever asks.

The language of a request is the learner's own choice, else the launch's locale, else what the
browser prefers, else English. Catalogues lie in `service/locale/<language>.po`.
"""

import io
import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from litestar.types import ASGIApp, Receive, Scope, Send
from markupsafe import Markup, escape

FOLDER = Path(__file__).parent / "locale"
ENGLISH = "en"
# Each language by its own name: somebody who cannot read the page still finds theirs.
LANGUAGES = {
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "de": "Deutsch",
    "pt-BR": "Português (Brasil)",
    "ar": "العربية",
}
RIGHT_TO_LEFT = {"ar"}
LONGEST_PREFERENCE = 200
ISOLATE, END_OF_ISOLATE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


@dataclass(slots=True)
class Reader:
    """Who reads the answer to this request. A holder, since a context that a framework copies
    for a part of the work would keep a changed variable to itself."""

    language: str = ENGLISH


READER: ContextVar[Reader] = ContextVar("reader")


def speak(*wanted: str | None) -> None:
    """From here on, answer this request in the first of these languages that we have."""
    reader = READER.get(None)
    found = next((known for one in wanted if (known := known_language(one))), None)
    if reader is not None and found is not None:
        reader.language = found


@contextmanager
def speaking(*wanted: str | None) -> Generator[None]:
    """Within, say things in the first of these languages that we have, whoever asks: for what is
    read elsewhere."""
    before = READER.set(Reader())
    try:
        speak(*wanted)
        yield
    finally:
        READER.reset(before)


def language() -> str:
    """The language that is being spoken, as a BCP 47 tag."""
    reader = READER.get(None)
    return reader.language if reader else ENGLISH


def locale() -> str:
    """The same as Babel spells it."""
    return language().replace("-", "_")


def direction() -> str:
    """Which way its script runs, as HTML says it."""
    return "rtl" if language() in RIGHT_TO_LEFT else "ltr"


def known_language(wanted: str | None) -> str | None:
    """Our language for a locale as platforms and browsers spell it: `pt_BR`, `es-MX`, `de`."""
    tag = (wanted or "")[:35].replace("_", "-").strip().lower()
    for known in LANGUAGES:
        if tag == known.lower():
            return known
    first = tag.partition("-")[0]
    return next((known for known in LANGUAGES if first == known.partition("-")[0].lower()), None)


def preferred(header: str) -> str | None:
    """What a browser's Accept-Language asks for most, of what we have."""
    weighed: list[tuple[float, str]] = []
    for part in header[:LONGEST_PREFERENCE].split(","):
        found = re.fullmatch(r"\s*([A-Za-z0-9-]{1,35})(?:\s*;\s*q=([01](?:\.\d{1,3})?))?\s*", part)
        if found and (known := known_language(found[1])):
            weighed.append((-float(found[2] or 1), known))
    return min(weighed, key=lambda one: one[0])[1] if weighed else None


def in_the_readers_language(app: ASGIApp) -> ASGIApp:
    """Each request begins in the browser's language; a launch or a learner may know better."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        sent = dict(scope.get("headers", ())).get(b"accept-language", b"").decode("latin-1")
        READER.set(Reader(preferred(sent) or ENGLISH))
        await app(scope, receive, send)

    return middleware


@cache
def catalogue(name: str) -> NullTranslations:
    """The sentences of one language; English is what the code itself says."""
    path = FOLDER / f"{name}.po"
    if not path.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=name.replace("-", "_")))
    compiled.seek(0)
    return GNUTranslations(compiled)


def gettext(sentence: str) -> str:
    """The sentence in the reader's language."""
    return isolating(catalogue(language()).gettext(sentence))


def ngettext(one: str, many: str, count: int) -> str:
    """The form for this number in the reader's language."""
    return isolating(catalogue(language()).ngettext(one, many, count))


def isolating(sentence: str) -> str:
    """Whatever will be filled in keeps its own direction where the script runs from right to left:
    else a minus would stand behind its number, and a range would run backwards."""
    if language() not in RIGHT_TO_LEFT:
        return sentence
    return re.sub(r"%\(\w+\)s", rf"{ISOLATE}\g<0>{END_OF_ISOLATE}", sentence)


def isolated(words: str) -> str:
    """These words in their own direction: a chart runs from left to right in every language."""
    return f"{ISOLATE}{words}{END_OF_ISOLATE}" if language() in RIGHT_TO_LEFT else words


def _(sentence: str, **values: object) -> str:
    """The sentence in the reader's language, with `%(name)s` filled in as templates do. Markup that
    is filled in makes markup of it."""
    translated = gettext(sentence)
    if any(isinstance(value, Markup) for value in values.values()):
        return escape(translated) % values
    return translated % values if values else translated


def later(sentence: str) -> str:
    """Marks a sentence that is written down in a table and translated when it is shown."""
    return sentence
