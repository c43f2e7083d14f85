"""What our processes load: the web stays light, and our names are ours alone."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

HEAVY = ("torch", "cv2", "av", "numpy", "modal", "google.genai")
# Litestar takes it wherever it happens to be installed, and it takes numpy: no lock of ours has it.
UNLOCKED = 'import sys; sys.modules["advanced_alchemy"] = None'
LOADED = f"""
import sys
loaded = [name for name in {HEAVY} if name in sys.modules]
sys.exit(f"loaded: {{loaded}}" if loaded else 0)
"""
WEB = """
from pathlib import Path
from service.app import create_app
from service.settings import Settings
import service.web
create_app(Settings(home=Path(sys.argv[1]), secret="x", database_url="postgresql+psycopg://x/x"))
"""
DEMO_LMS = """
from pathlib import Path
from service.demo.app import create_demo_lms
from service.demo.settings import DemoSettings
import service.demo.__main__
create_demo_lms(DemoSettings(folder=Path(sys.argv[1])))
"""
WORKER = """
from pathlib import Path
import httpx2
from service.jobs import make_worker, register
from service.settings import Settings
from service.store.queue import make_app
url = "postgresql+psycopg://x/x"
settings = Settings(home=Path(sys.argv[1]), secret="x", database_url=url)
register(make_app(url), make_worker(settings, httpx2.AsyncClient()))
"""
SUPERVISOR = "import service.running"


@pytest.mark.breadth
@pytest.mark.parametrize("code", [WEB, DEMO_LMS, WORKER, SUPERVISOR])
def test_no_process_that_waits_loads_the_heavy_libraries(code: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"{UNLOCKED}\n{code}\n{LOADED}", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


SPARED = """
import gc
from service.app import from_environment
app = from_environment()
print(gc.get_freeze_count(), len(gc.get_objects()))
"""


def test_a_web_process_never_collects_among_what_it_has_loaded(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SPARED],
        env={
            "EYEBALL_HOME": str(tmp_path),
            "EYEBALL_SECRET": "x" * 40,
            "DATABASE_URL": "postgresql+psycopg://x/x",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    spared, looked_at = map(int, done.stdout.split())
    assert spared > 50_000 > 20 * looked_at


def test_nobody_else_provides_a_package_of_our_names() -> None:
    ours = ("service", "lti", "inference", "templates")
    provided = metadata.packages_distributions()
    found = {name: set(provided.get(name, [])) - {"eyeball"} for name in ours}
    assert found == {name: set() for name in ours}
