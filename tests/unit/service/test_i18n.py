"""Which language a reader is answered in, and what a catalogue must hold."""

import re

import pytest
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po

from service import i18n
from service.i18n import FOLDER, LANGUAGES, READER, Reader, known_language, preferred, speak

TRANSLATED = [name for name in LANGUAGES if name != "en"]


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        ("es", "es"),
        ("es_MX", "es"),
        ("es-419", "es"),
        ("pt_BR", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("DE-at", "de"),
        ("ar_EG.UTF-8", "ar"),
        ("en_us", "en"),
        ("ja", None),
        ("", None),
        (None, None),
        ("x" * 10_000, None),
        ("../../etc", None),
    ],
)
def test_a_locale_is_known_however_it_is_spelt(sent: str | None, known: str | None) -> None:
    assert known_language(sent) == known


@pytest.mark.parametrize(
    ("header", "best"),
    [
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("ja, de;q=0.4, es;q=0.7", "es"),
        ("en;q=0.1, ar", "ar"),
        ("", None),
        ("*", None),
        (";;;,q=1,\x00", None),
        ("fr;q=nonsense", None),
    ],
)
def test_a_browser_is_answered_in_what_it_likes_best(header: str, best: str | None) -> None:
    assert preferred(header) == best


def test_the_learners_choice_comes_before_the_launch_and_the_unknown_changes_nothing() -> None:
    token = READER.set(Reader("de"))
    try:
        speak(None, "ja")
        assert i18n.language() == "de"
        speak("ar", "es")
        assert (i18n.language(), i18n.direction()) == ("ar", "rtl")
        speak(None, "es_MX")
        assert (i18n.language(), i18n.direction()) == ("es", "ltr")
    finally:
        READER.reset(token)


def test_nobody_listening_is_answered_in_english() -> None:
    assert i18n.language() == "en"
    assert i18n.gettext("Your progress") == "Your progress"


def catalogue(name: str) -> Catalog:
    """A catalogue as it lies in the folder."""
    with (FOLDER / f"{name}.po").open("rb") as source:
        return read_po(source, locale=name.replace("-", "_"))


def sayings(message: Message) -> list[str]:
    """A message's translations: one, or one for each number."""
    return [message.string] if isinstance(message.string, str) else list(message.string)


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_translation_keeps_what_is_filled_in(name: str) -> None:
    for message in catalogue(name):
        if not message.id or not any(sayings(message)):
            continue
        asked = message.id if isinstance(message.id, str) else message.id[-1]
        wanted = set(re.findall(r"%\(\w+\)s|%%", asked))
        optional = set() if isinstance(message.id, str) else {"%(count)s"}
        for said in sayings(message):
            given = set(re.findall(r"%\(\w+\)s|%%", said))
            assert given | optional == wanted | optional, (asked, said)
            if wanted:
                assert said % dict.fromkeys(re.findall(r"%\((\w+)\)s", said), "x")
