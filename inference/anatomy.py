"""Where each tissue of the heart lies in one frame, and how brightly it answers before speckle."""

from dataclasses import dataclass
from math import cos, sin
from typing import Final

import numpy as np

from inference.phantom import Dropout, Floats, Heart, Phantom
from inference.ventricle import SHARES, Walls

FINE: Final = np.linspace(0, 1, 513)
EDGE: Final = 0.7  # units over which one tissue becomes another
ANTERIOR: Final = 1.15  # the septal leaflet is the longer one


@dataclass(frozen=True, slots=True)
class Axes:
    """Every pixel in one frame's heart: along its axis from the apex, across toward the lateral
    wall (units); the walls there, each side's own; and whether it lies on the lateral side.
    """

    along: Floats
    across: Floats
    inner: Floats
    outer: Floats
    share: Floats
    lateral: Floats
    walls: Walls


def axes_of(heart: Heart, walls: Walls, across: Floats, along: Floats) -> Axes:
    """Look up the walls beside every pixel."""
    share = along / walls.length
    bent = across - heart.ventricle.bend * np.sin(np.pi * np.clip(share, 0, 1))
    lateral = (bent > 0).astype(np.float32)
    thick = (heart.ventricle.septal_wall + heart.ventricle.lateral_wall) / 2
    reach = (along + thick) / (walls.length + thick)
    return Axes(
        along=along,
        across=np.asarray(bent, np.float32),
        inner=_beside(share, walls.septal_inner, walls.lateral_inner, lateral),
        outer=_beside(reach, walls.septal_outer, walls.lateral_outer, lateral)
        * np.sqrt(np.clip(reach / 0.08, 0, 1)),
        share=share,
        lateral=lateral,
        walls=walls,
    )


def _beside(share: Floats, septal: Floats, lateral: Floats, side: Floats) -> Floats:
    """Each side's table at every share; finely drawn out first, which is faster than np.interp."""
    place = (np.clip(share, 0, 1) * (len(FINE) - 1)).astype(np.intp)
    left = np.interp(FINE, SHARES, septal).astype(np.float32)[place]
    right = np.interp(FINE, SHARES, lateral).astype(np.float32)[place]
    return np.where(side > 0, right, left)


def cavity(axes: Axes) -> Floats:
    """How much of each pixel is the left ventricle's cavity, 0..1."""
    closed = _step(axes.along) * _step(axes.walls.length - axes.along)
    return closed * _step(axes.inner - np.abs(axes.across))


def _step(distance: Floats) -> Floats:
    """0 outside, 1 inside, soft over the edge; distance in units, positive inside."""
    return np.clip(0.5 + distance / EDGE, 0, 1)


def reflections(phantom: Phantom, axes: Axes, blotches: Floats, ripple: Floats) -> Floats:
    """How brightly each pixel's tissue answers, 0..255.

    blotches: (H, W) what lies outside the heart, 0..1, large and soft.
    ripple:   (65,) how far trabeculae reach into the cavity along the wall, -1..1.
    """
    echoes = phantom.scan.echoes
    bright = echoes.background + echoes.blotches * blotches
    bright = np.maximum(bright, echoes.pericardium * _groove(phantom.heart, axes))
    bright = _right_heart(phantom, axes, bright)
    bright = _atria(phantom, axes, bright)
    bright = _muscle(phantom, axes, bright)
    bright = _within(phantom, axes, bright, ripple)
    return _valves(phantom, axes, bright)


def _groove(heart: Heart, axes: Axes) -> Floats:
    """The fat beside the lateral hinge, and the pericardium behind the atria."""
    around = heart.neighbours
    beside = float(axes.walls.lateral_outer[-1]) + 0.6 * around.groove
    away = np.hypot(axes.across - beside, (axes.along - axes.walls.length - 2) / 1.5)
    behind = heart.ventricle.length + around.left_atrium[1] + 0.5 * around.behind
    arc = np.exp(-(((axes.along - behind - 0.004 * axes.across**2) / around.behind) ** 2))
    return np.maximum(np.exp(-((away / around.groove) ** 2)), 0.8 * arc)


def _over(under: Floats, value: Floats | float, cover: Floats) -> Floats:
    return np.asarray(under + (value - under) * cover, np.float32)


def _muscle(phantom: Phantom, axes: Axes, bright: Floats) -> Floats:
    """The left ventricle's walls, the bright border of the septum, the pericardium beside it."""
    heart, echoes = phantom.heart, phantom.scan.echoes
    beside = np.abs(axes.across)
    outside = beside - axes.outer
    thick = (heart.ventricle.septal_wall + heart.ventricle.lateral_wall) / 2
    ends = _step(axes.along + thick) * _step(axes.walls.length + 1.5 - axes.along)
    wall = ends * _step(-outside)
    lateral = axes.lateral
    kept = _kept(echoes.dropouts, axes)
    value = (echoes.septum * (1 - lateral) + echoes.lateral * lateral) * kept
    border = np.exp(-(((beside - axes.inner - 0.8) / 1.1) ** 2))
    value = value + echoes.border * border * kept * (1 - 0.6 * lateral)
    line = np.exp(-(((outside - 1.2) / 1.4) ** 2)) * lateral
    line *= np.clip(axes.share, 0, 1) * (axes.share < 1.25)
    bright = _over(bright, value, wall)
    return np.maximum(bright, echoes.pericardium * line * kept)


def _kept(dropouts: tuple[Dropout, ...], axes: Axes) -> Floats:
    kept = np.ones(axes.share.shape, np.float32)
    for dropout in dropouts:
        gap = np.exp(-(((axes.share - dropout.place) / dropout.width) ** 2))
        kept *= 1 - dropout.strength * gap * (axes.lateral == dropout.lateral)
    return kept


def _within(phantom: Phantom, axes: Axes, bright: Floats, ripple: Floats) -> Floats:
    """The cavity, less its trabeculae and papillary muscles, which the volume counts as blood."""
    around, echoes = phantom.heart.neighbours, phantom.scan.echoes
    grown = around.trabeculae * _beside(axes.share, 0.4 * ripple, ripple, axes.lateral)
    grown = grown * np.clip(3 - 3 * axes.share, 0, 1)
    smaller = _step(axes.inner - grown - np.abs(axes.across))
    bright = _over(bright, echoes.cavity, np.minimum(cavity(axes), smaller))
    for place, size in around.papillary:
        edge = float(np.interp(place, SHARES, axes.walls.lateral_inner))
        middle = 0.95 * edge - 0.5 * size
        away = ((axes.across - middle) / size) ** 2 + (
            (axes.along - place * axes.walls.length) / (2.2 * size)
        ) ** 2
        bright = _over(bright, 0.9 * echoes.lateral, np.clip(2.5 - 2.5 * away, 0, 1))
    return bright


def _right_heart(phantom: Phantom, axes: Axes, bright: Floats) -> Floats:
    """The right ventricle left of the septum: its own squeeze, its own annulus."""
    heart, echoes = phantom.heart, phantom.scan.echoes
    around, tight = heart.neighbours, axes.walls.squeeze
    septum = heart.ventricle.half_width * (1 - heart.ventricle.lean) + heart.ventricle.septal_wall
    width = around.right_half_width * (1 - around.right_squeeze * tight)
    base = heart.ventricle.length * (1 - around.right_shortening * tight)
    height = 0.5 * around.right_length * base
    across = axes.across + septum + width - 0.12 * (axes.along - base)
    away = np.hypot(across / width, (axes.along - base + 0.9 * height) / height)
    outside = (away - 1) * width
    cover = _step(base - axes.along)
    bright = _over(bright, echoes.right_wall, cover * _step(around.right_wall - outside))
    return _over(bright, echoes.cavity, cover * _step(-outside))


def _atria(phantom: Phantom, axes: Axes, bright: Floats) -> Floats:
    """Both atria hang below the valves: their roofs move with the base, their floors stay."""
    heart, echoes = phantom.heart, phantom.scan.echoes
    around, tight = heart.neighbours, axes.walls.squeeze
    base, floor = axes.walls.length, heart.ventricle.length
    grown = 1 + around.atrium_growth * tight
    wide, tall = around.left_atrium
    right_wide, right_tall = around.right_atrium
    between = -heart.ventricle.half_width * (1 - heart.ventricle.lean) - 1
    rooms = (
        (between + wide + 1.2, wide * (0.8 + 0.2 * grown), tall),
        (between - right_wide - 1.2, right_wide * (0.8 + 0.2 * grown), right_tall),
    )
    below = _step(axes.along - base)
    for middle, half_width, height in rooms:
        half = (floor + height * grown**0.5 - base) / 2
        away = np.hypot(
            (axes.across - middle) / half_width, (axes.along - base - 0.9 * half) / half
        )
        outside = (away - 1) * half_width
        bright = _over(bright, 0.8 * echoes.right_wall, below * _step(around.atrial_wall - outside))
        bright = _over(bright, echoes.cavity, below * _step(-outside))
    septum = _step(2.0 - np.abs(axes.across - between)) * below
    septum *= _step(floor + 0.8 * tall - axes.along)
    return np.maximum(bright, 0.8 * echoes.septum * septum)


def _valves(phantom: Phantom, axes: Axes, bright: Floats) -> Floats:
    """Two mitral leaflets that swing from their hinges, the hinges, and the tricuspid's line."""
    heart, echoes = phantom.heart, phantom.scan.echoes
    around, walls = heart.neighbours, axes.walls
    left, right = -float(walls.septal_inner[-1]), float(walls.lateral_inner[-1])
    opened = around.opening * walls.valve
    half = (right - left) / 2
    for hinge, inward, share in ((left, 1.0, ANTERIOR), (right, -1.0, 2 - ANTERIOR)):
        angle = 0.15 + 1.25 * opened
        reach = around.leaflet * half * share
        line = _near(axes, hinge, inward * reach * cos(angle), -reach * sin(angle))
        bright = np.maximum(bright, echoes.valve * line)
        spot = np.hypot(axes.across - hinge + 1.5 * inward, axes.along - walls.length)
        bright = np.maximum(bright, echoes.hinge * np.clip(1.6 - spot / 2.2, 0, 1))
    tricuspid = _near(axes, left - heart.ventricle.septal_wall, -1.7 * around.right_half_width, 0)
    return np.maximum(bright, 0.6 * echoes.valve * tricuspid * (1 - 0.7 * opened))


def _near(axes: Axes, hinge: float, across: float, along: float) -> Floats:
    """1 on the segment from a hinge of the valve's plane, 0 two units away."""
    x, y = axes.across - hinge, axes.along - axes.walls.length
    part = np.clip((x * across + y * along) / (across**2 + along**2 + 1e-6), 0, 1)
    return np.clip(1.7 - np.hypot(x - part * across, y - part * along) / 0.9, 0, 1)
