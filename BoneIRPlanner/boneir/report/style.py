"""How the report looks: one palette for HTML and PDF, and the style sheet of the HTML."""

from __future__ import annotations

from ..findings import Severity

INK = "#1b2430"
QUIET_INK = "#5a6675"
RULE = "#d5dbe3"
PALE = "#f4f6f9"
ACCENT = "#1f4e79"

SEVERITY_INK = {Severity.STOP: "#a33b00", Severity.WARN: "#7a5600", Severity.NOTE: "#005a94"}
"""Text on white; the three differ in lightness and hue for colour-blind readers, and each mark has its own shape."""
SEVERITY_FILL = {Severity.STOP: "#d55e00", Severity.WARN: "#e69f00", Severity.NOTE: "#0072b2"}
SEVERITY_PALE = {Severity.STOP: "#fdf0e7", Severity.WARN: "#fdf6e3", Severity.NOTE: "#eaf3fa"}
CLEAR_INK, CLEAR_PALE = "#00694b", "#e8f5f0"
"""Of a verdict without anything against the plan."""

MARK_POINTS = {
    Severity.STOP: ((5, 0), (11, 0), (16, 5), (16, 11), (11, 16), (5, 16), (0, 11), (0, 5)),
    Severity.WARN: ((8, 0), (16, 15), (0, 15)),
    Severity.NOTE: ((8, 0), (16, 8), (8, 16), (0, 8)),
}
"""Corners of the marks in a square of 16 units, y downwards: an octagon, a triangle, a diamond."""


_LEVEL_NAMES = ("level-ink", "level-pale", "level-fill")


def _variables() -> str:
    """The palette as CSS variables, and as the three of each severity."""
    colours = {"ink": INK, "quiet-ink": QUIET_INK, "rule": RULE, "pale": PALE, "accent": ACCENT}
    rules = [_rule(":root", colours)]
    for level in Severity:
        trio = (SEVERITY_INK[level], SEVERITY_PALE[level], SEVERITY_FILL[level])
        rules.append(_rule(f".{level.value}", dict(zip(_LEVEL_NAMES, trio, strict=True))))
    rules.append(_rule(".clear", dict(zip(_LEVEL_NAMES, (CLEAR_INK, CLEAR_PALE, CLEAR_INK), strict=True))))
    return "\n".join(rules)


def _rule(selector: str, variables: dict[str, str]) -> str:
    return f"{selector} {{ {' '.join(f'--{name}: {colour};' for name, colour in variables.items())} }}"


_RULES = """
* { box-sizing: border-box; }
body { margin: 0; background: var(--pale); color: var(--ink); -webkit-text-size-adjust: 100%;
  font: 16px/1.5 "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", "Noto Sans", sans-serif; }
main { max-width: 72rem; margin: 0 auto; background: #fff; padding: 2.5rem 3rem 3rem; }
header { border-bottom: 2px solid var(--accent); padding-bottom: 1rem; }
h1 { font-size: 1.75rem; line-height: 1.2; font-weight: 600; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 1.15rem; font-weight: 600; color: var(--accent); margin: 2.25rem 0 0.75rem; padding-bottom: 0.3rem;
  border-bottom: 1px solid var(--rule); }
h3 { font-size: 0.95rem; font-weight: 600; margin: 1.25rem 0 0.4rem; }
p, ul { margin: 0.5rem 0; }
ul { padding-left: 1.2rem; }
li { margin: 0.25rem 0; overflow-wrap: anywhere; }
.quiet { color: var(--quiet-ink); font-size: 0.85rem; }
.subtitle { margin: 0.25rem 0 0; color: var(--quiet-ink); }
.patient { display: flex; flex-wrap: wrap; gap: 0.5rem 2rem; margin: 1rem 0 0; }
.patient div { min-width: 0; }
.patient dt { font-size: 0.75rem; color: var(--quiet-ink); }
.patient dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: minmax(9rem, 14rem) 1fr; gap: 0.3rem 1.25rem; margin: 0.5rem 0 1rem; }
.facts dt { color: var(--quiet-ink); overflow-wrap: anywhere; }
.facts dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
table { width: 100%; border-collapse: collapse; margin: 0.5rem 0 1rem; font-size: 0.92rem; }
caption { text-align: left; font-weight: 600; padding: 0.75rem 0 0.25rem; }
th { text-align: left; font-weight: 600; font-size: 0.8rem; color: var(--quiet-ink);
  border-bottom: 1px solid var(--quiet-ink); padding: 0.3rem 0.6rem; vertical-align: bottom; }
td { border-bottom: 1px solid var(--rule); padding: 0.4rem 0.6rem; vertical-align: top; overflow-wrap: anywhere; }
th:first-child, td:first-child { padding-left: 0.4rem; }
.number { text-align: right; padding-right: 1.5rem; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
tr.stop, tr.warn, tr.note { background: var(--level-pale); }
.mark { width: 0.95em; height: 0.95em; vertical-align: -0.1em; margin-right: 0.4em; flex: none; }
.word { color: var(--level-ink); font-weight: 600; }
.verdict { background: var(--level-pale); padding: 0.9rem 1.1rem;
  margin: 1.25rem 0 1rem; }
.verdict p { margin: 0; }
.verdict p:first-child { font-size: 1.15rem; font-weight: 600; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 0.75rem;
  margin: 0 0 1rem; }
.tile { border: 1px solid var(--rule); border-top: 3px solid var(--rule); padding: 0.6rem 0.8rem; }
.tile.stop, .tile.warn, .tile.note { border-top-color: var(--level-fill); }
.tile .label { font-size: 0.78rem; color: var(--quiet-ink); line-height: 1.3; }
.tile .value { font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.3; }
.tile .about { font-size: 0.78rem; color: var(--quiet-ink); overflow-wrap: anywhere; }
.notices { list-style: none; padding: 0; margin: 0.5rem 0 1rem; }
.notices li { display: grid; grid-template-columns: 5.5rem 1fr; gap: 0 0.75rem; padding: 0.5rem 0.6rem;
  margin: 0 0 0.35rem; background: var(--level-pale); }
.detail { font-size: 0.85rem; font-weight: 400; color: var(--quiet-ink); }
.gallery { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1rem; margin: 0.5rem 0 1rem; }
.gallery .wide { grid-column: 1 / -1; }
figure { margin: 0; }
figure img { display: block; width: 100%; height: auto; background: #000; }
svg.curve { display: block; width: 100%; max-width: 44rem; height: auto; font-family: inherit; }
figcaption { font-size: 0.85rem; color: var(--quiet-ink); padding-top: 0.3rem; }
footer { margin-top: 2rem; font-size: 0.8rem; color: var(--quiet-ink); overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  main { padding: 1.25rem 1rem 2rem; }
  h1 { font-size: 1.35rem; }
  .facts { grid-template-columns: 7.5rem 1fr; gap: 0.3rem 0.75rem; }
  .gallery { grid-template-columns: 1fr; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .notices li { grid-template-columns: 1fr; }
  table, tbody, tr, td { display: block; }
  caption { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { border-bottom: 1px solid var(--rule); padding: 0.5rem 0.6rem; }
  td, td:first-child, td.number { border: 0; padding: 0.1rem 0; text-align: left; }
  td:first-child { font-weight: 600; }
  td[data-title]:not(:first-child)::before { content: attr(data-title) ": "; font-weight: 400;
    color: var(--quiet-ink); }
  td:empty { display: none; }
}
a { color: var(--accent); }
@page { size: A4; margin: 14mm 14mm 16mm; }
@media print {
  html { font-size: 11.5px; }
  body { background: #fff; font-size: 1rem; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { padding: 0; max-width: none; }
  h2, h3, caption { break-after: avoid; }
  tr, figure, .verdict, .tile, .notices li { break-inside: avoid; }
  thead { display: table-header-group; }
  a { color: inherit; text-decoration: none; }
}
"""

STYLE_SHEET = f"\n{_variables()}{_RULES}"
"""The style sheet: readable on a desk and on a telephone, and in print on A4."""
