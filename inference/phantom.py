"""Synthetic apical four-chamber hearts whose ejection fraction is known exactly.

Lengths are in units of 1/112 of EchoNet's frame, so that a phantom has the same shape at every
resolution. What a failing heart tends to look like (wider, rounder, thinner walls, a larger left
atrium, a base that moves less) is drawn with wide scatter, and one heart in five breaks the rule.
All that moves besides the ventricle (the right heart, valves, the whole heart, the probe, the
breath) is drawn without regard to the LVEF: a network that mistakes it for contraction is wrong.
Ranges come from textbooks and from looking at real clips, never from their ejection fractions.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.floating[Any]]

FRAME_UNITS: Final = 112.0
LOWEST_LVEF: Final = 8.0
HIGHEST_LVEF: Final = 78.0
KNOTS: Final = 5  # places along a wall, from apex to base, that may move differently
RULE_BREAKERS: Final = 0.2  # hearts whose looks tell nothing of their LVEF


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When the heart beats; the shares are of one beat or of its filling.

    lag: how much later the lateral wall contracts than the septum, a share of the beat.
    """

    heart_rate: float
    irregularity: float
    early_beats: bool
    systole: float
    early_filling: float
    atrial_kick: bool
    lag: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ventricle:
    """The left ventricle at end diastole, and how its walls share the work.

    apex_share, taper: where the bullet is widest (0..1 from the apex), and how it narrows below.
    lean:              how much more of the width lies on the lateral side, -1..1.
    slice_offset:      how far the image plane misses the axis at the apex and at the base.
    slice_motion:      how far the plane slips through the heart with every beat.
    shortening:        fall of the length at full contraction, a share.
    septum, lateral:   relative inward motion at five places from apex to base.
    """

    length: float
    half_width: float
    apex_share: float
    taper: float
    lean: float
    bend: float
    septal_wall: float
    lateral_wall: float
    slice_offset: tuple[float, float]
    slice_motion: float
    shortening: float
    septum: tuple[float, ...]
    lateral: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The right heart, the atria and the valves: none of them knows the LVEF.

    right_squeeze, right_shortening: shares by which the right ventricle narrows and shortens.
    atrium_growth: how much wider and longer the atria become while the ventricle contracts.
    groove, behind: sizes of the bright fat beside the lateral hinge and of what lies behind.
    """

    right_half_width: float
    right_length: float
    right_squeeze: float
    right_shortening: float
    right_wall: float
    left_atrium: tuple[float, float]
    right_atrium: tuple[float, float]
    atrium_growth: float
    atrial_wall: float
    groove: float
    behind: float
    opening: float
    leaflet: float
    papillary: tuple[tuple[float, float], ...]
    trabeculae: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sway:
    """Motion of the whole heart in units and radians: with the beat, the breath and the hand."""

    beat_x: float
    beat_y: float
    beat_turn: float
    beat_shift: float
    breath: float
    breath_per_second: float
    hand: float
    slide: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Heart:
    """One heart: how it beats, its shape, what lies around it and where it lies."""

    lvef: float
    rhythm: Rhythm
    ventricle: Ventricle
    neighbours: Neighbours
    sway: Sway
    tilt: float
    depth: float
    offset: float

    @property
    def heart_rate(self) -> float:
        """Beats per minute."""
        return self.rhythm.heart_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """One dark ray: where it lies (-1..1 of the half angle), its width (radians), its strength."""

    place: float
    width: float
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropout:
    """A stretch of wall that answers weakly: its side, place and width along it, its strength."""

    lateral: bool
    place: float
    width: float
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Echoes:
    """How brightly each tissue answers, 0..255, before gain."""

    septum: float
    lateral: float
    border: float
    pericardium: float
    valve: float
    hinge: float
    background: float
    blotches: float
    cavity: float
    right_wall: float
    dropouts: tuple[Dropout, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """How the machine sees the heart: sector, gain, speckle, noise; brightness is 0..255.

    exposure:    the level of all but the brightest hundredth of the first frame.
    reject:      levels below it become black, as a scanner's reject does.
    haze, fog:   clutter near the probe, and gray noise over everything.
    carried:     the share of the speckle that moves with the tissue.
    through:     the share of it that changes when the heart contracts, as tissue leaves the plane.
    patches:     how unevenly tissue answers over a few units.
    persistence: how much of the frame before remains.
    quality:     of the JPEG frames that a file once held; None for none.
    marks:       whether a depth ruler stands beside the sector.
    """

    extent: float
    half_angle: float
    apex_x: float
    apex_y: float
    radius: float
    footprint: float
    exposure: float
    gamma: float
    reject: float
    noise: float
    haze: float
    fog: float
    blur: float
    speckle: float
    speckle_size: float
    carried: float
    through: float
    patches: float
    persistence: float
    edge_loss: float
    quality: int | None
    marks: bool
    shadows: tuple[Shadow, ...]
    echoes: Echoes


@dataclass(frozen=True, slots=True, kw_only=True)
class Phantom:
    """A heart, the machine that looks at it, and the seed of its speckle and rhythm."""

    heart: Heart
    scan: Scan
    seed: int


def draw_phantom(seed: int, *, lvef: float | None = None) -> Phantom:
    """Draw one phantom; `lvef` in percent, uniform over 8..78 when not given."""
    rng = np.random.default_rng(seed)
    chosen = float(rng.uniform(LOWEST_LVEF, HIGHEST_LVEF)) if lvef is None else lvef
    return Phantom(heart=_draw_heart(rng, chosen), scan=_draw_scan(rng), seed=seed)


def _draw_heart(rng: np.random.Generator, lvef: float) -> Heart:
    failing = float(np.clip((52 - lvef) / 34, 0, 1))
    looks = float(rng.uniform()) if rng.random() < RULE_BREAKERS else failing
    ventricle = _draw_ventricle(rng, lvef, looks)
    return Heart(
        lvef=lvef,
        rhythm=_draw_rhythm(rng, looks),
        ventricle=ventricle,
        neighbours=_draw_neighbours(rng, ventricle, looks),
        sway=_draw_sway(rng),
        tilt=float(np.deg2rad(rng.normal(-2, 8))),
        depth=float(rng.uniform(3, 20)),
        offset=float(rng.normal(3, 4.5)),
    )


def _draw_rhythm(rng: np.random.Generator, looks: float) -> Rhythm:
    heart_rate = float(np.clip(rng.normal(70 + 10 * looks, 18), 40, 140))
    beat = 60 / heart_rate
    irregular = rng.random() < 0.25
    return Rhythm(
        heart_rate=heart_rate,
        irregularity=float(rng.uniform(0.08, 0.3)) if irregular else float(rng.uniform(0, 0.04)),
        early_beats=bool(rng.random() < 0.06),
        systole=float(np.clip((0.18 + 0.13 * beat) / beat * rng.uniform(0.88, 1.12), 0.24, 0.55)),
        early_filling=float(rng.uniform(0.5, 0.9)),
        atrial_kick=not irregular or bool(rng.random() < 0.4),
        lag=float(rng.uniform(0, 0.1)) if rng.random() < 0.3 else 0.0,
    )


def _draw_ventricle(rng: np.random.Generator, lvef: float, looks: float) -> Ventricle:
    length = float(np.clip(rng.normal(57 + 5 * looks, 6), 42, 78))
    wide = float(np.clip(rng.normal(0.30 + 0.085 * looks, 0.04), 0.20, 0.46))
    wall = float(np.clip(rng.normal(6.2 - 1.2 * looks, 1.3), 3, 10))
    regional = float(rng.choice([0.12, 0.3, 0.7])) * (0.5 + 0.5 * looks)
    moves = _draw_motion(rng, regional)
    return Ventricle(
        length=length,
        half_width=length * wide,
        apex_share=float(np.clip(rng.normal(0.55 + 0.05 * looks, 0.07), 0.4, 0.75)),
        taper=float(rng.uniform(0.05, 0.4)),
        lean=float(rng.normal(0.08, 0.1)),
        bend=float(rng.normal(0, 2.5)),
        septal_wall=wall * float(rng.uniform(0.85, 1.25)),
        lateral_wall=wall * float(rng.uniform(0.85, 1.25)),
        slice_offset=(
            float(abs(rng.normal(0, 0.16))) * length * wide,
            float(rng.normal(0, 0.15)) * length * wide,
        ),
        slice_motion=float(rng.normal(0, 0.06)) * length * wide,
        shortening=float(
            np.clip(lvef / 100 * rng.uniform(0.14, 0.34) + rng.normal(0, 0.01), 0, 0.3)
        ),
        septum=tuple(moves[0].tolist()),
        lateral=tuple(moves[1].tolist()),
    )


def _draw_motion(rng: np.random.Generator, regional: float) -> NDArray[np.float64]:
    """Relative inward motion of both walls, apex to base: (2, 5), mean 1, at most 1.7.

    Below zero where a wall bulges outward.
    """
    walk = np.pad(rng.normal(0, 1, (2, KNOTS)), [(0, 0), (1, 1)], mode="edge")
    smooth = 0.3 * walk[:, :-2] + 0.5 * walk[:, 1:-1] + 0.3 * walk[:, 2:]
    smooth -= smooth.mean()
    return 1 + smooth * min(regional, 0.7 / float(smooth.max()))


def _draw_neighbours(rng: np.random.Generator, ventricle: Ventricle, looks: float) -> Neighbours:
    wide = ventricle.half_width
    left = float(np.clip(rng.normal(0.85 + 0.2 * looks, 0.15), 0.5, 1.3))
    papillary = [(float(rng.uniform(0.3, 0.65)), float(rng.uniform(2, 5.5))) for _ in range(2)]
    return Neighbours(
        right_half_width=float(rng.uniform(6, 17)),
        right_length=float(rng.uniform(0.65, 0.95)),
        right_squeeze=float(rng.uniform(0.05, 0.5)),
        right_shortening=float(rng.uniform(0.02, 0.28)),
        right_wall=float(rng.uniform(1.5, 4)),
        left_atrium=(wide * left, ventricle.length * float(rng.uniform(0.3, 0.7))),
        right_atrium=(float(rng.uniform(9, 19)), ventricle.length * float(rng.uniform(0.3, 0.65))),
        atrium_growth=float(rng.uniform(0, 0.35)),
        atrial_wall=float(rng.uniform(0, 3)),
        groove=float(rng.uniform(3, 10)),
        behind=float(rng.uniform(2, 7)),
        opening=float(rng.uniform(0.35, 1.0)),
        leaflet=float(rng.uniform(0.75, 1.15)),
        papillary=tuple(papillary[: int(rng.integers(0, 3))]),
        trabeculae=float(rng.uniform(0, 1.6)),
    )


def _draw_sway(rng: np.random.Generator) -> Sway:
    strong = float(rng.choice([0.4, 1.0, 1.8]))
    return Sway(
        beat_x=float(rng.normal(0, 1.4)) * strong,
        beat_y=float(rng.normal(0, 1.4)) * strong,
        beat_turn=float(np.deg2rad(rng.normal(0, 2.0))) * strong,
        beat_shift=float(rng.uniform(-0.25, 0.25)),
        breath=float(rng.uniform(0, 2.5)) * strong,
        breath_per_second=float(rng.uniform(0.15, 0.4)),
        hand=float(rng.uniform(0, 1.2)) * strong,
        slide=float(rng.normal(0, 0.8)) * strong,
    )


def _draw_scan(rng: np.random.Generator) -> Scan:
    whole = rng.random() < 0.3  # a whole sector, or one cut by the frame as EchoNet's are
    poor = float(rng.choice([0, 0, 0.5, 1.0]))
    return Scan(
        extent=FRAME_UNITS * float(rng.uniform(1.02, 1.25) if whole else 1),
        half_angle=float(np.deg2rad(rng.uniform(35, 46) if whole else rng.uniform(42, 48))),
        apex_x=float(rng.normal(2, 4)),
        apex_y=float(rng.uniform(0, 14)),
        radius=float(rng.uniform(98, 116) if whole else rng.uniform(104, 150)),
        footprint=float(rng.uniform(3, 9)),
        exposure=float(rng.uniform(150, 300)),
        gamma=float(rng.uniform(0.8, 1.6)),
        reject=float(max(0.0, rng.uniform(-15, 18))),
        noise=float(rng.uniform(1, 6 + 6 * poor)),
        haze=float(rng.uniform(0, 70)),
        fog=float(max(0.0, rng.uniform(-20, 15 + 35 * poor))),
        blur=float(rng.uniform(0.3, 0.85)),
        speckle=float(rng.uniform(0.45, 1.0)),
        speckle_size=float(rng.uniform(0.5, 1.4)),
        carried=float(rng.uniform(0.5, 0.92)),
        through=float(rng.uniform(0, 0.8)),
        patches=float(rng.uniform(0.1, 0.9)),
        persistence=float(max(0.0, rng.uniform(-0.3, 0.5))),
        edge_loss=float(rng.uniform(0, 0.6)),
        quality=int(rng.integers(25, 95)) if rng.random() < 0.5 else None,
        marks=bool(not whole and rng.random() < 0.6),
        shadows=tuple(_draw_shadow(rng) for _ in range(int(rng.integers(0, 4 + int(2 * poor))))),
        echoes=_draw_echoes(rng, poor),
    )


def _draw_shadow(rng: np.random.Generator) -> Shadow:
    return Shadow(
        place=float(rng.uniform(-1.1, 1.1)),
        width=float(rng.uniform(0.04, 0.2)),
        strength=float(rng.uniform(0.3, 1.0)),
    )


def _draw_echoes(rng: np.random.Generator, poor: float) -> Echoes:
    septum = float(rng.uniform(70, 190))
    return Echoes(
        septum=septum,
        lateral=septum * float(rng.uniform(0.45, 1.25)),
        border=float(rng.uniform(0, 90)),
        pericardium=float(rng.uniform(60, 240)),
        valve=float(rng.uniform(70, 220)),
        hinge=float(rng.uniform(60, 240)),
        background=float(rng.uniform(0, 70)),
        blotches=float(rng.uniform(0, 130)),
        cavity=float(rng.uniform(0, 16)),
        right_wall=septum * float(rng.uniform(0.2, 0.9)),
        dropouts=tuple(_draw_dropout(rng) for _ in range(int(rng.integers(0, 4 + int(3 * poor))))),
    )


def _draw_dropout(rng: np.random.Generator) -> Dropout:
    return Dropout(
        lateral=bool(rng.random() < 0.7),
        place=float(rng.uniform(0, 1)),
        width=float(rng.uniform(0.08, 0.35)),
        strength=float(rng.uniform(0.4, 1.0)),
    )
