"""HTML built from values: whatever is not markup already is escaped, so that no header can inject any."""

from __future__ import annotations

import html
import re

_VOID = frozenset({"br", "col", "img", "meta"})
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Markup(str):
    """Text that is HTML already and is not escaped again."""

    __slots__ = ()


def escaped(text: str) -> Markup:
    """Text as HTML; control characters and halves of surrogate pairs become the replacement character."""
    return Markup(html.escape(printable(text)))


def printable(text: str) -> str:
    """Text without the characters that neither HTML nor PDF can hold."""
    return _FORBIDDEN.sub("\ufffd", text)


def element(tag: str, *children: str, **attributes: str | None) -> Markup:
    """An HTML element; children and attribute values are escaped, an attribute of None is left out.

    An underscore in the name of an attribute stands for a hyphen; one at the end is dropped (``class_``).
    """
    given = ((name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items() if value is not None)
    pairs = [f' {name}="{escaped(value)}"' for name, value in given]
    opening = f"<{tag}{''.join(pairs)}>"
    return Markup(opening if tag in _VOID else f"{opening}{joined(children)}</{tag}>")


def joined(children: tuple[str, ...] | list[str]) -> Markup:
    """Children one after the other, each escaped unless it is markup."""
    return Markup("".join(child if isinstance(child, Markup) else escaped(child) for child in children))
