"""Launches beside PyLTI1p3's Flask reference: `python -m tests.bench.bench_launch`.

Login, launch and first page, each of a new user with a token of its own, four at a time; the tool
with its Postgres and one granian worker, the reference with its caches and one gunicorn worker, in
turns, on the same machine; and beside the least that three requests with a row each cost, which is
no tool at all. The platform signs between the two halves of a launch, while no clock
runs. Processor time is that of the servers' own processes, and is given in RSA-2048 verifications
of that run too, so that figures of different machines can be compared.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

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
from tests.bench.browsers import Browser, several_at_once
from tests.bench.floor import DATABASE, TABLE
from tests.support.databases import running_databases
from tests.support.processes import Machine, add_case, answers, machine, until
from tests.support.raw_http import Answer, Answers, Asked, listening
from tests.unit.lti.lms import LTI, Lms, rsa_key

LAUNCHES, WARM_UP, ROUNDS, AT_ONCE = 250, 60, 5, 4
VERIFICATIONS = 1_000
# All come from one address, more of them than from any lecture hall; each is counted all the same.
OPEN_DOORS = {"EYEBALL_ADDRESS_RATE": "60000", "EYEBALL_REGISTRATION_RATE": "60000"}
ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / ".venv-reference" / "bin" / "gunicorn"
WRITTEN = Path(__file__).parent / "results" / "launch.json"
GOALS = {"throughput_ratio_at_least": 1.5, "p99_ratio_at_most": 1.0, "verifications_at_most": 60}


@dataclass
class Platform:
    """An LMS that only signs; each side fetches its keys at an address of its own, and is counted
    there."""

    lms: Lms
    fetches: Counter[str] = field(default_factory=Counter[str])

    def door(self) -> Answers:
        """Its key set."""

        async def answer(asked: Asked) -> Answer:
            self.fetches[asked.path] += 1
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
                f"{LTI}custom": {"activity": "practice"},
            }
        )


@dataclass
class Side:
    """One of the two tools: where it is, where it fetches keys, and whose processor time counts."""

    url: str
    keys: str
    processes: dict[str, psutil.Process]

    def spent(self) -> Counter[str]:
        """Milliseconds of processor time of each process with all that it has started."""
        return Counter({name: 1000 * seconds_of(one) for name, one in self.processes.items()})


def seconds_of(process: psutil.Process) -> float:
    """Processor time of a process and its offspring; what has ended is counted by its parent."""
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
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
                figures = measure(found, platform, f"http://localhost:{port}")
        finally:
            databases.drop(url)
    text = json.dumps({**figures, "machine": machine_facts()}, indent=2)
    WRITTEN.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


def measure(found: Machine, platform: Platform, issuer: str) -> dict[str, Any]:
    """Both sides in turns, and what a verification costs meanwhile."""
    asyncio.run(set_up(found, issuer))
    with reference(issuer, found.home) as flask, floor(found) as least:
        for side in (flask, least):
            asyncio.run(until(lambda url=side.url: answers(f"{url}/alive"), "the others"))
        sides = {"tool": the_tool(found), "reference": flask, "floor": least}
        for side in sides.values():
            launches(side, platform, issuer, WARM_UP)
        warm, verifications = Counter(platform.fetches), [seconds_of_a_verification()]
        rounds: list[dict[str, dict[str, float]]] = []
        for _ in range(ROUNDS):
            rounds.append(
                {name: launches(one, platform, issuer, LAUNCHES) for name, one in sides.items()}
            )
            verifications.append(seconds_of_a_verification())
    fetched = {name: (platform.fetches - warm)[one.keys] for name, one in sides.items()}
    return summary(rounds, statistics.median(verifications), fetched)


async def set_up(found: Machine, issuer: str) -> None:
    """The tool, up, with a case and a platform that it knows."""
    await add_case(found.database_url, found.home, 51.0)
    database = Database(found.database_url)
    registration = demo_registration(issuer)
    registration.jwks_url = f"{issuer}/keys/tool"
    try:
        await seed_registration(database, registration, DEPLOYMENT_ID, utc_now())
    finally:
        await database.engine.dispose()
    web = found.starts("web", "service.cli", "web", **OPEN_DOORS)
    await until(lambda: answers(f"{found.tool}/alive"), web)


def the_tool(found: Machine) -> Side:
    """Ours: granian with one worker, and the Postgres that it asks."""
    web = psutil.Process(found.programs["web"].process.pid)
    processes = {"web": web, "postgres": postmaster(found.database_url)}
    return Side(found.tool, "/keys/tool", processes)


@contextmanager
def reference(issuer: str, home: Path) -> Generator[Side]:
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
            "key_set_url": f"{issuer}/keys/reference",
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
            yield Side(url, "/keys/reference", {"web": psutil.Process(process.pid)})
        finally:
            process.terminate()


@contextmanager
def floor(found: Machine) -> Generator[Side]:
    """The least that there can be, served as ours is, and beside the same Postgres."""
    port = free_port(19200)
    database = connection_string(found.database_url)
    with psycopg.connect(database) as connection:
        connection.execute(TABLE)
    served = ("--interface", "asgi", "--no-ws", "--port", str(port), "tests.bench.floor:app")
    with subprocess.Popen(
        [sys.executable, "-m", "granian", *served],
        cwd=ROOT,
        env={"PATH": os.defpath, DATABASE: database},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield Side(
                f"http://127.0.0.1:{port}", "/keys/floor", {"web": psutil.Process(process.pid)}
            )
        finally:
            process.terminate()


def postmaster(database_url: str) -> psutil.Process:
    """The server that a connection of ours is a child of."""
    with psycopg.connect(connection_string(database_url)) as connection:
        parent = psutil.Process(connection.info.backend_pid).parent()
    assert parent is not None
    return parent


def launches(side: Side, platform: Platform, issuer: str, count: int) -> dict[str, float]:
    """So many launches, some at once: how many a second, how long each, and what they cost."""
    target = f"{side.url}/lti/launch"
    login = {"iss": issuer, "login_hint": "1", "target_link_uri": target}
    login |= {"client_id": CLIENT_ID, "lti_deployment_id": DEPLOYMENT_ID}
    browsers = [Browser(side.url) for _ in range(count)]
    before = side.spent()
    asked, first = several_at_once(AT_ONCE, lambda one: one.logs_in(login), browsers)
    spent = side.spent() - before
    forms = [
        {"state": one["state"], "id_token": platform.token(issuer, one["nonce"], target)}
        for one in asked
    ]
    before = side.spent()
    _, second = several_at_once(
        AT_ONCE, lambda one: one[0].launches(one[1]), zip(browsers, forms, strict=True)
    )
    spent += side.spent() - before
    took = sorted(one.waited for one in browsers)
    return {
        "launches_per_second": count / (first + second),
        "p50_ms": 1000 * took[count // 2],
        "p99_ms": 1000 * took[min(count - 1, round(0.99 * count))],
        **{f"cpu_ms_of_{name}": spent[name] / count for name in side.processes},
    }


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
    rounds: list[dict[str, dict[str, float]]], verification: float, fetched: dict[str, int]
) -> dict[str, Any]:
    """Medians over the rounds, their ratios, and whether the goals are met."""
    tool, flask, least = (
        medians([one[name] for one in rounds]) for name in ("tool", "reference", "floor")
    )
    all_cpu = tool["cpu_ms_of_web"] + tool["cpu_ms_of_postgres"]
    throughput = tool["launches_per_second"] / flask["launches_per_second"]
    p99 = tool["p99_ms"] / flask["p99_ms"]
    verifications = {
        "tool_web": tool["cpu_ms_of_web"] / 1000 / verification,
        "tool_with_postgres": all_cpu / 1000 / verification,
        "reference": flask["cpu_ms_of_web"] / 1000 / verification,
        "floor": least["cpu_ms_of_web"] / 1000 / verification,
    }
    return {
        "launches_of_each": LAUNCHES * ROUNDS,
        "at_once": AT_ONCE,
        "workers_of_each": 1,
        "verification_ms": round(1000 * verification, 4),
        "tool": rounded(tool),
        "reference": rounded(flask),
        "floor": rounded(least),
        "throughput_ratio": round(throughput, 2),
        "p99_ratio": round(p99, 2),
        "cpu_in_verifications": {name: round(value) for name, value in verifications.items()},
        "key_fetches_in_the_steady_state": fetched,
        "goals": GOALS,
        "goals_met": {
            "throughput": throughput >= GOALS["throughput_ratio_at_least"],
            "p99": p99 <= GOALS["p99_ratio_at_most"],
            "cpu": verifications["tool_web"] <= GOALS["verifications_at_most"],
            "keys": fetched["tool"] == 0,
        },
    }


def medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure."""
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def rounded(figures: dict[str, float]) -> dict[str, float]:
    """The same, as somebody reads it."""
    return {name: round(value, 2) for name, value in figures.items()}


if __name__ == "__main__":
    main()
