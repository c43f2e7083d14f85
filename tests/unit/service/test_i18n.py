"""Which language a reader is answered in, and what a catalogue must hold."""

import re
import tomllib
from functools import cache
from typing import Any

import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment

from service import i18n
from service.i18n import FOLDER, LANGUAGES, READER, Reader, known_language, preferred, speak
from service.numbers import counted, decimal, forms, signed
from service.words import gap
from tests.support.rendering import environment, every_page, page
from tests.support.samples import (
    LAUNCH,
    MORE_STATES,
    ROOT,
)
from tests.support.screens import MORE_STEPS, SCREENS, WITHOUT_LAUNCH

KEYWORDS: dict[str, Any] = {"_": None, "gettext": None, "later": None} | dict.fromkeys(
    ("ngettext", "counted", "forms"), (1, 2)
)
# A name, and an attribute that a macro writes.
UNTRANSLATED = {"Eyeball", "autofocus"}
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


@pytest.mark.parametrize(("name", "words"), [("ar", "\u2068أنت 45 %\u2069"), ("de", "أنت 45 %")])
def test_the_words_of_a_chart_keep_their_order_where_the_script_runs_the_other_way(
    name: str, words: str
) -> None:
    token = READER.set(Reader(name))
    try:
        assert i18n.isolated("أنت 45 %") == words
    finally:
        READER.reset(token)


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


@cache
def extracted() -> Catalog:
    """Every sentence of code and templates, as `make messages` finds them."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    mappings = told["tool"]["babel"]["mappings"]
    found = Catalog()
    for folder in ("service", "templates"):
        for _file, _line, message, _comments, context in extract_from_dir(
            ROOT / folder,
            [(one["pattern"], one["method"]) for one in mappings],
            {one["pattern"]: {"extensions": one.get("extensions", "")} for one in mappings},
            keywords=KEYWORDS,
        ):
            found.add(message, context=context)
    return found


@pytest.mark.filterwarnings("ignore:Skipping f-string")
@pytest.mark.parametrize("name", TRANSLATED)
def test_every_catalogue_holds_every_sentence_and_none_that_is_gone(name: str) -> None:
    known = {message.id for message in extracted() if message.id}
    assert len(known) > 700
    # What is marked as fuzzy is left out when a catalogue is compiled: the page would be English.
    told = {one.id: all(sayings(one)) and not one.fuzzy for one in catalogue(name) if one.id}
    assert known - {sentence for sentence, whole in told.items() if whole} == set()
    assert told.keys() - known == set()


def test_no_template_says_anything_past_the_catalogues() -> None:
    jinja = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    past: list[str] = []
    for path in sorted((ROOT / "templates").rglob("*.jinja")):
        bare, translating = "", False
        for _line, kind, said in jinja.lex(path.read_text(encoding="utf-8")):
            if kind == "name" and said in {"trans", "endtrans"}:
                translating = said == "trans"
            bare += said if kind == "data" and not translating else " \x00 "
        text = re.sub(r"<[^>]*>|[\w-]+=\"[^\"]*\"|&\w+;", " ", bare, flags=re.DOTALL)
        words = re.findall(r"[A-Za-z]{3,}", text)
        past += [f"{path.name}: {word}" for word in words if word not in UNTRANSLATED]
    assert past == [], past


def pseudo(sentence: str) -> str:
    """The sentence as no language says it: longer by a third, with accents, and with its ends
    marked; what is filled in stays as it is."""
    parts = re.split(r"(%\(\w+\)s|%%)", sentence)
    accented = [
        part if part.startswith("%") else part.translate(str.maketrans("aeiou", "áëïóü"))
        for part in parts
    ]
    return f"[{''.join(accented)}{'~' * (len(sentence) // 3)}]"


def test_every_page_speaks_a_language_that_nobody_knows() -> None:
    templates = environment()
    templates.install_gettext_callables(  # type: ignore[attr-defined]
        pseudo, lambda one, many, count: pseudo(one if count == 1 else many), newstyle=True
    )
    pages = dict(every_page(templates, LAUNCH))
    pages |= {name: page(templates, view) for name, view in (MORE_STATES | MORE_STEPS).items()}
    for name, (template, context) in SCREENS.items():
        whose = {} if name in WITHOUT_LAUNCH else {"launch": LAUNCH}
        drawn = templates.get_template(f"pages/{template}.html.jinja")
        pages[name] = drawn.render(**whose, **context)
    assert len(pages) > 45
    for name, html in pages.items():
        assert "[Fór ëdücátïón ónly." in html, name
        assert "%(" not in html, name
        assert "For education only" not in html, name


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", "12.5 +0.5 −3.0"), ("de", "12,5 +0,5 −3,0"), ("ar", "12.5 +0.5 −3.0")],
)
def test_a_number_is_written_as_its_reader_writes_it(language: str, written: str) -> None:
    token = READER.set(Reader(language))
    try:
        assert f"{decimal(12.5)} {signed(0.5)} {signed(-3.0, 1)}" == written
        assert (signed(0.0), signed(-0.04, 1)) == ("0", decimal(0.0, 1))
    finally:
        READER.reset(token)


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("en", 1.0, "You read 1 point high."),
        ("en", 1.5, "You read 1.5 points high."),
        ("en", 0.5, "You read 0.5 points high."),
        ("de", 1.0, "Sie lagen 1 Punkt zu hoch."),
        ("de", 1.5, "Sie lagen 1,5 Punkte zu hoch."),
        ("fr", 1.5, "Vous surestimez de 1,5 point."),
        ("fr", 2.5, "Vous surestimez de 2,5 points."),
        ("es", 1.0, "Sobrestimó en 1 punto."),
        ("es", 13.0, "Sobrestimó en 13 puntos."),
        ("pt-BR", 0.5, "Você estimou 0,5 ponto acima."),
        ("ar", 1.0, "قراءتك أعلى بمقدار نقطة واحدة."),
        ("ar", 2.0, "قراءتك أعلى بمقدار نقطتين."),
        ("ar", 3.0, "قراءتك أعلى بمقدار \u20683\u2069 نقاط."),
        ("ar", 11.0, "قراءتك أعلى بمقدار \u206811\u2069 نقطة."),
        ("ar", 2.5, "قراءتك أعلى بمقدار \u20682.5\u2069 نقطة."),
        ("ar", 100.0, "قراءتك أعلى بمقدار \u2068100\u2069 نقطة."),
    ],
)
def test_what_is_counted_takes_the_form_of_its_number(
    language: str, number: float, said: str
) -> None:
    token = READER.set(Reader(language))
    try:
        assert gap(number) == said
    finally:
        READER.reset(token)


def test_what_is_written_with_decimals_is_no_single_one() -> None:
    assert counted("%(count)s point", "%(count)s points", 1.0, 1) == "1.0 points"
    assert counted("%(count)s point", "%(count)s points", 0.96, 1) == "1.0 points"


def test_a_script_that_counts_down_knows_every_form() -> None:
    token = READER.set(Reader("ar"))
    try:
        known = forms("%(count)s minute left", "%(count)s minutes left")
        assert list(known) == ["zero", "one", "two", "few", "many", "other"]
        assert known["two"] == "بقيت دقيقتان"
        assert known["few"] == "بقيت \u2068#\u2069 دقائق"
    finally:
        READER.reset(token)


def test_what_is_below_nothing_has_a_true_minus_everywhere() -> None:
    assert (decimal(-40), decimal(-3.25, 1), signed(-40)) == ("−40", "−3.2", "−40")
