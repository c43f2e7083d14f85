"""Numbers as people type and read them."""

from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import get_decimal_symbol
from babel.units import format_unit

from service.i18n import locale, ngettext

MINUS = "\N{MINUS SIGN}"


def number(typed: str) -> float | None:
    """A number with a comma or a point; None if it is none."""
    said = typed.strip().replace(",", ".")
    if len(said) > 8 or not said.isascii() or not said.replace(".", "", 1).isdecimal():
        return None
    return float(said)


def decimal(value: float, places: int | None = None) -> str:
    """A number as it is written in the reader's language; with so many decimals, or as many as it
    needs. What is below nothing has a true minus."""
    return digits(value, places).replace("-", MINUS).replace(".", decimal_mark())


def digits(value: float, places: int | None = None) -> str:
    """The same as a machine writes it."""
    return f"{value:g}" if places is None else f"{value:.{places}f}"


def decimal_mark() -> str:
    """What stands before the decimals in the reader's language."""
    return get_decimal_symbol(locale())


def days(count: int) -> str:
    """So many days, in the reader's language."""
    return format_unit(count, "duration-day", "long", locale=locale())


def signed(value: float, places: int | None = None) -> str:
    """A number with its sign, a true minus among them. What rounds to nothing has no sign."""
    said = decimal(abs(value), places)
    if not any(digit in said for digit in "123456789"):
        return said
    return f"{MINUS if value < 0 else '+'}{said}"


def counted(one: str, many: str, value: float, places: int | None = None, **values: object) -> str:
    """The sentence in the form that its number, `count`, takes in the reader's language."""
    said = decimal(value, places)
    form = ngettext(one, many, whole_like(locale(), digits(abs(value), places)))
    return form % {"count": said, **values}


@lru_cache(maxsize=1000)
def whole_like(language: str, written: str) -> int:
    """A whole number that takes the same form as a number that is written so: 1.5 points are
    plural in English and singular in French, and catalogues know whole numbers alone."""
    form = Locale.parse(language).plural_form
    number = Decimal(written)
    if number == int(number) and "." not in written:
        return int(number)
    return next(whole for whole in (1, 2, 0, 3, 11, 100) if form(whole) == form(number))


def forms(one: str, many: str) -> dict[str, str]:
    """Each form that whole numbers take in the reader's language, for a script that counts down:
    `#` stands for the number."""
    form = Locale.parse(locale()).plural_form
    wholes = {str(form(whole)): whole for whole in (0, 1, 2, 3, 11, 100)}
    return {name: ngettext(one, many, whole) % {"count": "#"} for name, whole in wholes.items()}
