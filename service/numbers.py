"""Numbers as people type and read them."""

MINUS = "\N{MINUS SIGN}"


def number(typed: str) -> float | None:
    """A number with a comma or a point; None if it is none."""
    digits = typed.strip().replace(",", ".")
    if len(digits) > 8 or not digits.isascii() or not digits.replace(".", "", 1).isdecimal():
        return None
    return float(digits)


def signed(value: float, places: int | None = None) -> str:
    """A number with its sign, a true minus among them; with so many decimals, or as many as it
    needs. What rounds to nothing has no sign."""
    said = f"{abs(value):g}" if places is None else f"{abs(value):.{places}f}"
    if not float(said):
        return said
    return f"{MINUS if value < 0 else '+'}{said}"
