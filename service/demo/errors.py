"""The ways in which this LMS says no."""


class ServiceRefused(Exception):
    """A grade service answers no, with an HTTP status and a reason."""

    def __init__(self, status: int, reason: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers or {}


class TokenRefused(Exception):
    """The token endpoint answers no, with an OAuth error code."""

    def __init__(self, error: str, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.error = error
        self.reason = reason
        self.status = status


class LaunchRefused(Exception):
    """The launch stops on a page of this LMS: nothing goes back to the tool."""


class ChoiceRefused(Exception):
    """What a tool says a teacher has picked is not added: a page says why."""


class LaunchErrored(Exception):
    """The launch goes back to the tool as an OpenID Connect error."""

    def __init__(self, error: str, reason: str, state: str) -> None:
        super().__init__(reason)
        self.error = error
        self.reason = reason
        self.state = state
