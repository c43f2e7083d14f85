"""A page for each installed model: what it learnt from, where it fails, and how far it errs.

It belongs to no launch and tells nothing of any clip: whoever has its address may read it.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from litestar import route
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from inference.cards import (
    DEEPLAB,
    ECHONET,
    OUTLINER_CARD,
    PHANTOM,
    PHANTOM_OUTLINER_CARD,
    PHANTOM_UNET,
    NoVerifiedWeights,
    read_facts,
    read_outliner_facts,
)
from service.i18n import _, later, speak
from service.numbers import decimal, signed
from service.pages.explained import OUTLINER, PHANTOM_OUTLINER
from service.pages.site import GET_OR_HEAD, Site, page
from service.settings import DEMO_MODELS, Settings

UNKNOWN = "–"
ECHONET_SOURCES = (
    "Ouyang et al., Nature 2020;580:252 (doi 10.1038/s41586-020-2145-8)",
    "github.com/echonet/dynamic, release v1.0.0",
)
ECHONET_FAILS = (
    later(
        "Children, contrast, congenital disease, severe arrhythmia and poor windows were no part "
        "of what it was validated on."
    ),
    later(
        "It reads a number from any moving picture: whether it is an apical four-chamber view has "
        "to be checked before."
    ),
    later("At another hospital than the one that it learnt at, it erred half as much again."),
)
OUTLINER_FAILS = (
    later(
        "It has learnt from the apical four-chamber views of one hospital's adults. Elsewhere it "
        "may take another cavity for the ventricle, or lose a border that can hardly be seen."
    ),
    later(
        "No ejection fraction and no volume is taken from its outlines: even perfect ones in a "
        "single plane miss it by nine points."
    ),
)
PHANTOM_OUTLINER_FAILS = (
    later(
        "It has learnt from drawn four-chamber views alone, and outlines something in any picture: "
        "so no real clip is ever given to it, however it looks."
    ),
    OUTLINER_FAILS[1],
)
PHANTOM_FAILS = (
    later(
        "Its error on real hearts is unknown: no range is shown there, and nobody is scored "
        "against it."
    ),
    later(
        "It knows nothing but drawn four-chamber views. It reads a number from anything that moves."
    ),
    later(
        "It sees the upper middle of the sector alone, where the ventricle lies in this view, and "
        "errs more on small ones."
    ),
    later(
        "It errs more where the walls can hardly be seen, and where parts of a clip are read "
        "differently."
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureView:
    """How far a model errs on one set of hearts, in points; "–" where it is not known."""

    hearts: str
    mean_error: str
    bias: str
    constant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCardView:
    """All that is known of a model: what it learnt from, where it fails, how far it errs."""

    name: str
    label: str | None
    learnt_from: str
    fails: tuple[str, ...]
    figures: tuple[FigureView, ...]
    honesty: tuple[str, ...]  # what its ranges and its order are worth
    sources: tuple[str, ...]
    licence: str
    facts: tuple[tuple[str, str], ...]


def address(sha256: str) -> str:
    """Where the page of a model is."""
    return f"/models/{sha256}"


@route("/models/{sha256:str}", http_method=GET_OR_HEAD, status_code=200)
async def show_model(
    sha256: FromPath[str], site: NamedDependency[Site], lang: FromQuery[str | None] = None
) -> Template:
    """The card of an installed model; of one that was replaced, that it is gone."""
    speak(lang)
    facts = known_models(site.settings).get(sha256)
    card = None if facts is None else draw_card(facts)
    return page("model", card=card, status=200 if card else 404)


def known_models(settings: Settings) -> dict[str, dict[str, object]]:
    """The cards of the model that reads here, of the one that came with the tool, and of those
    that outline."""
    cards = [read_facts(each) for each in {settings.models_folder, DEMO_MODELS}]
    known = {str(card["sha256"]): card for card in cards}
    outliners = (
        (OUTLINER, settings.outliners_folder, OUTLINER_CARD),
        (PHANTOM_OUTLINER, DEMO_MODELS, PHANTOM_OUTLINER_CARD),
    )
    for name, folder, file in outliners:
        with suppress(NoVerifiedWeights):  # the broken card of one model hides no page of another
            outliner = read_outliner_facts(folder, file)
            if outliner is not None:
                known |= {name: outliner, str(outliner["sha256"]): outliner}
    return known


def draw_card(facts: Mapping[str, object]) -> ModelCardView:
    """What there is to know of a model, in words."""
    network = facts.get("network", PHANTOM)
    draw = DRAWN_BY.get(str(network), draw_phantom_model)
    label = facts.get("label")
    return draw(facts, str(facts["name"]), None if label is None else _(str(label)))


def draw_phantom_model(facts: Mapping[str, object], name: str, label: str | None) -> ModelCardView:
    """The model that came with the tool, or one that the same command has trained anew."""
    training = cast("dict[str, Any]", facts.get("training", {}))
    held_out = cast("dict[str, Any]", facts["held_out"])
    figures = figures_of(held_out, _("Drawn hearts that it never saw"))
    if first := cast("dict[str, Any] | None", facts.get("first_generator")):
        figures += figures_of(first, _("Hearts drawn by another, simpler program"))[:1]
    if unlearnt := cast("dict[str, Any] | None", facts.get("unlearnt_looks")):
        figures += figures_of(unlearnt, _("Drawn hearts in looks that it never learnt"))[:1]
    if others := cast("dict[str, Any] | None", facts.get("other_looks")):
        figures += figures_of(others, _("Drawn hearts in looks far stronger than it learnt"))[:1]
    return ModelCardView(
        name=name,
        label=label,
        learnt_from=drawn_hearts(training),
        fails=tuple(_(sentence) for sentence in PHANTOM_FAILS),
        figures=figures,
        honesty=honesty(held_out),
        sources=("python -m inference.train_phantom; python -m tests.bench.bench_phantom",),
        licence=_("That of this tool (MIT)."),
        facts=trained_here(facts, training),
    )


def draw_phantom_outliner(
    facts: Mapping[str, object], name: str, label: str | None
) -> ModelCardView:
    """The model that came with the tool, for drawn hearts that come without their border."""
    training = cast("dict[str, Any]", facts.get("training", {}))
    held_out = cast("dict[str, Any]", facts["held_out"])
    return ModelCardView(
        name=name,
        label=label,
        learnt_from=drawn_hearts(training),
        fails=tuple(_(sentence) for sentence in PHANTOM_OUTLINER_FAILS),
        figures=(),
        honesty=(
            _(
                "On %(count)s drawn hearts that it never saw, its outlines and the true cavities "
                "share %(share)s of their area (Dice; %(worst)s or less in the worst tenth). It "
                "finds %(found)s %% of end systoles within three frames.",
                count=held_out["phantoms"],
                share=decimal(held_out["dice"], 2),
                worst=decimal(held_out["dice_of_worst_tenth"], 2),
                found=round(100 * held_out["end_systole_within_3_frames"]),
            ),
        ),
        sources=("python -m inference.train_outliner",),
        licence=_("That of this tool (MIT)."),
        facts=trained_here(facts, training),
    )


def drawn_hearts(training: Mapping[str, Any]) -> str:
    """What the models that came with the tool have learnt from."""
    said = _(
        "%(count)s synthetic hearts whose ejection fraction is known exactly, drawn by the "
        "program that comes with this tool. No patient's picture was used, and it was never "
        "tuned to a real clip.",
        count=training.get("phantoms", UNKNOWN),
    )
    if by_first := training.get("by_first_generator"):
        said += " " + _("%(count)s of them are drawn by another, simpler program.", count=by_first)
    return said


def trained_here(
    facts: Mapping[str, object], training: Mapping[str, Any]
) -> tuple[tuple[str, str], ...]:
    """What it takes to have the same weights again."""
    return (
        (_("Weights (sha256)"), str(facts["sha256"])),
        (_("Seed of its hearts, and of those it is measured on"), seeds(facts)),
        (_("Processor seconds that training took"), str(training.get("cpu_seconds", UNKNOWN))),
    )


def seeds(facts: Mapping[str, object]) -> str:
    """Where the drawing of hearts begins."""
    return f"{facts.get('seed', UNKNOWN)}; {facts.get('held_out_seed', UNKNOWN)}"


def figures_of(held_out: Mapping[str, Any], hearts: str) -> tuple[FigureView, ...]:
    """All hearts of a set, then each band of LVEF."""
    count = held_out.get("phantoms", UNKNOWN)
    rows = [
        FigureView(
            hearts=f"{hearts} ({count})",
            mean_error=decimal(held_out["mae"], 1),
            bias=signed(held_out["bias"], 1),
            constant=decimal(held_out["constant_mae"], 1),
        )
    ]
    rows += [
        FigureView(
            hearts=_("of these, LVEF %(band)s %%", band=band.replace("-", "–")),
            mean_error=decimal(errors["mae"], 1),
            bias=signed(errors["bias"], 1),
            constant=UNKNOWN,
        )
        for band, errors in held_out["bands"].items()
    ]
    return tuple(rows)


def honesty(held_out: Mapping[str, Any]) -> tuple[str, ...]:
    """Whether its ranges hold, and whether it puts hearts in their order."""
    return (
        _(
            "%(share)s %% of its ranges held the true value; 80 %% are meant to.",
            share=round(100 * held_out["within_range"]),
        ),
        _(
            "Rank correlation with the true value: %(figure)s.",
            figure=decimal(held_out["rank_correlation"], 2),
        ),
    )


def draw_echonet(facts: Mapping[str, object], name: str, label: str | None) -> ModelCardView:
    """The published network, by its published figures: nothing of it is measured here."""
    return ModelCardView(
        name=name,
        label=label,
        learnt_from=_(
            "10,030 apical four-chamber clips of adults at one hospital, by its authors. This tool "
            "has trained nothing, and its operator has installed it."
        ),
        fails=tuple(_(sentence) for sentence in ECHONET_FAILS),
        figures=(
            FigureView(
                hearts=_("Clips of the same hospital"),
                mean_error="4.1",
                bias=UNKNOWN,
                constant="8.6",
            ),
            FigureView(
                hearts=_("Clips of another hospital"),
                mean_error="6.0",
                bias=UNKNOWN,
                constant=UNKNOWN,
            ),
        ),
        honesty=(_("Its range comes from the error at the other hospital (RMSE 7.7 points)."),),
        sources=ECHONET_SOURCES,
        licence=str(facts.get("licence", UNKNOWN)),
        facts=(
            (_("Weights (sha256)"), str(facts["sha256"])),
            (_("Published file (sha256)"), str(facts.get("published_sha256", UNKNOWN))),
        ),
    )


def draw_outliner(facts: Mapping[str, object], name: str, label: str | None) -> ModelCardView:
    """The published network that outlines the ventricle, by its published figure."""
    return ModelCardView(
        name=name,
        label=label,
        learnt_from=_(
            "The ventricle as experts drew it at end diastole and at end systole, in the same "
            "10,030 clips of adults at one hospital, by its authors. This tool has trained "
            "nothing, and its operator has installed it."
        ),
        fails=tuple(_(sentence) for sentence in OUTLINER_FAILS),
        figures=(),
        honesty=(
            _(
                "Its outlines and the experts' share %(share)s of their area (Dice), by its "
                "authors' figures.",
                share="0.92",
            ),
        ),
        sources=ECHONET_SOURCES,
        licence=str(facts.get("licence", UNKNOWN)),
        facts=(
            (_("Weights (sha256)"), str(facts["sha256"])),
            (_("Published file (sha256)"), str(facts.get("published_sha256", UNKNOWN))),
        ),
    )


DRAWN_BY = {
    ECHONET: draw_echonet,
    DEEPLAB: draw_outliner,
    PHANTOM_UNET: draw_phantom_outliner,
}
