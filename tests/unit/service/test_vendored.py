"""What we ship of other people's is what they published, byte for byte."""

import hashlib
import tomllib
from pathlib import Path

import pytest

VENDOR = Path(__file__).parents[3] / "service" / "static" / "vendor"
VENDORED = tomllib.loads((VENDOR / "VENDORED.toml").read_text(encoding="utf-8"))["vendored"]


@pytest.mark.parametrize("entry", VENDORED, ids=lambda entry: entry["name"])
def test_a_vendored_file_is_the_one_that_was_recorded(entry: dict[str, str]) -> None:
    content = (VENDOR / entry["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert entry["version"] in content.decode("utf-8")


@pytest.mark.parametrize("entry", VENDORED, ids=lambda entry: entry["name"])
def test_a_vendored_file_names_its_licence_and_where_it_is_from(entry: dict[str, str]) -> None:
    assert entry["licence"]
    assert entry["source"]


def test_nothing_is_vendored_without_a_record() -> None:
    files = {path.name for path in VENDOR.iterdir()} - {"VENDORED.toml"}
    assert files == {entry["file"] for entry in VENDORED}
