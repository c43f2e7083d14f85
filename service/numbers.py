"""Numbers as people type and read them."""

from babel.numbers import get_decimal_symbol
from babel.units import format_unit

from service.i18n import locale

MINUS = "\N{MINUS SIGN}"


def number(typed: str) -> float | None:
    """A number with a comma or a point; None if it is none."""
    digits = typed.strip().replace(",", ".")
    if len(digits) > 8 or not digits.isascii() or not digits.replace(".", "", 1).isdecimal():
        return None
    return float(digits)


def decimal(value: float, places: int | None = None) -> str:
    """A number as it is written in the reader's language; with so many decimals, or as many as it
    needs."""
    said = f"{value:g}" if places is None else f"{value:.{places}f}"
    return said.replace(".", decimal_mark())


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
