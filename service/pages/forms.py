"""What a browser sent, as pairs of text: no more of them than anybody needs, each one readable."""

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.exceptions import ClientException

FORM = "application/x-www-form-urlencoded"
# Whoever sends thousands wants us to count them.
MOST_FIELDS = 100


async def form_pairs(request: Request[Any, Any, Any]) -> list[tuple[str, str]]:
    """The fields of a form, in the one encoding that platforms and our own pages use; none if the
    body is anything else."""
    if request.content_type[0] != FORM:
        return []
    return pairs(await request.body())


def query_pairs(request: Request[Any, Any, Any]) -> list[tuple[str, str]]:
    """The parameters of an address."""
    return pairs(request.scope["query_string"])


def pairs(encoded: bytes) -> list[tuple[str, str]]:
    """Names and values; ClientException if they cannot be read in one way only."""
    try:
        return parse_qsl(
            encoded.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as error:
        raise ClientException("A form that cannot be read.") from error
