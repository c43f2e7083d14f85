"""Everything that an operator can set, read once from the environment."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import jwt

from service.cloud_settings import Cloud, cloud
from service.environment import (
    LOOPBACK,
    SettingsRefused,
    delays,
    hosts_with_ports,
    networks,
    seconds,
    secret_value,
    whole_number,
    yes_or_no,
)

__all__ = ["ConnectionRefused", "Settings", "SettingsRefused", "SupabaseProject"]

CHECKOUT = Path(__file__).parents[1]
DEMO_MODELS = CHECKOUT / "inference" / "models"
# 30 s, 2 min, 10 min, 1 h, then every 6 h: a platform's lost weekend loses no grade.
PASSBACK_DELAYS = (30.0, 120.0, 600.0, 3600.0, 21600.0)
MOST_PRACTICE_CASES = 60
A_SCHEMA = re.compile("[a-z_][a-z0-9_]{0,62}")
A_KEY = re.compile("[!-~]{10,1000}")
A_BUCKET = re.compile("[a-z0-9][a-z0-9-]{2,62}")
READ_DELAYS = (5.0, 30.0, 120.0, 600.0, 3600.0)


class KeyRefused(Exception):
    """A signing key cannot be used, or be done without; the message says what to do."""


class ConnectionRefused(Exception):
    """What was written down of an LMS cannot be right; the message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupabaseProject:
    """Where clips are kept, if not on this machine."""

    url: str
    key: str = field(repr=False)
    bucket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the processes of one deployment agree on."""

    home: Path
    public_url: str = "http://127.0.0.1:8001"
    host: str = "127.0.0.1"
    port: int = 8001
    demo_lms_port: int = 8000
    database_url: str | None = None
    migration_database_url: str | None = None
    database_schema: str | None = None
    supabase: SupabaseProject | None = None
    cloud: Cloud = field(default_factory=Cloud)
    secret: str
    web_workers: int = 1
    address_rate: int = 1200
    registration_rate: int = 6000
    body_patience: float = 60.0
    trusted_proxies: tuple[str, ...] = ()
    jobs_at_once: int = 2
    practice_cases: int = 12
    dev_platforms: frozenset[str] = frozenset()
    listen_notify: bool = True
    passback_delays: tuple[float, ...] = PASSBACK_DELAYS
    passback_patience: float = 25.0
    passback_apart: float = 0.1
    read_delays: tuple[float, ...] = READ_DELAYS
    sweep_seconds: int = 10
    heartbeat_seconds: float = 2.0
    stalled_seconds: float = 8.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings, and refuse to start where one is wrong."""
        env = os.environ if environment is None else environment
        home = Path(env.get("EYEBALL_HOME") or default_home()).absolute()
        port = whole_number(env, "EYEBALL_PORT", 8001)
        host = env.get("EYEBALL_HOST", "127.0.0.1")
        origin = public_url(env.get("EYEBALL_PUBLIC_URL") or f"http://127.0.0.1:{port}")
        return cls(
            home=home,
            host=host,
            demo_lms_port=whole_number(env, "EYEBALL_DEMO_LMS_PORT", 8000),
            port=port,
            public_url=origin,
            database_url=database_url(secret_value(env, "DATABASE_URL")),
            migration_database_url=database_url(secret_value(env, "MIGRATION_DATABASE_URL")),
            database_schema=database_schema(env.get("EYEBALL_DATABASE_SCHEMA")),
            supabase=supabase_project(env),
            cloud=cloud(env, public_url=origin),
            secret=secret_value(env, "EYEBALL_SECRET") or kept_secret(home / "secret"),
            web_workers=whole_number(env, "EYEBALL_WEB_WORKERS", 1),
            address_rate=whole_number(env, "EYEBALL_ADDRESS_RATE", 1200),
            registration_rate=whole_number(env, "EYEBALL_REGISTRATION_RATE", 6000),
            body_patience=seconds(env, "EYEBALL_BODY_PATIENCE", 60.0, least=1.0),
            trusted_proxies=networks(env, "EYEBALL_TRUSTED_PROXIES"),
            jobs_at_once=whole_number(env, "EYEBALL_JOBS_AT_ONCE", 2),
            practice_cases=practice_cases(env),
            dev_platforms=hosts_with_ports(env, "EYEBALL_DEV_PLATFORMS"),
            listen_notify=yes_or_no(env, "EYEBALL_LISTEN_NOTIFY", default=True),
            passback_delays=delays(env, "EYEBALL_PASSBACK_DELAYS", PASSBACK_DELAYS),
            passback_patience=seconds(env, "EYEBALL_PASSBACK_PATIENCE", 25.0, least=1.0),
            passback_apart=seconds(env, "EYEBALL_PASSBACK_APART", 0.1, least=0.0),
            read_delays=delays(env, "EYEBALL_READ_DELAYS", READ_DELAYS),
        )

    @property
    def clips_folder(self) -> Path:
        """Where LocalClips keeps its files."""
        return self.home / "clips"

    @property
    def models_folder(self) -> Path:
        """Where the model that reads lies: the operator's own, else the demo model's."""
        own = self.home / "models"
        return own if own.exists() else DEMO_MODELS

    @property
    def outliners_folder(self) -> Path:
        """Where the operator's model that outlines the ventricle lies, if there is one."""
        return self.home / "outliners"

    @property
    def database(self) -> str:
        """The database in use; the supervisor has put the embedded one here by now."""
        if self.database_url is None:
            raise SettingsRefused(
                "No database: set DATABASE_URL, or start with `eyeball serve` or `eyeball demo`,"
                " which bring one of their own."
            )
        return self.database_url


def default_home() -> Path:
    """`.eyeball/` in a checkout, the user's data folder elsewhere."""
    if (CHECKOUT / "pyproject.toml").exists():
        return CHECKOUT / ".eyeball"
    return Path.home() / ".local" / "share" / "eyeball"


def kept_secret(path: Path) -> str:
    """The deployment's own secret, made on the first start and kept for the next."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(fresh, path)  # two processes that start at once agree on the first one's
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()


def practice_cases(env: Mapping[str, str]) -> int:
    """How many practice cases there are to be: whole dozens, which hold every LVEF."""
    wanted = whole_number(env, "EYEBALL_PRACTICE_CASES", 12)
    if wanted % 12 or wanted > MOST_PRACTICE_CASES:
        raise SettingsRefused(
            f"EYEBALL_PRACTICE_CASES must be 12, 24, 36, 48 or {MOST_PRACTICE_CASES}: {wanted}"
        )
    return wanted


def public_url(value: str) -> str:
    """The origin that learners and platforms reach us at, without a slash at its end."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
        raise SettingsRefused(
            f"EYEBALL_PUBLIC_URL must be an origin such as https://x.test: {value}"
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise SettingsRefused(
            "EYEBALL_PUBLIC_URL must be https: browsers keep no cookie of ours in an LMS without it"
        )
    return value.rstrip("/")


def database_url(value: str | None) -> str | None:
    """A Postgres URL, spelt as SQLAlchemy's psycopg dialect wants it."""
    if value is None:
        return None
    scheme, _, rest = value.partition("://")
    if scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
        raise SettingsRefused("DATABASE_URL must begin with postgresql://")
    return f"postgresql+psycopg://{rest}"


def database_schema(name: str | None) -> str | None:
    """The private schema that `eyeball migrate` makes; none: wherever the role works already."""
    if name and (not A_SCHEMA.fullmatch(name) or name == "public" or name.startswith("pg_")):
        raise SettingsRefused(
            "EYEBALL_DATABASE_SCHEMA must be a name of its own such as eyeball: "
            f"small letters, digits and _, and not public: {name}"
        )
    return name or None


def supabase_project(env: Mapping[str, str]) -> SupabaseProject | None:
    """Both of SUPABASE_URL and SUPABASE_KEY, or neither."""
    url, key = env.get("SUPABASE_URL"), secret_value(env, "SUPABASE_KEY")
    if not url and not key:
        return None
    if not url or not key:
        raise SettingsRefused("Clips in Supabase need both SUPABASE_URL and SUPABASE_KEY.")
    parts = urlsplit(url)
    loopback = parts.scheme == "http" and parts.hostname in LOOPBACK
    origin = f"{parts.scheme}://{parts.netloc}"
    if not (parts.scheme == "https" or loopback) or not parts.hostname or url.rstrip("/") != origin:
        raise SettingsRefused(
            f"SUPABASE_URL must be the project's address such as https://x.supabase.co: {url}"
        )
    if role_of(key) not in {"secret", "service_role"}:
        raise SettingsRefused(
            "SUPABASE_KEY is no secret key: take the one that begins with sb_secret_, "
            "or the legacy service_role key (Supabase: Project Settings, API Keys)."
        )
    bucket = env.get("EYEBALL_BUCKET") or "eyeball-clips"
    if not A_BUCKET.fullmatch(bucket):
        raise SettingsRefused(f"EYEBALL_BUCKET must be small letters, digits and -: {bucket}")
    return SupabaseProject(url=origin, key=key, bucket=bucket)


def role_of(key: str) -> str | None:
    """What a key of Supabase may do; a legacy key is a JWT that says so, and nobody checks it here:
    its only reader is Supabase."""
    if key.startswith("sb_secret_"):
        return "secret" if A_KEY.fullmatch(key) else None
    try:
        role = jwt.decode(key, options={"verify_signature": False}).get("role")
    except jwt.PyJWTError:
        return None
    return role if isinstance(role, str) else None
