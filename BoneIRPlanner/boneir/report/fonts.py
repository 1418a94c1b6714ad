"""TrueType fonts for the PDF: the first on this machine that has the letters, and others for the letters it lacks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from .markup import printable

_TEXT_FONTS = (
    ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"),
    ("arial.ttf", "arialbd.ttf"),
    ("Arial.ttf", "Arial Bold.ttf"),
    ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("Vera.ttf", "VeraBd.ttf"),
)
"""Regular and bold, the preferred first; the last comes with reportlab."""

_OTHER_SCRIPTS = (
    *("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "DroidSansFallbackFull.ttf", "wqy-zenhei.ttc"),
    *("ipaexg.ttf", "msgothic.ttc", "simsun.ttc", "malgun.ttf", "unifont.ttf"),
)
"""Fonts that hold letters which a text font lacks."""

_MISSING = "?"


@dataclass(frozen=True)
class Typeface:
    """A registered font and the letters that it has."""

    name: str
    letters: frozenset[int]

    def has(self, letter: str) -> bool:
        """Whether the font has a glyph for a letter; white space needs none."""
        return ord(letter) in self.letters or letter.isspace()


@dataclass
class Typesetter:
    """Turns text into the markup of reportlab's paragraphs, changing the font where a letter needs another one.

    Parameters
    ----------
    regular, bold : Typeface
    others : tuple of Typeface
        Asked in order for letters that the first two lack.
    missing : set of str
        Letters that no font had; they are printed as "?".
    """

    regular: Typeface
    bold: Typeface
    others: tuple[Typeface, ...]
    missing: set[str]

    def markup(self, text: str) -> str:
        """Text as paragraph markup: escaped, each run of letters in a font that has them."""
        parts = []
        for font, run in self._runs(printable(text).replace("\ufffd", _MISSING)):
            parts.append(f'<font name="{font}">{escape(run)}</font>' if font else escape(run))
        return "".join(parts)

    def plain(self, text: str) -> str:
        """Text in the regular font alone, for headers: letters that it lacks become "?"."""
        return "".join(letter if self.regular.has(letter) else _MISSING for letter in printable(text))

    def _runs(self, text: str) -> Iterator[tuple[str, str]]:
        font, run = "", ""
        for letter in text:
            wanted, shown = self._font_of(letter)
            if wanted != font and run:
                yield font, run
                run = ""
            font, run = wanted, run + shown
        if run:
            yield font, run

    def _font_of(self, letter: str) -> tuple[str, str]:
        if self.regular.has(letter):
            return "", letter
        for face in self.others:
            if face.has(letter):
                return face.name, letter
        self.missing.add(letter)
        return "", _MISSING


def find_fonts() -> Typesetter:
    """Register the first text font that this machine has, and what it has for other scripts, with reportlab."""
    files = _font_files()
    pairs = [(files[regular], files[bold]) for regular, bold in _TEXT_FONTS if regular in files and bold in files]
    regular, bold = (_register(path) for path in pairs[0])
    others = [_register(files[name]) for name in _OTHER_SCRIPTS if name in files]
    return Typesetter(regular, bold, tuple(others), set())


def _register(path: Path) -> Typeface:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    font: Any = TTFont(f"boneir-{path.stem}", str(path))
    pdfmetrics.registerFont(font)
    return Typeface(font.fontName, frozenset(font.face.charToGlyph))


def _font_files() -> dict[str, Path]:
    """Every TrueType file in the font folders of this machine, by name; reportlab's own come last."""
    found: dict[str, Path] = {}
    for folder in _folders():
        for path in sorted(folder.rglob("*.tt[fc]")) if folder.is_dir() else ():
            found.setdefault(path.name, path)
    return found


def _folders() -> Iterable[Path]:
    import reportlab

    home, windows = Path.home(), os.environ.get("WINDIR", "C:/Windows")
    return (
        Path("/usr/share/fonts/truetype"),
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        home / ".fonts",
        home / ".local/share/fonts",
        Path("/System/Library/Fonts"),
        Path("/Library/Fonts"),
        Path(windows) / "Fonts",
        Path(reportlab.__file__).parent / "fonts",
    )
