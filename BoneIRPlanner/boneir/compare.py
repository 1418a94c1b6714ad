"""Compare: the same lesion with several plans, by the makers' tables and by physics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from .ablation.compare import Option, Simulated, best_first, best_of_each_device, option_of
from .ablation.full_minutes import FullMinutes
from .ablation.heat import Moment
from .assess import assess
from .case import Case
from .errors import BoneIRError
from .plan import Plan, Technique

Tell = Callable[[str], None]
"""Says how it stands; "" where there is nothing new. What it raises ends the comparison."""


@dataclass(frozen=True)
class Comparison:
    """Plans side by side.

    Parameters
    ----------
    options : tuple of Option
        Every treatment of every plan, the best first.
    refused : tuple of (str, str)
        Plans that could not be assessed, or not be simulated where another one of their technique could, and why.
    """

    options: tuple[Option, ...]
    refused: tuple[tuple[str, str], ...] = ()


def compare(case: Case, plans: Iterable[Plan], tell: Tell, *, physics: bool = False) -> Comparison:
    """Assess plans, and put them in order.

    Parameters
    ----------
    case : Case
    plans : iterable of Plan
    tell : callable
        See `Tell`.
    physics : bool
        Whether each is simulated too, as `assess` does it.
    """
    found, refused = list[Option](), list[tuple[str, str]]()
    for plan in plans:
        tell("")
        try:
            found += _options(case, plan, tell, physics=physics)
        except BoneIRError as error:
            refused.append((plan.name, str(error)))
    return Comparison(best_first(found), tuple(refused))


def simulate_options(case: Case, plans: Iterable[Plan], groups: Iterable[Sequence[Option]], tell: Tell) -> Comparison:
    """Simulate of every group of options, in its order, the first that can be simulated.

    Parameters
    ----------
    case : Case
    plans : iterable of Plan
        That the options are of.
    groups : iterable of sequence of Option
        Where none of a group can be simulated, its first one stands last, with the reason.
    tell : callable
        See `Tell`.
    """
    named = {plan.name: plan for plan in plans}
    found, refused = list[Option](), list[tuple[str, str]]()
    for group in groups:
        failed = list[tuple[str, str]]()
        for option in group:
            made = compare(case, [named[option.plan]], tell, physics=True)
            found += made.options
            failed += made.refused
            if made.options:
                break
        else:
            _name, reason = failed.pop(0)
            found.append(replace(group[0], simulated=Simulated(None, None), reason=reason))
        refused += failed
    return Comparison(best_first(found), tuple(refused))


def by_technique(options: Iterable[Option]) -> tuple[tuple[Option, ...], ...]:
    """The best setting of each device, put together by technique; all in order."""
    groups: dict[tuple[str, Technique], list[Option]] = {}
    for option in best_of_each_device(options):
        groups.setdefault((option.lesion, option.technique), []).append(option)
    return tuple(map(tuple, groups.values()))


def _options(case: Case, plan: Plan, tell: Tell, *, physics: bool) -> list[Option]:
    minutes = FullMinutes(lambda minute: tell(f"{plan.name}, {minute.words}"))

    def see(moment: Moment) -> None:
        tell("")
        minutes(moment)

    made = assess(case, plan, physics=physics, progress=see, told=lambda _share: tell(""))
    return [option_of(plan, item, made, physics=physics) for item in plan.treatments if item.probes]
