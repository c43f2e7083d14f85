"""What one demo LMS is started with."""

from dataclasses import dataclass
from pathlib import Path

from service.demo.platform import OWN_CLIP, PRACTICE, Activity


@dataclass(frozen=True)
class DemoSettings:
    """Addresses without a trailing slash, the folder of database and key, and the activities."""

    lms_url: str = "http://localhost:8000"
    tool_url: str = "http://127.0.0.1:8001"
    folder: Path = Path(".eyeball/demo-lms")
    activities: tuple[Activity, ...] = (OWN_CLIP, PRACTICE)
    allow_faults: bool = False

    @property
    def tool_login_url(self) -> str:
        """Where a launch begins."""
        return self.tool_url + "/lti/login"

    @property
    def tool_launch_url(self) -> str:
        """The only registered redirect URI, and the target of both activities."""
        return self.tool_url + "/lti/launch"

    @property
    def tool_jwks_url(self) -> str:
        """The keys that the tool signs its assertions with."""
        return self.tool_url + "/lti/jwks"

    def activity(self, activity_id: str) -> Activity | None:
        """The activity with this resource link id."""
        return next((one for one in self.activities if one.id == activity_id), None)

    def activity_of_line_item(self, line_item: int) -> Activity | None:
        """The activity whose gradebook column this is."""
        return next((one for one in self.activities if one.line_item == line_item), None)
