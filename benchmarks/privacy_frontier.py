"""The frontier of privacy and accuracy: every profile attacked and linked, on the same simulated children.

Figures, by profile
-------------------
graph matching, 20 and 100 seeds
    Share of 2,000 children named from the similarities of all filters together; the worse of a dense neighbourhood
    and a random sample.
known pairs, 1,000 and 10,000
    Share of 1,000 children named by a ridge over all filters, from a list of 20,000.
known pairs, 1,000, network
    The same by a neural network.
known pairs, 1,000, every column
    With tokens and blocking keys beside the filters.
frequency
    Records hit by frequency alignment, worst filter, token or blocking key.
components
    Records hit by the sizes of near-neighbour components, worst filter, on the attacked children; at a million children
    ``privacy_components.py``.
worst attack
    Of graph matching with 100 seeds, known pairs with 1,000 (filters, every column), frequency and components.
F1, best F1, ceiling F1
    Of the published children at the threshold that the software chose; of the best threshold on single pairs; of any
    weighing of the patterns. Three feeds, the real jobs.
precision among twins
    Of links that a record of a twin takes part in.
bytes a record, pairs a second
    Of a row of a package; of linking as a whole, candidate pairs by its seconds of processor.

The default profile is the one whose attacks all stay within the gate's limits and whose F1 is best; see
``docs/privacy.md``. ``--markdown FILE`` writes the table, ``--plot FILE`` F1 against the worst attack. A run over all
profiles takes about half an hour of processor; with ``--results FILE`` it goes on where it was interrupted.

Traps: attack rates of a thousand targets carry half a percent of noise; keys are drawn anew in each run; simulated
names are fewer than real ones, which helps the attacker.
"""

import json
import math
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import altair as alt
import pandas as pd
from privacy_measures import FULL, PARTS, QUICK, SMALL, Measures, simulated
from privacy_profiles import PROFILES, REFERENCE, SHIPPED
from reporting import Figure, arguments, print_report

SEED = 20261122
PACKAGES = ("childindex", "numpy", "numba", "scipy", "scikit-learn")
TARGETS = {
    "graph matching, 20 seeds": "<= 0.01",
    "graph matching, 100 seeds": "<= 0.01",
    "known pairs, 1,000": "<= 0.02",
    "known pairs, 10,000": "<= 0.1",
    "frequency": "<= 0.01",
    "components": "<= 0.01",
}
WORST_OF = (
    "graph matching, 100 seeds",
    "known pairs, 1,000",
    "known pairs, 1,000, every column",
    "frequency",
    "components",
)
HEADINGS = {
    "graph matching, 20 seeds": "GM 20",
    "graph matching, 100 seeds": "GM 100",
    "known pairs, 1,000": "known 1,000",
    "known pairs, 1,000, network": "network",
    "known pairs, 1,000, every column": "every column",
    "known pairs, 10,000": "known 10,000",
    "frequency": "frequency",
    "components": "components",
    "F1": "F1",
    "best F1": "best pairs",
    "ceiling F1": "ceiling",
    "precision among twins": "twins",
    "bytes a record": "bytes",
    "pairs a second": "million pairs/s",
}
MOST_F1_LOST = 0.01
LEAST_SHOWN, MOST_F1_SHOWN = 0.008, 0.02
QUICK_PROFILES = (REFERENCE, SHIPPED)


Table = dict[str, dict[str, float]]


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--only", nargs="+", choices=sorted(PROFILES), help="these profiles")
    parser.add_argument("--small", action="store_true", help="a sixth of the work: smaller lists and graphs")
    parser.add_argument(
        "--parts", nargs="+", choices=list(PARTS), help="these measurements, all if not given"
    )
    parser.add_argument("--seed", type=int, default=SEED, help="of the children and of the draws")
    parser.add_argument("--workers", type=int, default=0, help="attacks at once; 0 for one on each processor")
    parser.add_argument("--people", type=int, default=0, help="in a graph; 2,000 if not given")
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="keep results here; what is there is not redone"
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table for the documentation")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write the plot (.svg, .png or .html)")
    asked = parser.parse_args()
    names = asked.only or (QUICK_PROFILES if asked.quick else tuple(PROFILES))
    sizes = QUICK if asked.quick else SMALL if asked.small else FULL
    sizes = replace(sizes, matching_people=asked.people or sizes.matching_people)
    kept = _Kept(asked.results, f"{sizes.linked} linked, {sizes.attacked} attacked, seed {asked.seed}")
    with tempfile.TemporaryDirectory(prefix="childindex-frontier-") as folder:
        measures = Measures(simulated(Path(folder), sizes, asked.seed), sizes, asked.seed, asked.workers)
        for name in names:
            for part in asked.parts or PARTS:
                kept.measure(name, part, measures)
    table = kept.table(names)
    if asked.markdown:
        asked.markdown.write_text(_markdown(table), encoding="utf-8")
    if asked.plot:
        _plot(table).save(str(asked.plot))
    print_report("privacy_frontier", _figures(table, quick=asked.quick), PACKAGES, as_json=asked.json)


class _Kept:
    """What was measured, in a file if one was named: by profile and part."""

    def __init__(self, path: Path | None, of: str) -> None:
        self._path = path
        self._content: dict[str, dict[str, dict[str, float]]] = {}
        self._of = of
        if path is not None and path.exists():
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["of"] != of:
                raise SystemExit(f"{path}: results of {content['of']}, not of {of}; name another file")
            self._content = content["profiles"]

    def measure(self, name: str, part: str, measures: Measures) -> None:
        """Measure a part of a profile, unless it was measured."""
        held = self._content.setdefault(name, {})
        if part in held:
            return
        held[part] = measures.of(PROFILES[name], part)
        print(name, part, json.dumps(held[part]), file=sys.stderr, flush=True)
        if self._path is not None:
            partial = self._path.with_name(self._path.name + ".partial")
            partial.write_text(json.dumps({"of": self._of, "profiles": self._content}), encoding="utf-8")
            partial.replace(self._path)

    def table(self, names: tuple[str, ...] | list[str]) -> Table:
        """All figures by profile, with the worst attack where all that it is the worst of were made."""
        found: Table = {}
        for name in names:
            figures: dict[str, float] = {}
            for key, value in (figure for part in self._content[name].values() for figure in part.items()):
                figures[key] = max(value, figures.get(key, value))
            if all(figure in figures for figure in WORST_OF):
                figures["worst attack"] = max(figures[figure] for figure in WORST_OF)
            found[name] = figures
        return found


def _figures(table: dict[str, dict[str, float]], *, quick: bool) -> list[Figure]:
    return [
        Figure(f"{profile}: {name}", _unit(name), [value], _target(profile, name, table), quick=quick)
        for profile, values in table.items()
        for name, value in values.items()
    ]


def _target(profile: str, name: str, table: dict[str, dict[str, float]]) -> str | None:
    """Targets are for the profile that ships; accuracy is held against the reference of the same run."""
    if profile != SHIPPED:
        return None
    if name in ("F1", "precision among twins") and REFERENCE in table:
        return f">= {table[REFERENCE][name] - MOST_F1_LOST:.4f}"
    return TARGETS.get(name)


def _unit(name: str) -> str:
    return {"bytes a record": "bytes", "pairs a second": "pairs/s"}.get(name, "")


def _markdown(table: Table) -> str:
    """The figures that any of the profiles has, in the order of `HEADINGS`."""
    shown = {
        figure: heading
        for figure, heading in HEADINGS.items()
        if any(figure in held for held in table.values())
    }
    lines = ["| profile | " + " | ".join(shown.values()) + " |", "|---" * (len(shown) + 1) + "|"]
    for profile, values in table.items():
        name = f"**{profile}**" if profile == SHIPPED else profile
        lines.append(
            f"| {name} | " + " | ".join(_cell(figure, values.get(figure)) for figure in shown) + " |"
        )
    return "\n".join(lines) + "\n"


def _cell(name: str, value: float | None) -> str:
    if value is None or math.isnan(value):
        return "-"
    if name in ("F1", "best F1", "ceiling F1", "precision among twins"):
        return f"{value:.4f}"
    if name == "pairs a second":
        return f"{value / 1e6:.0f}"
    return f"{value:.0f}" if name == "bytes a record" else f"{100 * value:.2f}%"


def _plot(table: Table) -> alt.VConcatChart:
    """F1 against the worst attack; profiles that link badly in a panel of their own, so that the others lie apart."""
    rows = pd.DataFrame(
        [
            {
                "kind": name.partition(",")[0],
                "profile": name.partition(", ")[2] + (" (default)" if name == SHIPPED else ""),
                "F1": values["F1"],
                "worst attack": max(values["worst attack"], LEAST_SHOWN),
            }
            for name, values in table.items()
            if "worst attack" in values and "F1" in values
        ]
    ).sort_values("worst attack")
    good = rows["F1"] >= rows["F1"].max() - MOST_F1_SHOWN
    panels = [_panel(rows[held], height) for held, height in ((good, 320), (~good, 200)) if held.any()]
    chart: alt.VConcatChart = alt.vconcat(*panels)
    return chart


def _panel(rows: pd.DataFrame, height: int) -> alt.LayerChart:
    rows = rows.assign(above=[number % 2 == 0 for number in range(len(rows))])
    points = alt.Chart(rows, width=720, height=height).encode(
        x=alt.X(
            "worst attack:Q",
            scale=alt.Scale(type="log", domain=[LEAST_SHOWN, 2]),
            axis=alt.Axis(format="%", values=[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]),
            title="named by the worst attack",
        ),
        y=alt.Y("F1:Q", scale=alt.Scale(zero=False, padding=12), title="F1 of the published children"),
    )
    chart: alt.LayerChart = points.mark_point(size=60, filled=True).encode(color="kind:N", shape="kind:N")
    # Labels above and below in turn, since neighbours have nearly the same F1.
    for above, dy in ((True, -8), (False, 9)):
        labels = points.transform_filter(alt.datum.above == above)
        chart += labels.mark_text(align="left", dx=4, dy=dy, fontSize=9).encode(text="profile:N")
    return chart


if __name__ == "__main__":
    main()
