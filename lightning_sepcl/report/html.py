"""The building blocks of the page: elements as strings, everything that comes from a run escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

CSS = """
:root { color-scheme: light dark; --paper: #ffffff; --card: #f6f7f9; --ink: #1c2128; --soft: #5b6470; --line: #dde1e6;
  --accent: #0072b2; --good: #00795a; --note: #fff6e0; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171c; --card: #1d2127; --ink: #e4e7eb; --soft: #9aa4b0;
  --line: #323841; --accent: #56b4e9; --good: #3fc39a; --note: #33290f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 40px 28px 72px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 52px 0 4px; letter-spacing: -0.01em; }
p { margin: 4px 0 14px; max-width: 78ch; }
.soft, .facts { color: var(--soft); }
.facts { margin: 6px 0 0; font-size: 0.9rem; max-width: none; }
.facts span + span::before { content: "·"; margin: 0 0.55em; }
.note { background: var(--note); border-radius: 8px; padding: 10px 16px; margin: 22px 0 0; font-size: 0.9rem; }
.note ul { margin: 0; padding-left: 18px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 14px; margin: 26px 0 0; }
.tile { background: var(--card); border-radius: 10px; padding: 14px 18px; }
.tile b { display: block; font-size: 1.9rem; line-height: 1.25; font-variant-numeric: tabular-nums;
  color: var(--accent); letter-spacing: -0.02em; }
.tile small { color: var(--soft); font-size: 0.84rem; }
.tile .name { font-weight: 600; font-size: 0.9rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 12px 0 20px; font-size: 0.92rem; }
th, td { text-align: right; padding: 7px 12px; border-bottom: 1px solid var(--line);
  font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th { color: var(--soft); font-weight: 600; font-size: 0.84rem; vertical-align: bottom; }
tr.ours td:first-child { border-left: 3px solid var(--accent); padding-left: 9px; font-weight: 600; }
tr.chance td { color: var(--soft); font-style: italic; border-bottom: 0; }
table.words td, table.words th { text-align: left; vertical-align: top; }
svg { width: 100%; min-width: 720px; height: auto; display: block; }
svg text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif !important; }
figure { margin: 10px 0 0; overflow-x: auto; }
.query { display: grid; grid-template-columns: 1.12fr repeat(4, 1fr); gap: 10px; padding: 14px 0;
  border-bottom: 1px solid var(--line); }
.found { display: grid; grid-template-columns: repeat(auto-fill, minmax(225px, 1fr)); gap: 10px; }
.clip { background: var(--card); border-radius: 8px; padding: 10px; min-width: 0; font-size: 0.84rem;
  border-top: 3px solid var(--line); }
.clip.asked { border-top-color: var(--accent); }
.clip.same { border-top-color: var(--good); }
.clip img { width: 100%; height: 56px; border-radius: 4px; display: block; image-rendering: auto; }
.clip audio { width: 100%; height: 32px; margin-top: 6px; display: block; }
.clip .label { font-weight: 600; overflow-wrap: anywhere; }
.clip .key { color: var(--soft); font-size: 0.76rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.clip .score { display: flex; justify-content: space-between; font-size: 0.78rem; color: var(--soft);
  font-variant-numeric: tabular-nums; }
.same .score b { color: var(--good); }
.dot { display: inline-block; width: 0.65em; height: 0.65em; border-radius: 50%; margin-right: 0.4em; }
details { border: 1px solid var(--line); border-radius: 8px; padding: 9px 16px; margin: 10px 0; }
summary { cursor: pointer; font-weight: 600; }
pre { overflow-x: auto; font: 0.8rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; margin: 10px 0 4px; }
@media (max-width: 820px) { .query { grid-template-columns: 1fr 1fr; } main { padding: 24px 16px 48px; } }
@media print { details { break-inside: avoid; } .query { break-inside: avoid; } }
"""


def document(title: str, body: Iterable[str]) -> str:
    """A whole page that needs nothing from outside."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in body if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def section(title: str, explanation: str, *parts: str) -> str:
    """A heading with a sentence that says how to read what follows; empty when nothing follows."""
    content = "\n".join(part for part in parts if part)
    return f'<h2>{escape(title)}</h2>\n<p class="soft">{escape(explanation)}</p>\n{content}' if content else ""


def figure(svg: str) -> str:
    """A picture."""
    return f"<figure>{svg}</figure>"


def note(sentences: Sequence[str]) -> str:
    """A coloured box of sentences; empty without any."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<div class="note"><ul>{items}</ul></div>' if items else ""


def folded(title: str, content: str) -> str:
    """Content that opens on a click; empty when there is none."""
    return f"<details><summary>{escape(title)}</summary>{content}</details>" if content else ""


def preformatted(text: str) -> str:
    """Text as it is, in a fixed font; empty when there is none."""
    return f"<pre>{escape(text)}</pre>" if text else ""


def words_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of words; without a head when `head` is empty."""
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    top = "<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in head) + "</tr>" if head else ""
    return f'<div class="wide"><table class="words">{top}{body}</table></div>' if body else ""
