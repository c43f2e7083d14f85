"""Everything that can go wrong between a platform and this tool.

LtiError
├── LoginRefused           the login that a browser brought is not one of ours
├── LaunchRefused          the launch is not what the platform must send
├── PlatformUnreachable    the platform did not answer properly: try again later
├── TokenRefused           the platform gives us no access token
└── PassbackRefused        the platform answered, and said no: retrying will not help
    └── ScoreOutdated      the platform holds a score that is at least as new
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
    """The launch is not what the platform must send."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class PlatformUnreachable(LtiError):
    """The platform did not answer, or not properly: trying again later may help."""


class TokenRefused(LtiError):
    """The platform gives us no access token: its administrator has to look."""


class PassbackRefused(LtiError):
    """The platform answered, and said no: retrying will not help. Status 0: not even asked."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class ScoreOutdated(PassbackRefused):
    """The platform holds a score that is at least as new as this one."""
