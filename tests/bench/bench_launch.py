"""Launches beside PyLTI1p3's Flask reference: `python -m tests.bench.bench_launch`.

Login, launch and first page, each of a new user with a token of its own, four at a time; the tool
with its Postgres and one granian worker, the reference with its key cache and one gunicorn worker,
in turns, on the same machine. Processor time is given in RSA-2048 verifications of that run too,
so that figures of different machines can be compared.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx2
import psutil
import psycopg
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from service.clock import utc_now
from service.demo.platform import CLIENT_ID, DEPLOYMENT_ID
from service.postgres import connection_string
from service.running import demo_registration, free_port
from service.seeding import seed_registration
from service.store.database import Database
from tests.bench.bench_web import machine_facts
from tests.support.databases import running_databases
from tests.support.processes import Machine, add_case, answers, machine, until
from tests.support.raw_http import Answer, Answers, Asked, listening
from tests.support.visitors import LocalhostTransport
from tests.unit.lti.lms import Lms, rsa_key

LAUNCHES, WARM_UP, ROUNDS, AT_ONCE = 200, 40, 3, 4
VERIFICATIONS = 2_000
ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / ".venv-reference" / "bin" / "gunicorn"
WRITTEN = Path(__file__).parent / "results" / "launch.json"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
GOALS = {"throughput_ratio_at_least": 1.5, "p99_ratio_at_most": 1.0, "verifications_at_most": 60}


@dataclass
class Platform:
    """An LMS that only signs: its keys are fetched over a socket, and counted."""

    lms: Lms
    fetched: int = 0

    def door(self) -> Answers:
        """Its key set."""

        async def answer(asked: Asked) -> Answer:
            self.fetched += asked.path == "/lti/jwks"
            return Answer({"keys": self.lms.published})

        return answer

    def token(self, issuer: str, nonce: str, target: str) -> str:
        """The launch of a learner whom nobody has seen before."""
        now, who = int(time.time()), uuid4().hex
        return self.lms.signs(
            {
                "iss": issuer,
                "aud": CLIENT_ID,
                "sub": who,
                "name": f"Learner {who}",
                "iat": now,
                "exp": now + 300,
                "nonce": nonce,
                f"{LTI}message_type": "LtiResourceLinkRequest",
                f"{LTI}version": "1.3.0",
                f"{LTI}deployment_id": DEPLOYMENT_ID,
                f"{LTI}target_link_uri": target,
                f"{LTI}resource_link": {"id": "link-1", "title": "Practice"},
                f"{LTI}context": {"id": "course-1", "title": "Course"},
                f"{LTI}roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
                f"{LTI}custom": {"kind": "practice"},
            }
        )


@dataclass
class Side:
    """One of the two tools: where it is, and whose processor time counts."""

    url: str
    processes: list[psutil.Process]

    def spent(self) -> float:
        """Seconds of processor time of these processes and all that they have started."""
        total = 0.0
        for root in self.processes:
            for one in [root, *root.children(recursive=True)]:
                times = one.cpu_times()
                total += times.user + times.system
            # What has ended is counted by its parent.
            times = root.cpu_times()
            total += times.children_user + times.children_system
        return total


def main() -> None:
    """Measure, print and write."""
    if not REFERENCE.exists():
        sys.exit("make .venv-reference/ready makes the reference's environment")
    platform = Platform(Lms(key="platform"))
    with (
        running_databases() as databases,
        tempfile.TemporaryDirectory() as folder,
        listening(platform.door()) as port,
    ):
        url = databases.create()
        try:
            with machine(url, Path(folder)) as found:
                figures = asyncio.run(measure(found, platform, f"http://localhost:{port}"))
        finally:
            databases.drop(url)
    text = json.dumps({**figures, "machine": machine_facts()}, indent=2)
    WRITTEN.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


async def measure(found: Machine, platform: Platform, issuer: str) -> dict[str, Any]:
    """Both sides in turns, and what a verification costs meanwhile."""
    await add_case(found.database_url, found.home, 51.0)
    database = Database(found.database_url)
    try:
        await seed_registration(database, demo_registration(issuer), DEPLOYMENT_ID, utc_now())
    finally:
        await database.engine.dispose()
    web = found.starts("web", "service.cli", "web")
    await until(lambda: answers(f"{found.tool}/alive"), web)
    with reference(issuer, found.home) as flask:
        await until(lambda: answers(f"{flask.url}/alive"), "the reference")
        tool = Side(found.tool, [psutil.Process(web.process.pid), postmaster(found.database_url)])
        sides = {"tool": tool, "reference": flask}
        for side in sides.values():
            await launches(side, platform, issuer, WARM_UP)
        warm, verification = platform.fetched, seconds_of_a_verification()
        rounds = [
            {name: await launches(side, platform, issuer, LAUNCHES) for name, side in sides.items()}
            for _ in range(ROUNDS)
        ]
    return summary(rounds, verification, platform.fetched - warm)


@contextmanager
def reference(issuer: str, home: Path) -> Iterator[Side]:
    """The Flask reference under gunicorn, with one worker."""
    port = free_port(19100)
    url = f"http://127.0.0.1:{port}"
    told = {
        "secret": uuid4().hex,
        "cache": str(home / "reference-cache"),
        "issuer": issuer,
        "registration": {
            "client_id": CLIENT_ID,
            "auth_login_url": f"{issuer}/lti/auth",
            "auth_token_url": f"{issuer}/lti/token",
            "key_set_url": f"{issuer}/lti/jwks",
            "deployment_ids": [DEPLOYMENT_ID],
        },
        "launch_url": f"{url}/lti/launch",
        "key": rsa_key("reference")
        .private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        .decode(),
    }
    config = home / "reference.json"
    config.write_text(json.dumps(told))
    with subprocess.Popen(
        [str(REFERENCE), "--workers", "1", "--bind", f"127.0.0.1:{port}", "app:app"],
        cwd=ROOT / "tests" / "reference",
        env={"PATH": os.defpath, "REFERENCE_CONFIG": str(config)},
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield Side(url, [psutil.Process(process.pid)])
        finally:
            process.terminate()


def postmaster(database_url: str) -> psutil.Process:
    """The server that a connection of ours is a child of."""
    with psycopg.connect(connection_string(database_url)) as connection:
        parent = psutil.Process(connection.info.backend_pid).parent()
    assert parent is not None
    return parent


async def launches(side: Side, platform: Platform, issuer: str, count: int) -> dict[str, float]:
    """So many launches, some at once: how many a second, how long each, and what they cost."""
    took: list[float] = []
    left = iter(range(count))

    async def one_after_the_other() -> None:
        for _ in left:
            async with httpx2.AsyncClient(transport=LocalhostTransport(), timeout=30) as http:
                took.append(await launch(http, side.url, platform, issuer))

    spent, began = side.spent(), time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    seconds = time.perf_counter() - began
    took.sort()
    return {
        "launches_per_second": count / seconds,
        "p50_ms": 1000 * took[count // 2],
        "p99_ms": 1000 * took[min(count - 1, round(0.99 * count))],
        "cpu_ms_per_launch": 1000 * (side.spent() - spent) / count,
    }


async def launch(http: httpx2.AsyncClient, url: str, platform: Platform, issuer: str) -> float:
    """Login, launch and the first page; the seconds that the tool was waited for."""
    target = f"{url}/lti/launch"
    fields = {"iss": issuer, "login_hint": "1", "target_link_uri": target}
    fields |= {"client_id": CLIENT_ID, "lti_deployment_id": DEPLOYMENT_ID}
    began = time.perf_counter()
    answer = await http.post(f"{url}/lti/login", data=fields)
    waited = time.perf_counter() - began
    assert answer.status_code in {302, 303}, answer.text
    asked = {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    form = {"state": asked["state"], "id_token": platform.token(issuer, asked["nonce"], target)}
    began = time.perf_counter()
    page = await http.post(target, data=form, follow_redirects=True)
    waited += time.perf_counter() - began
    assert page.status_code == 200, page.text
    assert "<h1" in page.text
    return waited


def seconds_of_a_verification() -> float:
    """What one RS256 verification with 2048 bits costs here and now."""
    key = rsa_key("platform")
    signature = key.sign(b"claims", padding.PKCS1v15(), SHA256())
    public = key.public_key()
    began = time.process_time()
    for _ in range(VERIFICATIONS):
        public.verify(signature, b"claims", padding.PKCS1v15(), SHA256())
    return (time.process_time() - began) / VERIFICATIONS


def summary(
    rounds: list[dict[str, dict[str, float]]], verification: float, fetched: int
) -> dict[str, Any]:
    """Medians over the rounds, their ratios, and whether the goals are met."""
    median = {
        name: {
            figure: round(statistics.median(one[name][figure] for one in rounds), 2)
            for figure in rounds[0][name]
        }
        for name in rounds[0]
    }
    tool, flask = median["tool"], median["reference"]
    ratios = {
        "throughput_ratio": round(tool["launches_per_second"] / flask["launches_per_second"], 2),
        "p99_ratio": round(tool["p99_ms"] / flask["p99_ms"], 2),
        "verifications": round(tool["cpu_ms_per_launch"] / 1000 / verification, 1),
        "verifications_of_the_reference": round(
            flask["cpu_ms_per_launch"] / 1000 / verification, 1
        ),
        "keys_fetched_in_the_steady_state": fetched,
    }
    return {
        "launches": LAUNCHES * ROUNDS,
        "at_once": AT_ONCE,
        "workers_each": 1,
        "verification_ms": round(1000 * verification, 4),
        **median,
        **ratios,
        "goals": GOALS,
        "goals_met": {
            "throughput": ratios["throughput_ratio"] >= GOALS["throughput_ratio_at_least"],
            "p99": ratios["p99_ratio"] <= GOALS["p99_ratio_at_most"],
            "cpu": ratios["verifications"] <= GOALS["verifications_at_most"],
            "keys": fetched == 0,
        },
    }


if __name__ == "__main__":
    main()
