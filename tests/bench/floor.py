"""What any tool of this kind costs at the least: Litestar under granian, and a row a request.

It checks nothing and shows nothing. A login writes a row, a launch takes it away again, a page
reads: a statement each, by psycopg alone, prepared by nobody, as a transaction pooler wants it.
"""

import os
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast
from urllib.parse import urlencode

from litestar import Litestar, Request, get, post
from litestar.datastructures import State
from litestar.response import Redirect
from psycopg_pool import AsyncConnectionPool

TABLE = "CREATE TABLE floor (state text PRIMARY KEY, nonce text NOT NULL)"
INSERT = "INSERT INTO floor (state, nonce) VALUES (%s, %s)"
TAKE = "DELETE FROM floor WHERE state = %s RETURNING nonce"
LOOK = "SELECT count(*) FROM floor WHERE state = %s"
DATABASE = "FLOOR_DATABASE"


@asynccontextmanager
async def connected(app: Litestar) -> AsyncGenerator[None]:
    """Some connections, kept."""
    kept = {"autocommit": True, "prepare_threshold": None}
    async with AsyncConnectionPool(os.environ[DATABASE], kwargs=kept, open=False) as pool:
        app.state.pool = pool
        yield


async def ask(state: State, statement: str, *given: str) -> Any:
    """The first row that comes of a statement, if it has rows."""
    pool = cast("AsyncConnectionPool[Any]", state.pool)
    async with pool.connection() as connection:
        cursor = await connection.execute(cast("Any", statement), given)
        return await cursor.fetchone() if cursor.description else None


@get("/alive")
async def alive() -> str:
    """Whether it runs."""
    return "yes"


@post("/lti/login", status_code=200)
async def login(request: Request[Any, Any, Any], state: State) -> Redirect:
    """Write a row."""
    await request.form()
    made = {"state": secrets.token_urlsafe(32), "nonce": secrets.token_urlsafe(32)}
    await ask(state, INSERT, made["state"], made["nonce"])
    return Redirect(f"/?{urlencode(made)}", status_code=302)


@post("/lti/launch", status_code=200)
async def launch(request: Request[Any, Any, Any], state: State) -> Redirect:
    """Take it away."""
    form = await request.form()
    await ask(state, TAKE, form["state"])
    return Redirect("/page", status_code=303)


@get("/page", media_type="text/html")
async def page(state: State) -> str:
    """Read."""
    await ask(state, LOOK, "")
    return "<!doctype html><title>Tool</title><h1>Somebody</h1>"


app = Litestar(
    [alive, login, launch, page], lifespan=[connected], openapi_config=None, logging_config=None
)
