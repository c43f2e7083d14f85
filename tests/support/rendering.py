"""Pages as the service would render them, for tests that need no service."""

from collections.abc import Iterator
from gettext import NullTranslations

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.numbers import decimal, decimal_mark, signed
from service.pages.views import (
    AttemptView,
    LaunchView,
)
from service.words import at_time, day
from tests.support.compiled import COMPILED
from tests.support.samples import AT_EACH_STEP, LAUNCH, OTHER_PAGES, TEMPLATES


def environment() -> Environment:
    """Jinja as the service sets it up."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=COMPILED,
    )
    found.install_gettext_translations(  # type: ignore[attr-defined]
        NullTranslations(), newstyle=True
    )
    found.filters |= {"decimal": decimal, "signed": signed, "day": day, "at_time": at_time}
    found.globals.update(
        static_version="abc",
        language=lambda: "en",
        direction=lambda: "ltr",
        isolated=str,
        decimal_mark=decimal_mark,
        languages={"en": "English", "ar": "العربية"},
    )
    return found


def page(
    templates: Environment, view: AttemptView, launch: LaunchView = LAUNCH, **more: object
) -> str:
    """An attempt's page."""
    found = templates.get_template("pages/attempt.html.jinja")
    return found.render(launch=launch, attempt=view, **more)


def every_page(templates: Environment, launch: LaunchView) -> Iterator[tuple[str, str]]:
    """Every page by the name of its step, or its own."""
    for step, view in AT_EACH_STEP.items():
        yield step.value, page(templates, view, launch)
    for name, context in OTHER_PAGES.items():
        template = templates.get_template(f"pages/{name}.html.jinja")
        yield name, template.render(launch=launch, **context)
