"""Plain data to JSON primitives and back, checking every value that comes from another process."""

import dataclasses
import math
import types
from collections.abc import Mapping
from enum import Enum
from typing import Self, cast, get_args, get_origin, get_type_hints


class Primitives:
    """What a frozen dataclass of numbers, words, enums, tuples and its like inherits."""

    __slots__ = ()

    def to_primitives(self) -> dict[str, object]:
        """Only what JSON holds: tuples become lists, enums their values."""
        return cast("dict[str, object]", _plain(self))

    @classmethod
    def from_primitives(cls, primitives: Mapping[str, object]) -> Self:
        """The same value again; ValueError where a field is missing, unknown or of another kind.

        A field with a default may be missing: rows that were stored before it came stay readable.
        """
        hints = get_type_hints(cls)
        if not _required(cls) <= set(primitives) <= set(hints):
            raise ValueError(f"{cls.__name__} has other fields than {sorted(primitives)}")
        return cls(**{name: _typed(hints[name], value) for name, value in primitives.items()})


def _required(kind: type) -> set[str]:
    return {
        field.name
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [_plain(item) for item in cast("tuple[object, ...]", value)]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in cast("dict[str, object]", value).items()}
    return value


def _typed(hint: object, value: object) -> object:
    if isinstance(hint, types.UnionType):
        return _one_of(get_args(hint), value)
    if get_origin(hint) is tuple and isinstance(value, list):
        return tuple(_typed(get_args(hint)[0], item) for item in cast("list[object]", value))
    if get_origin(hint) is dict and isinstance(value, dict):
        members = cast("dict[str, object]", value)
        return {key: _typed(get_args(hint)[1], item) for key, item in members.items()}
    if isinstance(hint, type):
        return _scalar(hint, value)
    raise ValueError(f"{value!r} is no {hint}")


def _one_of(kinds: tuple[object, ...], value: object) -> object:
    if value is None and types.NoneType in kinds:
        return None
    for kind in kinds:
        if isinstance(kind, type) and type(value) is kind:
            return value
    [first, *_] = [kind for kind in kinds if kind is not types.NoneType]
    return _typed(first, value)


def _scalar(kind: type, value: object) -> object:
    if issubclass(kind, Primitives) and isinstance(value, dict):
        return kind.from_primitives(cast("dict[str, object]", value))
    if issubclass(kind, Enum):
        return kind(value)
    if kind is float and type(value) in (int, float) and math.isfinite(cast("float", value)):
        return float(cast("float", value))
    if kind is not float and type(value) is kind:
        return value
    raise ValueError(f"{value!r} is no {kind.__name__}")
