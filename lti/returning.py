"""The way back to the platform, with something to say there: LTI core 1.3, launch presentation."""

from lti.services import with_query

LONGEST_WORDS = 500


def with_words(return_url: str, *, message: str | None = None, error: str | None = None) -> str:
    """A platform's return address that carries a sentence for the person who comes back."""
    said = {"lti_msg": message, "lti_errormsg": error}
    given = {name: words[:LONGEST_WORDS] for name, words in said.items() if words}
    return with_query(return_url, given)
