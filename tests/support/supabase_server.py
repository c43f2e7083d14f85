"""A scripted Supabase Storage: a server that answers as the real one was seen to.

Nearly every refusal is HTTP 400 with the true status in its body; signed addresses are bound to
one path and need no key; an upload that is refused early leaves its body unread.
"""

import hashlib
import mmap
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.settings import SupabaseProject
from tests.support.raw_http import CHUNK, Answer, Asked, listening

SECRET_KEY = "sb_secret_made-up-by-the-tests"
BUCKET = "eyeball-clips"
UPLOAD_HOLDS = 2 * 3600
PREFIX = "/storage/v1"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET,HEAD,PUT,POST,DELETE,OPTIONS",
    "Access-Control-Allow-Headers": "content-type,x-upsert",
}


class Refused(Exception):
    """What the server says no with: the status of the body, its code and its sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.body = {"statusCode": str(status), "error": code, "message": message}


NOT_FOUND = (404, "not_found", "Object not found")
DUPLICATE = (409, "Duplicate", "The resource already exists")


@dataclass
class Stored:
    """One object: its bytes lie in a file, so that this process does not grow with them."""

    file: Path
    type: str
    made: float


@dataclass
class SupabaseServer:
    """What the server holds, and what it was told to do wrong."""

    folder: Path
    port: int = 0
    key: str = SECRET_KEY
    ahead: float = 0.0
    hides: bool = False  # from a wrong key, that an object is there
    sends_cors: bool = True
    cuts: int = 0
    buckets: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    objects: dict[str, Stored] = field(default_factory=dict[str, Stored])
    asked: list[Asked] = field(default_factory=list[Asked])
    faults: list[int | str] = field(default_factory=list[int | str])

    @property
    def url(self) -> str:
        """What SUPABASE_URL would be."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def project(self) -> SupabaseProject:
        """The settings that lead here."""
        return SupabaseProject(url=self.url, key=self.key, bucket=BUCKET)

    def now(self) -> float:
        """The server's time, which tests can move on."""
        return time.time() + self.ahead

    def fails(self, *faults: int | str) -> None:
        """Answer the next requests with these statuses, or as `faulty` says; `drop` hangs up, and
        `fine` ones are answered as they should be."""
        self.faults.extend(faults)

    def names(self, prefix: str = "") -> list[str]:
        """What lies under a prefix of any bucket."""
        paths = (path.partition("/")[2] for path in self.objects)
        return sorted(path for path in paths if path.startswith(prefix))

    def content(self, ending: str) -> bytes:
        """The bytes of the one object whose path ends so."""
        [found] = [stored for path, stored in self.objects.items() if path.endswith(ending)]
        return found.file.read_bytes()

    def sign(self, what: str, path: str, holds: float) -> str:
        """A token for one act on one path."""
        until = f"{self.now() + holds:.0f}"
        secret = f"{what}|{path}|{until}|of this server"
        return f"{until}.{hashlib.sha256(secret.encode()).hexdigest()}"

    def check(self, what: str, path: str, token: str) -> None:
        """Refuse a token for another act or path, or whose time is over."""
        until = token.partition(".")[0]
        if not until.isdecimal() or self.sign(what, path, float(until) - self.now()) != token:
            raise Refused(400, "InvalidSignature", "The url do not match the signature")
        if float(until) < self.now():
            raise Refused(400, "InvalidJWT", '"exp" claim timestamp check failed')

    # What it does, by address.

    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [f"{one.method} {one.path.removeprefix('/storage/v1')}" for one in self.asked]

    async def answer_or_refuse(self, asked: Asked) -> Answer | None:
        """What this server says, right or wrong; None: it hangs up."""
        self.asked.append(asked)
        fault = self.faults.pop(0) if self.faults and asked.method != "OPTIONS" else "fine"
        if fault == "drop":
            return None
        try:
            answer = await self.answer(asked) if fault == "fine" else faulty(fault)
        except Refused as refused:
            answer = Answer(refused.body, status=400)
        if self.sends_cors:
            answer.headers |= CORS
        return answer

    async def answer(self, asked: Asked) -> Answer:
        """Find who answers an address; all but the signed ones want the key."""
        if asked.method == "OPTIONS":
            return Answer()
        for method, pattern, needs_key, act in ROUTES:
            found = re.fullmatch(PREFIX + pattern, asked.path)
            if found and method == asked.method:
                if needs_key:
                    self.check_key(asked)
                return await act(self, asked, *found.groups())
        raise Refused(404, "not_found", f"Route {asked.method}:{asked.path} not found")

    def check_key(self, asked: Asked) -> None:
        """The key, as the gateway and the server behind it want it: twice."""
        if (asked.headers.get("apikey"), asked.headers.get("authorization")) != (
            self.key,
            f"Bearer {self.key}",
        ):
            if self.hides and "/object/" in asked.path:
                raise Refused(*NOT_FOUND)
            raise Refused(403, "Unauthorized", "Invalid Compact JWS")

    def bucket_of(self, name: str) -> dict[str, Any]:
        """A bucket that is there."""
        if name not in self.buckets:
            raise Refused(404, "Bucket not found", "Bucket not found")
        return self.buckets[name]

    def stored(self, path: str) -> Stored:
        """An object that is there."""
        self.bucket_of(path.partition("/")[0])
        if path not in self.objects:
            raise Refused(*NOT_FOUND)
        return self.objects[path]

    async def get_bucket(self, asked: Asked, name: str) -> Answer:
        """A bucket's settings."""
        return Answer(self.bucket_of(name))

    async def create_bucket(self, asked: Asked) -> Answer:
        """A new bucket."""
        wanted = await asked.json()
        if wanted["id"] in self.buckets:
            raise Refused(*DUPLICATE)
        stamp = datetime.now(UTC).isoformat()
        empty = {"owner": "", "public": False, "file_size_limit": None, "allowed_mime_types": None}
        self.buckets[wanted["id"]] = {
            **empty,
            **wanted,
            "created_at": stamp,
            "updated_at": stamp,
        }
        return Answer({"name": wanted["id"]})

    async def update_bucket(self, asked: Asked, name: str) -> Answer:
        """New settings of a bucket."""
        self.bucket_of(name).update(await asked.json())
        return Answer({"message": "Successfully updated"})

    async def sign_upload(self, asked: Asked, path: str) -> Answer:
        """An address to send one object to."""
        self.bucket_of(path.partition("/")[0])
        if path in self.objects:
            raise Refused(*DUPLICATE)
        token = self.sign("upload", path, UPLOAD_HOLDS)
        return Answer({"url": f"/object/upload/sign/{path}?token={token}", "token": token})

    async def take_signed(self, asked: Asked, path: str) -> Answer:
        """The bytes that a browser sends, as they are."""
        self.check("upload", path, asked.query.get("token", ""))
        kind = asked.headers.get("content-type", "application/octet-stream")
        self.check_upload(path, kind, asked.left, overwrites=False)
        self.objects[path] = Stored(await self.write(asked), kind, self.now())
        return Answer({"Key": path})

    async def take(self, asked: Asked, path: str) -> Answer:
        """A form with a file, from whoever has the key."""
        overwrites = asked.headers.get("x-upsert") == "true"
        self.check_upload(path, None, asked.left - 2000, overwrites=overwrites)
        boundary = asked.headers["content-type"].partition("boundary=")[2].encode()
        file, kind = unpack(await self.write(asked), boundary)
        self.check_upload(path, kind, file.stat().st_size, overwrites=overwrites)
        self.objects[path] = Stored(file, kind, self.now())
        return Answer({"Id": "1", "Key": path})

    def check_upload(self, path: str, kind: str | None, size: int, *, overwrites: bool) -> None:
        """What a bucket takes."""
        bucket = self.bucket_of(path.partition("/")[0])
        if path in self.objects and not overwrites:
            raise Refused(*DUPLICATE)
        if size > (bucket["file_size_limit"] or size):
            sentence = "The object exceeded the maximum allowed size"
            raise Refused(413, "Payload too large", sentence)
        allowed = bucket["allowed_mime_types"]
        if kind is not None and allowed is not None and kind not in allowed:
            raise Refused(415, "invalid_mime_type", f"mime type {kind} is not supported")

    async def write(self, asked: Asked) -> Path:
        """The body, as a file."""
        path = Path(tempfile.mkstemp(dir=self.folder)[1])
        with path.open("wb") as file:
            async for chunk in asked.chunks():
                file.write(chunk)
        return path

    async def sign_download(self, asked: Asked, path: str) -> Answer:
        """An address to get one object from."""
        self.stored(path)
        token = self.sign("download", path, int((await asked.json())["expiresIn"]))
        return Answer({"signedURL": f"/object/sign/{path}?token={token}"})

    async def give_signed(self, asked: Asked, path: str) -> Answer:
        """An object, or the range of it that a player asks for."""
        self.check("download", path, asked.query.get("token", ""))
        stored = self.stored(path)
        size = stored.file.stat().st_size
        headers = {"Content-Type": stored.type, "Accept-Ranges": "bytes"}
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", asked.headers.get("range", ""))
        if self.cuts:
            self.cuts -= 1
            return Answer(headers=headers, file=stored.file, last=size - 1, breaks_off=True)
        if not found:
            return Answer(headers=headers, file=stored.file, last=size - 1)
        first, last = int(found[1]), min(int(found[2] or size - 1), size - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
        return Answer(status=206, headers=headers, file=stored.file, first=first, last=last)

    async def info(self, asked: Asked, path: str) -> Answer:
        """What is known of an object."""
        stored = self.stored(path)
        size = stored.file.stat().st_size
        return Answer({"name": path, "size": size, "content_type": stored.type, "metadata": {}})

    async def remove(self, asked: Asked, bucket: str) -> Answer:
        """Delete objects; those that are not there are left out of the answer."""
        self.bucket_of(bucket)
        paths = [f"{bucket}/{name}" for name in (await asked.json())["prefixes"]]
        gone = [self.objects.pop(path) for path in paths if path in self.objects]
        for stored in gone:
            stored.file.unlink()
        return Answer([{"name": stored.file.name} for stored in gone])

    async def list_objects(self, asked: Asked, bucket: str) -> Answer:
        """What lies in a folder of a bucket, oldest first."""
        self.bucket_of(bucket)
        wanted = await asked.json()
        assert wanted["sortBy"] == {"column": "created_at", "order": "asc"}
        folder = f"{bucket}/{wanted['prefix']}/"
        found = [(s.made, path) for path, s in self.objects.items() if path.startswith(folder)]
        entries = [
            {"name": path.removeprefix(folder), "created_at": stamp(made)}
            for made, path in sorted(found)
        ]
        return Answer([{"name": "a-folder", "created_at": None}, *entries][: wanted["limit"]])


def stamp(moment: float) -> str:
    """A time as Storage writes it."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")


def faulty(fault: int | str) -> Answer:
    """An answer as it should not be."""
    if fault == "html":
        page = "<html>\n<h1>Bad gateway</h1>" + "x" * 5000
        return Answer(page, status=502, headers={"Content-Type": "text/html"})
    if fault == "strange":
        return Answer("<html>Welcome to our network</html>", headers={"Content-Type": "text/html"})
    if fault == "idle":
        return Answer([])
    body = {"statusCode": str(fault), "error": "scripted", "message": "as the test wants it"}
    return Answer(body, status=500 if fault == 500 else 400)


def unpack(form: Path, boundary: bytes) -> tuple[Path, str]:
    """The file in a form, and its type."""
    with form.open("rb") as raw, mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as content:
        head = content.find(b'name="file"')
        start = content.find(b"\r\n\r\n", head) + 4
        found = re.search(rb"Content-Type: ([^\r]+)", content[head:start])
        end = len(content) - len(b"\r\n--" + boundary + b"--\r\n")
        file = form.with_suffix(".file")
        with file.open("wb") as target:
            raw.seek(start)
            while raw.tell() < end:
                target.write(raw.read(min(CHUNK, end - raw.tell())))
    form.unlink()
    assert found is not None
    return file, found[1].decode()


type Act = Callable[..., Coroutine[Any, Any, Answer]]
S = SupabaseServer
ROUTES: list[tuple[str, str, bool, Act]] = [
    ("GET", r"/bucket/([^/]+)", True, S.get_bucket),
    ("POST", r"/bucket", True, S.create_bucket),
    ("PUT", r"/bucket/([^/]+)", True, S.update_bucket),
    ("POST", r"/object/upload/sign/(.+)", True, S.sign_upload),
    ("PUT", r"/object/upload/sign/(.+)", False, S.take_signed),
    ("POST", r"/object/sign/(.+)", True, S.sign_download),
    ("GET", r"/object/sign/(.+)", False, S.give_signed),
    ("GET", r"/object/info/(.+)", True, S.info),
    ("POST", r"/object/list/([^/]+)", True, S.list_objects),
    ("DELETE", r"/object/([^/]+)", True, S.remove),
    ("POST", r"/object/(.+)", True, S.take),
]


@contextmanager
def running_supabase() -> Iterator[SupabaseServer]:
    """A server on a free port, in a thread of its own: any process can reach it."""
    folder = Path(tempfile.mkdtemp(prefix="eyeball-supabase-"))
    server = SupabaseServer(folder)
    try:
        with listening(server.answer_or_refuse) as server.port:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)
