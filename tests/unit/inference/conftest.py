"""What several files of these tests ask for by name."""

from collections.abc import Iterator

import pytest

from inference import gemini
from tests.unit.inference.gemini_server import Gemini, running_gemini


@pytest.fixture
def server() -> Iterator[Gemini]:
    """A scripted Gemini."""
    with running_gemini() as found:
        yield found


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key of this machine, and no wait before the second try."""
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(gemini, "WAIT_SECONDS", 0.01)
