"""Everything that can go wrong between a platform and this tool.

LtiError
├── LoginRefused           the login that a browser brought is not one of ours
├── LaunchRefused          the launch is not what the platform must send
├── PlatformUnreachable    the platform did not answer properly: try again later
├── TokenRefused           the platform gives us no access token
│   └── ScopeRefused       it lets this tool do other things, but not this
├── AddressRefused         the address that somebody gave is not one to call
├── RegistrationRefused    the platform, or what it says of itself, does not let us register
├── DeepLinkingRefused     the platform would not take this choice
└── ServiceRefused         the platform answered, and said no: retrying will not help
    ├── RosterRefused      about the members of a course
    ├── NoticesRefused     about notices of what happens there
    └── PassbackRefused    about the gradebook
        └── ScoreOutdated  the platform holds a score that is at least as new
"""


class LtiError(Exception):
    """Something a person may read about; never holds a secret, a token or what a browser sent."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class LoginRefused(LtiError):
    """The login that a browser brought is not one of ours."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class LaunchRefused(LtiError):
    """The launch is not what the platform must send.

    ahead: seconds by which the platform's clock is ahead of ours, where that is why.
    """

    def __init__(self, message: str, *, code: str, ahead: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.ahead = ahead


class PlatformUnreachable(LtiError):
    """The platform did not answer, or not properly: trying again later may help.

    retry_after: seconds that it asks us to wait, where it says so.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TokenRefused(LtiError):
    """The platform gives us no access token: its administrator has to look."""


class ScopeRefused(TokenRefused):
    """The platform knows us, and does not allow us this: its administrator has to allow it."""


class AddressRefused(LtiError):
    """The address that somebody gave is not one that this tool calls."""


class RegistrationRefused(LtiError):
    """The platform, or what it says of itself, does not let us register.

    platform_says: its own words, short and plain, for the administrator who is registering us;
                   anybody may have written them.
    """

    def __init__(self, message: str, *, status: int = 0, platform_says: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.platform_says = platform_says


class DeepLinkingRefused(LtiError):
    """The platform would not take this choice."""


class ServiceRefused(LtiError):
    """The platform answered, and said no: retrying will not help. Status 0: not even asked."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class RosterRefused(ServiceRefused):
    """The platform does not tell us the members of this course."""


class NoticesRefused(ServiceRefused):
    """The platform sends us no notices."""


class PassbackRefused(ServiceRefused):
    """The gradebook said no."""


class ScoreOutdated(PassbackRefused):
    """The platform holds a score that is at least as new as this one."""
