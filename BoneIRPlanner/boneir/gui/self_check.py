"""What every module's self-test says of the machine that it runs on: errors against closed forms, and seconds."""

from __future__ import annotations

from collections.abc import Callable

from slicer.i18n import tr as _

from ..commissioning import commission


def check_this_machine(say: Callable[[str], None]) -> None:
    """Run the commissioning checks, print each error and its seconds, and fail where one is out of bounds.

    Parameters
    ----------
    say : callable
        Shows a line to the user.

    Raises
    ------
    AssertionError
        If an error is larger than what is allowed.
    """
    checks = commission()
    for item in checks:
        say(
            _("{name}: error {error} {unit} of {allowed} {unit} allowed, {seconds} s").format(
                name=item.name,
                error=f"{item.error:.3f}",
                allowed=f"{item.allowed:.2f}",
                unit=item.unit,
                seconds=f"{item.seconds:.2f}",
            )
        )
    failed = [item.name for item in checks if not item.passed]
    assert not failed, _("Out of bounds on this machine: {names}.").format(names=", ".join(failed))
