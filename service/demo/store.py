"""What this LMS remembers, in one SQLite file that survives a killed process."""

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from service.demo.choices import Item
from service.demo.flavours.plain import Held, Place, Plain, Ruling
from service.demo.platform import Activity, Column
from service.demo.schema import SCHEMA
from service.demo.scores import Score
from service.demo.tools import Client, Tool

HINT_LIFETIME = timedelta(minutes=5)
TICKET_LIFETIME = timedelta(hours=1)
PICKS = ""  # in the place of an activity: a teacher is to pick some


@dataclass(frozen=True)
class Hint:
    """What an lti_message_hint stands for: this user opened this activity, there, in this tool; or
    PICKS, to choose activities. With a work_url, to see the work behind somebody's grade."""

    user_id: str
    activity: str
    document_target: str
    client_id: str
    work_url: str | None = None


@dataclass(frozen=True)
class Post:
    """A score POST, as the log below the gradebook keeps it."""

    received_at: datetime
    activity: str | None
    fields: dict[str, Any] = field(default_factory=dict[str, Any])


class Store:
    """Every query by name; each call blocks, so handlers run it in a thread."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "lms.sqlite3"
        with closing(sqlite3.connect(self._file)) as connection:
            connection.execute("pragma journal_mode = wal")
            connection.executescript(f"pragma synchronous = normal; begin; {SCHEMA} commit;")

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=10, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            # With the write-ahead log, what is committed outlives a killed process even so.
            connection.execute("pragma synchronous = normal")
            connection.execute("begin immediate")
            try:
                yield connection
            except BaseException:
                connection.execute("rollback")
                raise
            connection.execute("commit")

    def sign_in(self, user_id: str) -> str:
        """A new session of this user; the answer is its cookie."""
        session = secrets.token_urlsafe(24)
        with self._transaction() as db:
            db.execute("insert into session values (?, ?)", (_hashed(session), user_id))
        return session

    def signed_in(self, session: str) -> str | None:
        """The user of this session."""
        with self._transaction() as db:
            row = db.execute(
                "select user_id from session where id = ?", (_hashed(session),)
            ).fetchone()
        return row and row["user_id"]

    def make_hint(self, hint: Hint, now: datetime) -> str:
        """A hint that opens one launch, once."""
        made = secrets.token_urlsafe(24)
        oldest = (now - HINT_LIFETIME).timestamp()
        values = (made, *astuple(hint), now.timestamp())
        with self._transaction() as db:
            db.execute("delete from hint where made_at < ?", (oldest,))
            db.execute("insert into hint values (?, ?, ?, ?, ?, ?, ?)", values)
        return made

    def use_hint(self, hint: str, now: datetime) -> Hint | None:
        """What the hint stands for, the first time that anybody asks."""
        with self._transaction() as db:
            row = db.execute("delete from hint where id = ? returning *", (hint,)).fetchone()
        if row is None or row["made_at"] < (now - HINT_LIFETIME).timestamp():
            return None
        return Hint(*row[1:6])

    def make_ticket(self, client_id: str, now: datetime) -> str:
        """A ticket with which this tool may say, once, what a teacher has picked."""
        made = secrets.token_urlsafe(24)
        oldest = (now - TICKET_LIFETIME).timestamp()
        values = (_hashed(made), client_id, now.timestamp())
        with self._transaction() as db:
            db.execute("delete from ticket where made_at < ?", (oldest,))
            db.execute("insert into ticket values (?, ?, ?)", values)
        return made

    def add_activities(
        self, ticket: str, client_id: str, items: list[Item], *, after: int, now: datetime
    ) -> list[Activity] | None:
        """Put what was picked into the course, for a ticket; None where it is used or too old.

        after: the highest number of a column that is not in this store.
        """
        with self._transaction() as db:
            row = db.execute(
                "delete from ticket where id = ? and client_id = ? and made_at >= ? returning id",
                (_hashed(ticket), client_id, (now - TICKET_LIFETIME).timestamp()),
            ).fetchone()
            return [_add(db, client_id, item, after) for item in items] if row else None

    def activities(self) -> list[Activity]:
        """What teachers have added to the course."""
        with self._transaction() as db:
            return [_activity(row) for row in db.execute("select * from activity order by number")]

    def columns(self) -> dict[int, Column]:
        """What tools have made of columns, by number."""
        with self._transaction() as db:
            rows = db.execute("select number, fields from column_change").fetchall()
        return {row["number"]: Column(**json.loads(row["fields"])) for row in rows}

    def was_made(self, number: int) -> bool:
        """Whether a tool asked for this column, instead of a teacher."""
        with self._transaction() as db:
            row = db.execute(
                "select was_made from column_change where number = ?", (number,)
            ).fetchone()
        return bool(row and row["was_made"])

    def change_column(self, activity: Activity, column: Column, *, rescale: bool) -> None:
        """A tool changes a column, or takes it away; the grades in it are rescaled, or go too."""
        with self._transaction() as db:
            _write_column(db, activity.line_item or 0, column)
            if column.deleted:
                db.execute("delete from grade where activity = ?", (activity.id,))
            elif rescale:
                db.execute(
                    "update grade set result_score = result_score * ? where activity = ?",
                    (column.points / activity.points, activity.id),
                )

    def make_column(self, activity_id: str, column: Column, *, after: int) -> int | None:
        """A column for an activity that has none; its number, or None where it has one already."""
        place = int(activity_id.removeprefix("link-"))
        with self._transaction() as db:
            number = _next_column(db, after)
            made = db.execute(
                "update activity set line_item = ?, points = ?"
                " where number = ? and line_item is null",
                (number, column.points, place),
            )
            if made.rowcount == 0:
                return None
            _write_column(db, number, column, was_made=True)
        return number

    def make_page(self, client_id: str, column: Column, url: str | None, *, after: int) -> int:
        """A column with an activity of its own; its number."""
        with self._transaction() as db:
            number = _next_column(db, after)
            db.execute(
                "insert into activity (title, description, custom, client_id, url, points,"
                " resource_id, tag, line_item) values (?, '', '{}', ?, ?, ?, ?, ?, ?)",
                (
                    column.label,
                    client_id,
                    url,
                    column.points,
                    column.resource_id,
                    column.tag,
                    number,
                ),
            )
            _write_column(db, number, column, was_made=True)
        return number

    def put_tool(self, tool: Tool) -> None:
        """Remember a tool; one that is known by this client id stays as active as it was."""
        values = (*astuple(tool.client), tool.name, tool.dialect, tool.scope, tool.active)
        with self._transaction() as db:
            db.execute("insert or replace into tool values (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)

    def tools(self) -> list[Tool]:
        """Every tool that registered itself."""
        with self._transaction() as db:
            return [_tool(row) for row in db.execute("select * from tool order by rowid")]

    def tool(self, client_id: str) -> Tool | None:
        """The tool with this client id."""
        return next((tool for tool in self.tools() if tool.client.client_id == client_id), None)

    def activate_tool(self, client_id: str) -> bool:
        """Turn it on; whether there is such a tool."""
        with self._transaction() as db:
            done = db.execute("update tool set active = 1 where client_id = ?", (client_id,))
        return done.rowcount == 1

    def use_assertion(self, jti: str, expires_at: float, now: datetime) -> bool:
        """Whether this is the first use of an assertion's id."""
        with self._transaction() as db:
            db.execute("delete from assertion where expires_at < ?", (now.timestamp(),))
            used = db.execute("insert or ignore into assertion values (?, ?)", (jti, expires_at))
        return used.rowcount == 1

    def make_token(self, scopes: list[str], expires_at: datetime) -> str:
        """An access token for these scopes."""
        token = secrets.token_hex(16)
        values = (_hashed(token), " ".join(scopes), expires_at.timestamp())
        with self._transaction() as db:
            db.execute("insert into token values (?, ?, ?)", values)
        return token

    def scopes_of(self, token: str, now: datetime) -> list[str] | None:
        """What the token allows; None when it is unknown or has expired."""
        with self._transaction() as db:
            row = db.execute(
                "select scope from token where hash = ? and expires_at > ?",
                (_hashed(token), now.timestamp()),
            ).fetchone()
        return row and row["scope"].split()

    def grade(self, activity: Activity, score: Score, post: Post, flavour: Plain) -> None:
        """Writes what becomes of the grade, and its log entry, in one transaction."""
        with self._transaction() as db:
            place = Place(activity, *_held(db, activity.id, score.user_id))
            ruling = flavour.judge(score, place, post.received_at)
            _write_grade(db, (activity.id, score.user_id), ruling)
            if ruling.submits and score.work_url and flavour.launches_work:
                values = (activity.id, score.user_id, score.work_url)
                db.execute("insert or replace into work values (?, ?, ?)", values)
            _write_post(db, post, 200, ruling.words)

    def submissions_of(self, activity_id: str, user_id: str) -> int:
        """How often this learner has handed work in."""
        with self._transaction() as db:
            return _held(db, activity_id, user_id)[1]

    def teacher_sets(self, activity: Activity, user_id: str, points: float, now: datetime) -> None:
        """A teacher types a grade over whatever is there."""
        place = (activity.id, user_id)
        held = Held(points, activity.points, points, "by hand", now, by_hand=True)
        with self._transaction() as db:
            _write_grade(db, place, Ruling(held))
            db.execute("insert or ignore into by_hand values (?, ?)", place)

    def log(self, post: Post, status: int, reason: str) -> None:
        """Remembers a score POST that was refused."""
        with self._transaction() as db:
            _write_post(db, post, status, reason)

    def grades(self, activity: str | None = None) -> list[dict[str, Any]]:
        """Every grade, or those of one activity."""
        with self._transaction() as db:
            rows = db.execute(
                "select * from grade where activity = coalesce(?, activity)"
                " order by activity, user_id",
                (activity,),
            ).fetchall()
        return [dict(row) for row in rows]

    def works(self) -> dict[tuple[str, str], str]:
        """Where the work behind each grade is to be seen, by learner and activity."""
        with self._transaction() as db:
            rows = db.execute("select * from work").fetchall()
        return {(row["user_id"], row["activity"]): row["url"] for row in rows}

    def posts(self) -> list[dict[str, Any]]:
        """Every score POST that came in, newest first."""
        with self._transaction() as db:
            rows = [dict(row) for row in db.execute("select * from post order by id desc")]
        return [{**row, **json.loads(row.pop("fields"))} for row in rows]


def _next_column(db: sqlite3.Connection, after: int) -> int:
    row = db.execute("select coalesce(max(line_item), 0) from activity").fetchone()
    return max(after, row[0]) + 1


def _write_column(
    db: sqlite3.Connection, number: int, column: Column, *, was_made: bool = False
) -> None:
    fields = json.dumps({**vars(column), "extensions": dict(column.extensions)})
    db.execute(
        "insert into column_change values (?, ?, ?)"
        " on conflict (number) do update set fields = excluded.fields",
        (number, fields, was_made),
    )


def _tool(row: sqlite3.Row) -> Tool:
    return Tool(Client(*row[:5]), row["name"], row["dialect"], row["scope"], bool(row["active"]))


def _add(db: sqlite3.Connection, client_id: str, item: Item, after: int) -> Activity:
    column = item.line_item
    values = (item.title, item.text, json.dumps(item.custom), client_id, item.url)
    asked = (column.score_maximum, column.resource_id, column.tag) if column else (0.0, "", "")
    made = db.execute(
        "insert into activity (title, description, custom, client_id, url, points, resource_id,"
        " tag, line_item) values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning *",
        (*values, *asked, _next_column(db, after) if column else None),
    )
    return _activity(made.fetchone())


def _activity(row: sqlite3.Row) -> Activity:
    return Activity(
        f"link-{row['number']}",
        row["title"],
        row["description"],
        line_item=row["line_item"],
        custom=MappingProxyType(json.loads(row["custom"])),
        points=row["points"],
        client_id=row["client_id"],
        url=row["url"],
        resource_id=row["resource_id"],
        tag=row["tag"],
    )


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _held(db: sqlite3.Connection, activity: str, user_id: str) -> tuple[Held | None, int]:
    """What is held for this learner, and how much work was handed in."""
    place = (activity, user_id)
    row = db.execute("select * from grade where activity = ? and user_id = ?", place).fetchone()
    typed = db.execute("select 1 from by_hand where activity = ? and user_id = ?", place)
    handed_in = db.execute(
        "select count(*) from submission where activity = ? and user_id = ?", place
    )
    by_hand = typed.fetchone() is not None
    return row and held_of(row, by_hand=by_hand), handed_in.fetchone()[0]


def held_of(row: Any, *, by_hand: bool = False) -> Held:
    """A grade as flavours know it."""
    numbers = (row["score_given"], row["score_maximum"], row["result_score"])
    at = datetime.fromisoformat(row["timestamp"])
    return Held(*numbers, row["comment"], at, by_hand=by_hand)


def _write_grade(db: sqlite3.Connection, place: tuple[str, str], ruling: Ruling) -> None:
    db.execute("delete from grade where activity = ? and user_id = ?", place)
    held = ruling.held
    if held is not None:
        numbers = (*place, held.given, held.maximum, held.points, held.comment)
        db.execute(
            "insert into grade values (?, ?, ?, ?, ?, ?, ?)", (*numbers, held.at.isoformat())
        )
    if ruling.submits:
        db.execute("insert into submission (activity, user_id) values (?, ?)", place)


def _write_post(db: sqlite3.Connection, post: Post, status: int, reason: str) -> None:
    user_id = post.fields.get("user_id")
    values = (post.received_at.isoformat(), user_id, post.activity, status, reason)
    fields = {name: value for name, value in post.fields.items() if name != "user_id"}
    db.execute(
        "insert into post (received_at, user_id, activity, status, reason, fields)"
        " values (?, ?, ?, ?, ?, ?)",
        (*values, json.dumps(fields)),
    )
