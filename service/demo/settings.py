"""What one demo LMS is started with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from service.demo.platform import OWN_CLIP, PRACTICE, Activity

type FlavourName = Literal["plain", "moodle", "canvas"]


@dataclass(frozen=True)
class DemoSettings:
    """Addresses without a trailing slash, the folder of database and key, and the activities that
    the course comes with."""

    lms_url: str = "http://localhost:8000"
    tool_url: str = "http://127.0.0.1:8001"
    folder: Path = Path(".eyeball/demo-lms")
    activities: tuple[Activity, ...] = (OWN_CLIP, PRACTICE)
    allow_faults: bool = False
    flavour: FlavourName = "plain"

    @property
    def tool_login_url(self) -> str:
        """Where a launch begins."""
        return self.tool_url + "/lti/login"

    @property
    def tool_launch_url(self) -> str:
        """The only registered redirect URI, and the target of whatever has none of its own."""
        return self.tool_url + "/lti/launch"

    @property
    def tool_jwks_url(self) -> str:
        """The keys that the tool signs its assertions with."""
        return self.tool_url + "/lti/jwks"
