"""Paint a phantom: tissue, speckle that moves with it, shadows, clutter, noise; and its contour."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.anatomy import Axes, axes_of, cavity, reflections
from inference.phantom import Floats, Heart, Phantom, Scan, Sway
from inference.ventricle import SHARES, Walls, phases, squeeze, volumes, walls

DEEPEST: Final = 180.0  # units covered by the speckle fields
WIDEST: Final = np.deg2rad(75.0)  # half angle covered by them
FLICKER_SECONDS: Final = 0.06  # how long the part of the speckle that is not carried lasts
FRAME_RULER: Final = 60.0  # units below the apex that the depth ruler reaches


@dataclass(frozen=True, slots=True)
class Grid:
    """Where every pixel lies: x, y in units; angle (radians) and range from the sector's apex."""

    x: Floats
    y: Floats
    angle: Floats
    range: Floats
    pixels_per_unit: float


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the heart's apex lies (units) and how its axis is turned (radians) in one frame."""

    x: float
    y: float
    turn: float


def paint(phantom: Phantom, times: Floats, size: int) -> NDArray[np.uint8]:
    """Render the phantom.

    times:   (T,) seconds, ascending, from 0.
    returns: (T, size, size) uint8 gray, black outside the sector.
    """
    frames = np.empty((len(times), size, size), np.uint8)
    for index, (gray, _) in enumerate(_painted(phantom, times, size)):
        frames[index] = gray
    return frames


def paint_with_cavity(
    phantom: Phantom, times: Floats, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """What `paint` and `cavity_masks` would give, without looking for the walls twice."""
    frames, masks = np.empty((2, len(times), size, size), np.uint8)
    for index, (gray, axes) in enumerate(_painted(phantom, times, size)):
        frames[index], masks[index] = gray, cavity(axes) > 0.5
    return frames, masks.astype(np.bool_)


def _painted(
    phantom: Phantom, times: Floats, size: int
) -> Iterator[tuple[NDArray[np.uint8], Axes]]:
    """Frame by frame, and where each pixel of it lies in the heart."""
    moments, poses = motion(phantom, times)
    rng = np.random.default_rng([phantom.seed, 1])
    grid = _grid(phantom.scan, size)
    canvas = _Canvas(phantom, grid, rng)
    seconds = np.diff(times, prepend=times[0] - 1)
    for moment, pose, since in zip(moments, poses, seconds, strict=True):
        axes = _seen(phantom.heart, grid, moment, pose)
        yield canvas.frame(axes, float(since)), axes


def motion(phantom: Phantom, times: Floats) -> tuple[list[Walls], list[Pose]]:
    """The ventricle and its pose at each time; the same whatever the size of the picture."""
    rng = np.random.default_rng([phantom.seed, 0])
    phase = phases(phantom.heart.rhythm, times, rng)
    return walls(phantom.heart, phase), _poses(phantom, times, phase, rng)


def cavity_masks(phantom: Phantom, times: Floats, size: int) -> NDArray[np.bool_]:
    """Where the left ventricle's cavity lies: (T, size, size), the frames of `paint`."""
    grid = _grid(phantom.scan, size)
    moments, poses = motion(phantom, times)
    heart = phantom.heart
    seen = [_seen(heart, grid, *moment) for moment in zip(moments, poses, strict=True)]
    return np.stack([cavity(axes) > 0.5 for axes in seen])


def contours(phantom: Phantom, times: Floats) -> NDArray[np.float64]:
    """The cavity's border in shares of the frame's side: (T, 130, 2) x, y, from base to base."""
    heart, extent = phantom.heart, phantom.scan.extent
    drawn: list[NDArray[np.float64]] = []
    for moment, pose in zip(*motion(phantom, times), strict=True):
        bend = heart.ventricle.bend * np.sin(np.pi * SHARES)
        across = np.concatenate([(bend - moment.septal_inner)[::-1], bend + moment.lateral_inner])
        along = moment.length * np.concatenate([SHARES[::-1], SHARES])
        cosine, sine = np.cos(pose.turn), np.sin(pose.turn)
        x = pose.x + across * cosine + along * sine
        y = pose.y + along * cosine - across * sine
        drawn.append(np.stack([(x + extent / 2) / extent, y / extent], axis=1))
    return np.stack(drawn)


def timed_volumes(phantom: Phantom, times: Floats) -> Floats:
    """The cavity's volume relative to its largest of a beat: (T,) float32, the frames of `paint`.

    Not what the picture shows, which may miss the axis.
    """
    rng = np.random.default_rng([phantom.seed, 0])
    return volumes(phantom.heart, phases(phantom.heart.rhythm, times, rng))


def _grid(scan: Scan, size: int) -> Grid:
    unit = scan.extent / size
    steps = (np.arange(size, dtype=np.float32) + 0.5) * unit
    x, y = np.meshgrid(steps - scan.extent / 2, steps)
    apart, down = x - scan.apex_x, y - scan.apex_y
    angle = np.arctan2(apart, down + 1e-6)
    return Grid(x=x, y=y, angle=angle, range=np.hypot(apart, down), pixels_per_unit=1 / unit)


def _poses(phantom: Phantom, times: Floats, phase: Floats, rng: np.random.Generator) -> list[Pose]:
    heart, scan = phantom.heart, phantom.scan
    away = _sway(heart.sway, times, rng)
    beat = squeeze(heart.rhythm, phase + np.float32(heart.sway.beat_shift))
    x = scan.apex_x + heart.offset + away[:, 0] + heart.sway.beat_x * beat
    y = scan.apex_y + heart.depth + away[:, 1] + heart.sway.beat_y * beat
    turn = heart.tilt + heart.sway.beat_turn * beat
    return [Pose(*map(float, pose)) for pose in zip(x, y, turn, strict=True)]


def _sway(sway: Sway, times: Floats, rng: np.random.Generator) -> NDArray[np.float64]:
    """The hand's tremor and slide and the patient's breath: (T, 2) units."""
    walk = np.cumsum(rng.normal(0, 1, (len(times), 2)), axis=0)
    walk = (walk - walk.mean(axis=0)) / (np.abs(walk - walk.mean(axis=0)).max() + 1e-6)
    breath = np.sin(2 * np.pi * times * sway.breath_per_second + rng.uniform(0, 2 * np.pi))
    away = sway.hand * walk
    away[:, 1] += sway.breath * breath
    away[:, 0] += sway.slide * times + 0.3 * sway.breath * breath
    return away


def _seen(heart: Heart, grid: Grid, moment: Walls, pose: Pose) -> Axes:
    right, down = grid.x - pose.x, grid.y - pose.y
    cosine, sine = np.float32(np.cos(pose.turn)), np.float32(np.sin(pose.turn))
    return axes_of(heart, moment, right * cosine - down * sine, right * sine + down * cosine)


class _Canvas:
    """The machine's side of the picture: what does not follow the heart, and what is remembered."""

    def __init__(self, phantom: Phantom, grid: Grid, rng: np.random.Generator) -> None:
        self._phantom, self._scan, self._grid, self._rng = phantom, phantom.scan, grid, rng
        scan = phantom.scan
        self._sector = (np.abs(grid.angle) < scan.half_angle) & (grid.range < scan.radius)
        self._sector &= grid.range > scan.footprint
        self._shade = _shade(scan, grid)
        self._haze = scan.haze * np.exp(-((grid.range / 26) ** 2))
        self._clutter = self._field()
        self._fleeting = self._look_up(self._clutter, grid.angle, grid.range)
        self._blotches = np.clip(self._soft(16), 0, 1)
        self._material = np.dstack(
            [
                self._look_up(self._field(), grid.angle, grid.range),
                self._look_up(self._field(), grid.angle, grid.range),
                np.exp(scan.patches * self._soft(24)),
            ]
        )
        ripple = cv2.GaussianBlur(rng.standard_normal((1, len(SHARES))), (0, 0), 1.5)[0]
        self._ripple = np.clip(2 * ripple, -1, 1).astype(np.float32)
        self._fog = scan.fog * np.clip(0.6 + 0.5 * self._soft(4), 0, 1.5)
        self._gain: float | None = None
        self._before: NDArray[Any] | None = None

    def frame(self, axes: Axes, seconds: float) -> NDArray[np.uint8]:
        """One frame, `seconds` after the one before."""
        scan, rng = self._scan, self._rng
        self._flicker(seconds)
        tissue, patches = self._tissue(axes)
        texture = scan.carried * tissue + (1 - scan.carried) * self._fleeting
        echo = reflections(self._phantom, axes, self._blotches, self._ripple) * self._shade
        echo *= ((1 - scan.speckle) + scan.speckle * texture * (0.7 + 0.3 * texture)) * patches
        echo += (self._haze + self._fog) * self._fleeting
        echo = cv2.GaussianBlur(echo, (0, 0), scan.blur * self._grid.pixels_per_unit)
        if self._before is not None:
            echo += scan.persistence * (self._before - echo)
        self._before = echo
        if self._gain is None:
            self._gain = scan.exposure / float(np.percentile(echo[self._sector], 99))
        image = 255 * np.clip(self._gain * echo / 255, 0, 1) ** scan.gamma
        grain = rng.standard_normal(image.shape, dtype=np.float32)
        image += scan.noise * grain * (0.3 + image / 180)
        image = (image - scan.reject) * (255 / (255 - scan.reject))
        gray = np.where(self._sector, np.clip(image, 0, 255), 0).astype(np.uint8)
        return _as_stored(scan, _marked(scan, gray))

    def _flicker(self, seconds: float) -> None:
        """Let the fleeting speckle decorrelate over `seconds`."""
        kept = float(np.exp(-seconds / FLICKER_SECONDS))
        turn, slip = self._rng.uniform(0, (2 * WIDEST, DEEPEST))
        fresh = self._look_up(self._clutter, self._grid.angle + turn, self._grid.range + slip)
        self._fleeting = kept * self._fleeting + (1 - kept) * fresh

    def _tissue(self, axes: Axes) -> tuple[Floats, Floats]:
        """The speckle of each pixel's material, some of which leaves the plane as it contracts,
        and how strongly that material answers.
        """
        x, y = _material_points(self._phantom, axes)
        scale = self._grid.pixels_per_unit
        columns, rows = x * scale + (x.shape[1] - 1) / 2, y * scale - 0.5
        looked_up = cv2.remap(
            self._material, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
        found = np.asarray(looked_up, np.float32)
        gone = self._scan.through * axes.walls.squeeze
        return (1 - gone) * found[..., 0] + gone * found[..., 1], found[..., 2]

    def _field(self) -> Floats:
        """Rayleigh speckle over range and angle, mean 1: its grains widen with depth."""
        scale = self._grid.pixels_per_unit
        shape = (int(DEEPEST * scale), int(2 * WIDEST * 70 * scale))
        sigma = 0.6 * self._scan.speckle_size * scale
        real, imaginary = self._rng.standard_normal((2, *shape), dtype=np.float32)
        real = cv2.GaussianBlur(real, (0, 0), sigmaX=1.5 * sigma, sigmaY=sigma)
        imaginary = cv2.GaussianBlur(imaginary, (0, 0), sigmaX=1.5 * sigma, sigmaY=sigma)
        field = np.sqrt(real * real + imaginary * imaginary)
        return field / field.mean()

    def _soft(self, cells: int) -> Floats:
        """Soft patches with deviation 0.8, the same at every resolution."""
        coarse = 0.8 * self._rng.standard_normal((cells, cells), dtype=np.float32)
        size = self._grid.x.shape[::-1]
        return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC), np.float32)

    def _look_up(self, field: Floats, angle: Floats, depth: Floats) -> Floats:
        rows, columns = field.shape
        x = ((angle / WIDEST + 1) / 2 * columns).astype(np.float32)
        y = (depth / DEEPEST * rows).astype(np.float32)
        found = cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        return np.asarray(found, np.float32)


def _shade(scan: Scan, grid: Grid) -> Floats:
    """Attenuation with depth, weaker beams at the flanks, and shadows."""
    shade = np.clip(1.15 - 0.35 * grid.range / scan.radius, 0.5, 1.2)
    shade *= 1 - scan.edge_loss * np.clip(np.abs(grid.angle) / scan.half_angle, 0, 1) ** 2
    for shadow in scan.shadows:
        ray = np.exp(-(((grid.angle - shadow.place * scan.half_angle) / shadow.width) ** 2))
        shade *= 1 - shadow.strength * ray * np.clip((grid.range - 12) / 25, 0, 1)
    return np.asarray(shade, np.float32)


def _material_points(phantom: Phantom, axes: Axes) -> tuple[Floats, Floats]:
    """Where each pixel's tissue lay at end diastole (units): speckle is carried with the wall."""
    heart, scan = phantom.heart, phantom.scan
    ventricle, now = heart.ventricle, axes.walls
    side = 2 * axes.lateral - 1
    leaning = 1 + side * ventricle.lean
    rest = ventricle.half_width * leaning
    full = max(float(now.septal_inner.max() + now.lateral_inner.max()) / 2, 1.0)
    gap = np.clip(np.abs(axes.across) - axes.inner, 0, None)
    pull = np.exp(-gap / 12)
    moved = axes.inner * (rest / (full * leaning) - 1)
    across = axes.across + side * moved * pull
    along = axes.along + (ventricle.length - now.length) * np.clip(axes.share, 0, 1.2) * pull
    cosine, sine = float(np.cos(heart.tilt)), float(np.sin(heart.tilt))
    x = across * cosine + along * sine + scan.apex_x + heart.offset
    y = along * cosine - across * sine + scan.apex_y + heart.depth
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def _marked(scan: Scan, gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The depth ruler beside the sector and the mark above it that EchoNet's frames still hold."""
    if not scan.marks:
        return gray
    unit = len(gray) / scan.extent
    centre = (scan.extent / 2 + scan.apex_x, scan.apex_y)
    reach = np.array([0.45, 0.62]) * FRAME_RULER
    slope = np.tan(scan.half_angle)
    ends = [
        (round((centre[0] + 9 + slope * down) * unit), round((centre[1] + down) * unit))
        for down in reach
    ]
    cv2.line(gray, ends[0], ends[1], (170,), max(1, round(unit)), cv2.LINE_AA)
    icon = (round((centre[0] + 9) * unit), round(max(2.0, centre[1] - 2) * unit))
    cv2.circle(gray, icon, max(1, round(1.5 * unit)), (190,), -1, cv2.LINE_AA)
    return gray


def _as_stored(scan: Scan, gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What a frame's JPEG leaves of it."""
    if scan.quality is None:
        return gray
    _, coded = cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, scan.quality])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)
