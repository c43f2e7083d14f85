"""Statements that every launch asks, worked out once and put to psycopg itself.

SQLAlchemy takes three times as long over a small statement as psycopg and Postgres together: for
the session, a greenlet, its cursor and its result, each made anew. Here it says what a statement
is, and psycopg does the rest, on the session's own connection and within its transaction.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, cast

import psycopg
from sqlalchemy import BindParameter, Connection, Delete, Insert, Select, TextClause, inspect
from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg
from sqlalchemy.exc import DBAPIError, MultipleResultsFound
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.types import NULLTYPE, TypeEngine

from service.models import Base

type Statement = Select[Any] | Insert | Delete | TextClause
type Convert = Callable[[Any], Any]

DIALECT = PGDialectAsync_psycopg()
FLOAT8 = psycopg.postgres.types["float8"].oid  # what all our fractions are; others are not asked
NOTHING: Mapping[str, Any] = MappingProxyType({})
CONNECTION = "the connection that statements are put to"


@dataclass(frozen=True, slots=True)
class _Written:
    """A statement as psycopg takes it: its text, what it always says, what has to be converted on
    the way there, and what its columns become."""

    text: str
    fixed: Mapping[str, Any]
    binds: Mapping[str, Convert]
    parts: Sequence["_Value | _Row"]


class Asked:
    """A statement; its rows are what SQLAlchemy would make of them, the session's own objects."""

    def __init__(self, statement: Statement, *, returning: Sequence[type[Base]] = ()) -> None:
        self.statement = (
            statement if not returning else cast("Any", statement).returning(*returning)
        )
        self._returning = returning

    async def one_or_none(self, session: AsyncSession, given: Mapping[str, Any]) -> Any | None:
        """The only row, if there is any."""
        rows = await self.all(session, given)
        if len(rows) > 1:
            raise MultipleResultsFound("a statement that asks for one row has found several")
        return rows[0] if rows else None

    async def all(self, session: AsyncSession, given: Mapping[str, Any] = NOTHING) -> list[Any]:
        """Every row: a tuple, or what it holds where that is one thing alone."""
        written = self._written
        if session.new or session.dirty or session.deleted:
            await session.flush()  # as SQLAlchemy does before it asks
        found = await _put(session, written, given)
        if not written.parts:
            return found
        made = [tuple(_each(session, written.parts, row)) for row in found]
        return [one[0] for one in made] if len(written.parts) == 1 else cast("list[Any]", made)

    @cached_property
    def _written(self) -> _Written:
        compiled = self.statement.compile(dialect=DIALECT)
        names = cast("dict[BindParameter[Any], str]", cast("Any", compiled).bind_names)
        converts = {
            name: bind.type.dialect_impl(DIALECT).bind_processor(DIALECT)
            for bind, name in names.items()
        }
        return _Written(
            text=str(compiled),
            fixed={name: bind.value for bind, name in names.items() if not bind.required},
            binds={name: convert for name, convert in converts.items() if convert is not None},
            parts=[_part(*one) for one in self._made_of],
        )

    @property
    def _made_of(self) -> Iterator[tuple[Any, TypeEngine[Any]]]:
        if isinstance(self.statement, Select):
            for one in self.statement.column_descriptions:
                yield one["expr"], one["type"]
        for kind in self._returning:
            yield kind, NULLTYPE


async def _put(session: AsyncSession, written: _Written, given: Mapping[str, Any]) -> list[Any]:
    values = {**written.fixed, **given}
    for name, convert in written.binds.items():
        values[name] = convert(values[name])
    connection = await _connection_of(session)
    driver = cast("psycopg.AsyncConnection[Any]", connection.connection.driver_connection)
    try:
        cursor = await driver.execute(cast("Any", written.text), values)
        has_rows = cursor.rownumber is not None  # to look at its description would make one
        return await cursor.fetchall() if has_rows else []
    except psycopg.Error as error:
        if driver.closed:  # else it would be asked to roll back, which it cannot any more
            await session.run_sync(_give_up)
        raise DBAPIError.instance(
            written.text, None, error, psycopg.Error, hide_parameters=True, dialect=DIALECT
        ) from error


def _give_up(session: Session) -> None:
    session.connection().invalidate()


async def _connection_of(session: AsyncSession) -> Connection:
    """The session's connection, for as long as it holds it."""
    held: Connection | None = session.info.get(CONNECTION)
    if held is None or held.closed:
        held = session.info[CONNECTION] = await session.run_sync(Session.connection)
    return held


@dataclass(frozen=True, slots=True)
class _Value:
    """One column by itself."""

    convert: Convert | None


@dataclass(frozen=True, slots=True)
class _Row:
    """All columns of a table, which make an object."""

    kind: type[Base]
    columns: Sequence[tuple[str, Convert | None]]


def _part(kind: object, column: TypeEngine[Any]) -> _Value | _Row:
    if not isinstance(kind, type):
        return _Value(_convert(column))
    columns = [(one.key, _convert(one.columns[0].type)) for one in inspect(kind).column_attrs]
    return _Row(kind, columns)


def _convert(column: TypeEngine[Any]) -> Convert | None:
    return column.dialect_impl(DIALECT).result_processor(DIALECT, FLOAT8)


def _each(
    session: AsyncSession, parts: Sequence[_Value | _Row], row: Sequence[Any]
) -> Iterator[Any]:
    place = 0
    for part in parts:
        if isinstance(part, _Value):
            yield part.convert(row[place]) if part.convert else row[place]
            place += 1
        else:
            end = place + len(part.columns)
            yield _object(session, part, row[place:end])
            place = end


def _object(session: AsyncSession, part: _Row, values: Sequence[Any]) -> Base | None:
    """The session's object of this row; the one that it has already, if so. None for what an outer
    join did not find."""
    if all(value is None for value in values):
        return None
    made = part.kind()
    held = cast("dict[str, Any]", made.__dict__)
    for (name, convert), value in zip(part.columns, values, strict=True):
        held[name] = convert(value) if convert else value
    make_transient_to_detached(made)
    known = session.identity_map.get(cast("Any", inspect(made).key))
    if known is not None:
        return known
    session.sync_session.add(made)
    return made
