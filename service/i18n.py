"""Every sentence that a person reads goes through here; catalogues hang on to it later."""

from gettext import NullTranslations

TRANSLATIONS = NullTranslations()


def _(sentence: str, **values: object) -> str:
    """The sentence in the reader's language, with `%(name)s` filled in as templates do."""
    translated = TRANSLATIONS.gettext(sentence)
    return translated % values if values else translated


def later(sentence: str) -> str:
    """Marks a sentence that is written down in a table and translated when it is shown."""
    return sentence
