"""Needles that heat one after the other: each finds the tissue as warm, and as dead, as those before have left it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from .cooling import joined
from .heat import Heated, Moment, heat
from .heat_drive import Drive
from .medium import Medium

See = Callable[[Moment], None]


def heat_in_turn(
    medium: Medium,
    drives: Sequence[Callable[[], Drive]],
    pause_s: float,
    *,
    progress: See | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[Heated, ...]:
    """Heat tissue with one needle after the other, and let it cool between.

    Parameters
    ----------
    medium : Medium
    drives : sequence of callable
        What drives each needle, asked for when its turn comes.
    pause_s : float
        Between the end of one needle and the begin of the next, without power; 0 for none.
    progress, should_stop : callable, optional
        As in `heat`; shares and times are those of all needles.

    Returns
    -------
    tuple of Heated
        After each needle what all so far have done, with doses and energy of all; fewer where it was stopped.
    """
    done: list[Heated] = []
    see = progress or (lambda _moment: None)
    for number, drive_of in enumerate(drives):
        if done and pause_s > 0.0:
            done[-1] = joined(done[-1], _paused(medium, pause_s, done[-1], _later(see, number, len(drives), done, 0.0)))
        drive = drive_of()
        made = heat(
            medium, drive.seconds, source=drive.source, generator=drive.generator, sensor=drive.sensor,
            renew=drive.renew, after=done[-1] if done else None, should_stop=should_stop,
            progress=_later(see, number, len(drives), done, 1.0),
        )  # fmt: skip
        done.append(joined(done[-1], made) if done else made)
        if made.stopped:
            break
    return tuple(done)


def _paused(medium: Medium, pause_s: float, before: Heated, progress: See) -> Heated:
    return heat(medium, pause_s, after=before, law=before.law, progress=progress)


def _later(see: See, number: int, count: int, done: Sequence[Heated], weight: float) -> See:
    """Tell the moments of one run as those of all; those of a pause (weight 0) take no share."""
    begun_s = done[-1].time_s if done else 0.0

    def told(moment: Moment) -> None:
        see(replace(moment, share=(number + weight * moment.share) / count, time_s=begun_s + moment.time_s))

    return told
