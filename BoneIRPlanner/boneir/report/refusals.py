"""What refuses entries, in the words that every table of refusals shows: of the report, the panel, the command line."""

from __future__ import annotations

from ..anatomy.structures import structure_title
from ..proposal import REFUSAL_WORDS


def refusal_cells(rule: str, structure: str) -> tuple[str, str]:
    """A rule and the structure that it refuses for, each in words for a cell of a table.

    Parameters
    ----------
    rule : str
        Key of `REFUSAL_WORDS`, or what another search says in plain words.
    structure : str
        Name of a structure in its case; "" where the rule is about none.

    Examples
    --------
    >>> refusal_cells("clearance", "aorta")
    ('Too near to', 'Aorta')
    """
    words = REFUSAL_WORDS.get(rule, rule.replace("_", " "))
    about = structure_title(structure) if structure else ""
    words = words if structure else words.rstrip(",").removesuffix(" to")
    return _capital(words), _capital(about)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
