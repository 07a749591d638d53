"""What can be read in a page, and unpacked from it: embedded JSON, entities, base64, one within another."""

import base64
import binascii
import html
import json
import re
from urllib.parse import unquote

from pipelines.report import page

SCRIPTS = re.compile(r"<script[^>]*>(.*?)</script>", re.DOTALL)
EMBEDDED = re.compile(r'<script type="application/json"[^>]*>(.*?)</script>', re.DOTALL)
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
DEPTH = 3
SHORTEST = 6


def own_scripts():
    """The scripts that stand in every page with charts: they come with the software, not from an index."""
    import altair as alt  # noqa: PLC0415 - slow to load

    from pipelines.report import Chart  # noqa: PLC0415

    chart = Chart("any", "any", alt.Chart({"values": [{"x": 1}]}).mark_bar().encode(x="x:Q"))
    found = SCRIPTS.findall(page("base.html.j2", title="any", charts=[chart]))
    return sorted((text for text in found if len(text) > 1000), key=len, reverse=True)


def layers(text, depth=DEPTH):
    """The text and everything that can be unpacked from it."""
    yield text
    if not depth:
        return
    unpacked = {html.unescape(text), unquote(text)} - {text}
    for found in EMBEDDED.findall(text):
        unpacked.add(json.dumps(json.loads(found), ensure_ascii=False))
    for run in BASE64.findall(text):
        unpacked.update(decoded(run))
    for inner in unpacked:
        yield from layers(inner, depth - 1)


def decoded(run):
    """What a run of base64, plain or for addresses, or of hexadecimal digits stands for."""
    for cut in (run, run.rstrip("=")):
        padded = cut + "=" * (-len(cut) % 4)
        try:
            yield base64.b64decode(padded.translate(str.maketrans("-_", "+/")), validate=True).decode(
                "latin-1"
            )
        except (binascii.Error, ValueError):
            continue
    if len(run) % 2 == 0 and re.fullmatch(r"[0-9a-fA-F]+", run):
        yield bytes.fromhex(run).decode("latin-1")


def forms(value):
    """How a careless program might have written a value."""
    raw = value.encode()
    return {value, value.lower(), value.upper(), value[::-1], raw.hex(), raw.decode("latin-1")}


def found_in(text, needles):
    """Which of the values a page holds, in any form and at any depth."""
    everything = "\n".join(layers(text))
    # Most needles are ruled out by their beginning, which saves reading the page once for each.
    beginnings = {everything[place : place + SHORTEST] for place in range(len(everything))}

    def is_held(form):
        return form[:SHORTEST] in beginnings and form in everything

    return {needle for needle in needles if any(is_held(form) for form in forms(needle))}
