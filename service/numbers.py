"""Numbers as people type them."""


def number(typed: str) -> float | None:
    """A number with a comma or a point; None if it is none."""
    digits = typed.strip().replace(",", ".")
    if len(digits) > 8 or not digits.isascii() or not digits.replace(".", "", 1).isdecimal():
        return None
    return float(digits)
