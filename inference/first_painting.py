"""Paint a phantom: tissue, speckle that moves with it, shadows, noise; and its cavity's mask."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.first_phantom import (
    Floats,
    Heart,
    Phantom,
    Scan,
    contraction,
    profile,
    ventricle_size,
)

DEEPEST: Final = 170.0  # units covered by the speckle fields
WIDEST: Final = np.deg2rad(70.0)  # half angle covered by them
FLICKER_SECONDS: Final = 0.06  # how long the part of the speckle that is not carried lasts


@dataclass(frozen=True, slots=True)
class Grid:
    """Where every pixel lies: x, y in units; angle (radians) and range from the sector's apex."""

    x: Floats
    y: Floats
    angle: Floats
    range: Floats
    pixels_per_unit: float


@dataclass(frozen=True, slots=True)
class Axes:
    """Every pixel in one frame's ventricle: along and across its axis, and the cavity there."""

    along: Floats
    across: Floats
    share: Floats
    cavity: Floats
    length: float
    half_width: float


def paint(phantom: Phantom, times: Floats, size: int) -> NDArray[np.uint8]:
    """Render the phantom.

    times:   (T,) seconds, ascending, from 0.
    returns: (T, size, size) uint8 gray, black outside the sector.
    """
    rng = np.random.default_rng([phantom.seed, 1])
    squeeze = contraction(phantom.heart, times, rng)
    drift = _drift(phantom.scan, times, rng)
    grid = _grid(phantom.scan, size)
    still = _Still(phantom.scan, grid, rng)
    frames = np.empty((len(times), size, size), np.uint8)
    before = -1.0
    for index, moment in enumerate(times):
        still.flicker(float(moment) - before, rng)
        before = float(moment)
        axes = _axes(phantom, grid, float(squeeze[index]), drift[index])
        frames[index] = _frame(phantom, axes, still, float(squeeze[index]), rng)
    return frames


def cavity_masks(phantom: Phantom, times: Floats, size: int) -> NDArray[np.bool_]:
    """Where the left ventricle's cavity lies: (T, size, size), the frames of `paint`."""
    rng = np.random.default_rng([phantom.seed, 1])
    squeeze = contraction(phantom.heart, times, rng)
    drift = _drift(phantom.scan, times, rng)
    grid = _grid(phantom.scan, size)
    masks = [
        _inside(_axes(phantom, grid, float(s), d)) for s, d in zip(squeeze, drift, strict=True)
    ]
    return np.stack(masks)


def timed_volumes(phantom: Phantom, times: Floats) -> Floats:
    """The cavity's volume relative to its largest: (T,) float32, the frames of `paint`."""
    rng = np.random.default_rng([phantom.seed, 1])
    squeeze = contraction(phantom.heart, times, rng)
    return (1 - phantom.heart.lvef / 100 * squeeze).astype(np.float32)


def _grid(scan: Scan, size: int) -> Grid:
    unit = scan.extent / size
    steps = (np.arange(size, dtype=np.float32) + 0.5) * unit
    x, y = np.meshgrid(steps - scan.extent / 2, steps)
    apart, down = x - scan.apex_x, y - scan.apex_y
    angle = np.arctan2(apart, down + 1e-6)
    return Grid(x=x, y=y, angle=angle, range=np.hypot(apart, down), pixels_per_unit=1 / unit)


def _drift(scan: Scan, times: Floats, rng: np.random.Generator) -> Floats:
    """The hand's tremor and the patient's breath: (T, 2) units."""
    walk = np.cumsum(rng.normal(0, 1, len(times)))
    walk = (walk - walk.mean()) / (np.abs(walk - walk.mean()).max() + 1e-6)
    breath = np.sin(2 * np.pi * times * rng.uniform(0.15, 0.3) + rng.uniform(0, 6))
    return (scan.drift * np.stack([walk, breath], axis=1)).astype(np.float32)


class _Still:
    """What does not follow the heart: sector, attenuation, shadows, haze, speckle fields."""

    def __init__(self, scan: Scan, grid: Grid, rng: np.random.Generator) -> None:
        self.grid = grid
        self._scan = scan
        self.sector = (np.abs(grid.angle) < scan.half_angle) & (grid.range < scan.radius)
        self.sector &= grid.range > 4
        self.shade = np.clip(1.15 - 0.35 * grid.range / scan.radius, 0.5, 1.2)
        for shadow in scan.shadows:
            ray = np.exp(-(((grid.angle - shadow.place * scan.half_angle) / shadow.width) ** 2))
            self.shade *= 1 - shadow.strength * ray * np.clip((grid.range - 12) / 25, 0, 1)
        self.haze = 25 * np.exp(-grid.range / 18)
        self.carried = self._field(rng)
        self.fleeting = self._look_up(self._field(rng), grid.angle, grid.range)

    def flicker(self, seconds: float, rng: np.random.Generator) -> None:
        """Let the fleeting speckle decorrelate over `seconds`."""
        kept = float(np.exp(-seconds / FLICKER_SECONDS))
        fresh = self._look_up(self._field(rng), self.grid.angle, self.grid.range)
        self.fleeting = kept * self.fleeting + (1 - kept) * fresh

    def tissue(self, x: Floats, y: Floats) -> Floats:
        """The carried speckle of the material points at x, y (units)."""
        apart, down = x - self._scan.apex_x, y - self._scan.apex_y
        return self._look_up(self.carried, np.arctan2(apart, down + 1e-6), np.hypot(apart, down))

    def _field(self, rng: np.random.Generator) -> Floats:
        """Rayleigh speckle over range and angle, mean 1: its grains widen with depth."""
        rows, columns = self._shape()
        sigma = 0.6 * self._scan.speckle_size * self.grid.pixels_per_unit
        real, imaginary = rng.standard_normal((2, rows, columns), dtype=np.float32)
        real = cv2.GaussianBlur(real, (0, 0), sigmaX=1.5 * sigma, sigmaY=sigma)
        imaginary = cv2.GaussianBlur(imaginary, (0, 0), sigmaX=1.5 * sigma, sigmaY=sigma)
        field = np.sqrt(real * real + imaginary * imaginary)
        return field / field.mean()

    def _shape(self) -> tuple[int, int]:
        """One row a pixel of range; one column a pixel of arc at 70 units."""
        scale = self.grid.pixels_per_unit
        return int(DEEPEST * scale), int(2 * WIDEST * 70 * scale)

    def _look_up(self, field: Floats, angle: Floats, depth: Floats) -> Floats:
        rows, columns = field.shape
        x = ((angle / WIDEST + 1) / 2 * columns).astype(np.float32)
        y = (depth / DEEPEST * rows).astype(np.float32)
        found = cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        return np.asarray(found, np.float32)


def _axes(phantom: Phantom, grid: Grid, squeeze: float, drift: Floats) -> Axes:
    heart, scan = phantom.heart, phantom.scan
    length, half_width = ventricle_size(heart, squeeze)
    right = grid.x - (scan.apex_x + heart.offset + drift[0])
    down = grid.y - (scan.apex_y + heart.depth + drift[1])
    cosine, sine = float(np.cos(heart.tilt)), float(np.sin(heart.tilt))
    along = right * sine + down * cosine
    share = along / length
    cavity = half_width * profile(heart, share)
    return Axes(along, right * cosine - down * sine, share, cavity, length, half_width)


def _inside(axes: Axes) -> NDArray[np.bool_]:
    return (axes.share >= 0) & (axes.share <= 1) & (np.abs(axes.across) < axes.cavity)


def _frame(
    phantom: Phantom, axes: Axes, still: _Still, squeeze: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    scan, scale = phantom.scan, still.grid.pixels_per_unit
    x, y = _material_points(phantom, axes, still.grid)
    texture = scan.carried * still.tissue(x, y) + (1 - scan.carried) * still.fleeting
    echo = _tissue(phantom, axes, squeeze) * still.shade
    echo *= (1 - scan.speckle) + scan.speckle * texture**1.3
    echo = cv2.GaussianBlur(echo + still.haze * still.fleeting, (0, 0), scan.blur * scale)
    image = 255 * np.clip(scan.gain * echo / 255, 0, 1) ** scan.gamma
    grain = rng.standard_normal(image.shape, dtype=np.float32)
    image += scan.noise * grain * (0.3 + image / 180)
    return np.where(still.sector, np.clip(image, 0, 255), 0).astype(np.uint8)


def _tissue(phantom: Phantom, axes: Axes, squeeze: float) -> Floats:
    """How brightly each pixel's tissue answers, 0..255, before speckle."""
    heart, scan = phantom.heart, phantom.scan
    thick = heart.wall * (1 + 0.55 * heart.lvef / 65 * squeeze)
    outer_share = (axes.along + thick) / (axes.length + thick)
    reach = (axes.half_width + thick) * profile(heart, outer_share)
    beside = np.abs(axes.across)
    outer = (outer_share >= 0) & (axes.share <= 1.02) & (beside < reach)
    bright = np.full(axes.along.shape, scan.background, np.float32)
    bright[outer] = scan.wall
    bright[outer & (axes.across < 0)] *= scan.septum
    bright[outer & (axes.across > 0)] *= scan.lateral
    bright[outer & (beside > reach - 1.6) & (axes.across > 0)] = scan.pericardium * scan.lateral
    bright[_other_chambers(heart, axes, squeeze) & ~outer | _inside(axes)] = scan.cavity
    bright[_leaflets(axes, squeeze)] = scan.valve
    return bright


def _other_chambers(heart: Heart, axes: Axes, squeeze: float) -> NDArray[np.bool_]:
    """The right ventricle left of the septum, and both atria below the valves."""
    moved = heart.lvef / 100 * squeeze
    across, along = axes.across, axes.along
    centre = -(heart.half_width + heart.wall) - heart.right_half_width + 2 * moved
    width = heart.right_half_width * (1 - 0.25 * moved)
    right = ((across - centre) / width) ** 2
    right += ((along - 0.62 * axes.length) / (0.42 * heart.length)) ** 2
    atrium = 0.42 * heart.length * (1 + 0.25 * moved)
    below = ((along - axes.length - 0.52 * atrium) / (0.55 * atrium)) ** 2
    wide = 0.95 * heart.half_width
    left_atrium = (across / wide) ** 2 + below < 1
    right_atrium = ((across + 2 * heart.half_width + heart.wall) / wide) ** 2 + below < 1
    ventricle = (right < 1) & (along < axes.length)
    return ventricle | (left_atrium | right_atrium) & (along > axes.length)


def _leaflets(axes: Axes, squeeze: float) -> NDArray[np.bool_]:
    """The mitral leaflets: shut in systole, open in diastole."""
    opened = float(np.clip(1 - 4 * squeeze, 0, 1)) * 0.55 * axes.half_width
    beside = np.abs(axes.across)
    hang = np.clip(0.9 * axes.half_width - beside, 0, None) * opened / axes.half_width
    near = np.abs(axes.along - (axes.length - hang)) < 1.0
    return near & (beside < 0.95 * axes.half_width) & (beside > 0.25 * opened)


def _material_points(phantom: Phantom, axes: Axes, grid: Grid) -> tuple[Floats, Floats]:
    """Where each pixel's tissue lay at end diastole (units): speckle is carried with the wall."""
    heart, scan = phantom.heart, phantom.scan
    gap = np.clip(np.abs(axes.across) - axes.cavity, 0, None)
    pull = np.exp(-gap / 12)
    rest = heart.half_width * profile(heart, np.clip(axes.share, 0, 1))
    across = axes.across + np.sign(axes.across) * (rest - axes.cavity) * pull
    stretch = (heart.length - axes.length) * np.clip(axes.share, 0, 1.2)
    along = axes.along + stretch * pull
    cosine, sine = float(np.cos(heart.tilt)), float(np.sin(heart.tilt))
    x = across * cosine + along * sine + scan.apex_x + heart.offset
    y = along * cosine - across * sine + scan.apex_y + heart.depth
    return np.asarray(x, np.float32), np.asarray(y, np.float32)
