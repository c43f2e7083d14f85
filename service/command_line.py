"""What every command of `eyeball` begins with: the settings, or a sentence about them."""

from collections.abc import Callable

import click

from service.settings import ConnectionRefused, KeyRefused, Settings, SettingsRefused


def with_settings(act: Callable[[Settings], None]) -> None:
    """Run with the settings of the environment, or say in a sentence what is wrong with them."""
    try:
        act(Settings.from_environment())
    except (SettingsRefused, ConnectionRefused, KeyRefused) as error:
        raise click.ClickException(str(error)) from error
