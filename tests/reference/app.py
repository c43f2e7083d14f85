"""PyLTI1p3's Flask reference, as its documentation has it, with its caches: what our launches are
measured beside. Runs in an environment of its own, under gunicorn."""

import json
import os
from pathlib import Path

from flask import Flask, Response
from flask_caching import Cache
from pylti1p3.contrib.flask import (
    FlaskCacheDataStorage,
    FlaskMessageLaunch,
    FlaskOIDCLogin,
    FlaskRequest,
)
from pylti1p3.tool_config import ToolConfDict

TOLD = json.loads(Path(os.environ["REFERENCE_CONFIG"]).read_text())

app = Flask(__name__)
app.secret_key = TOLD["secret"]
# In files, as several workers need it; and with no threshold, beyond which it would drop keys too.
CACHE = {"CACHE_TYPE": "FileSystemCache", "CACHE_DIR": TOLD["cache"], "CACHE_THRESHOLD": 0}
cache = Cache(app, config=CACHE)
tool_conf = ToolConfDict({TOLD["issuer"]: TOLD["registration"]})
tool_conf.set_private_key(TOLD["issuer"], TOLD["key"], client_id=TOLD["registration"]["client_id"])


@app.get("/alive")
def alive() -> str:
    """Whether it runs."""
    return "yes"


@app.post("/lti/login")
def login() -> Response:
    """Off to the platform."""
    asked = FlaskRequest()
    storage = FlaskCacheDataStorage(cache)
    return FlaskOIDCLogin(asked, tool_conf, launch_data_storage=storage).redirect(
        TOLD["launch_url"]
    )


@app.post("/lti/launch")
def launch() -> str:
    """Check the token; a first page with the user's name."""
    storage = FlaskCacheDataStorage(cache)
    message = FlaskMessageLaunch(FlaskRequest(), tool_conf, launch_data_storage=storage)
    message.set_public_key_caching(storage, cache_lifetime=7200)
    return f"<!doctype html><title>Tool</title><h1>{message.get_launch_data().get('name')}</h1>"
