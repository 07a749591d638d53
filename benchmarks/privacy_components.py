"""Near-neighbour components and frequencies at the size of a large file, where neighbourhoods are as dense as they get.

Sampling thins out exactly what leaks here: in a file of a million, every Oliver has Olivers born one digit away. So the
attacks that read frequencies, off codes or off the sizes of components of near codes, are made on all records of the
largest source of so many simulated children, under the reference profile and the one that ships. The filters of the
latter are built for this file: buckets as ``childindex spec new --records`` gives them.

Figures, by profile
-------------------
components
    Share of records whose value is guessed from the size of their component, worst filter, reading and distance.
records with a neighbour, largest component
    What the graph of that filter looks like: shares of records, worst filter each.
frequency
    Share of records whose value is guessed by frequency alignment, worst filter, token or blocking key. The token of
    the cohort is left out here, and measured beside: a specification accepts that risk by name.
frequency of cohorts
    The same for the cohort's token.

Traps: simulated names are fewer than real ones, which makes neighbourhoods denser and helps the attacker; near codes
are found with the help of the plaintext, which an attacker could do without it, more slowly.
"""

import re
import resource
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from privacy_profiles import PROFILES, REFERENCE, SHIPPED, toml_text
from reporting import Figure, arguments, print_report

from encoders.attacks.outcome import AttackResult
from encoders.attacks.suite import component_attacks, counting_attacks
from linkage.exchange.schema import ColumnKind
from linkage.exchange.specification import default_specification_text, read_specification
from pipelines import simulate
from pipelines.at_source.attack import encoded_people
from pipelines.buckets import with_buckets

SEED = 20261124
SOURCE = "gp"
FULL, QUICK = 1_000_000, 400
PACKAGES = ("childindex", "numpy", "numba", "pyarrow")
TARGET = "<= 0.01"
REACHES = (1.0, 0.75, 0.5, 0.25)
"""Shares of the distance at which codes are near: components that grow together at the whole of it part at less."""


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--children", type=int, default=0, help="in all sources; a million if not given")
    parser.add_argument(
        "--only", choices=sorted(PROFILES), help="one profile; else that which ships and the reference"
    )
    asked = parser.parse_args()
    children = asked.children or (QUICK if asked.quick else FULL)
    with tempfile.TemporaryDirectory(prefix="childindex-components-") as folder:
        place = Path(folder)
        simulate.run(place / "feeds", children, SEED, formats=("parquet",))
        figures: list[Figure] = []
        for profile in (asked.only,) if asked.only else (SHIPPED, REFERENCE):
            figures += attacked(profile, place, children, quick=asked.quick)
    print_report("privacy_components", figures, PACKAGES, as_json=asked.json)


def attacked(profile: str, place: Path, children: int, *, quick: bool) -> list[Figure]:
    """All figures of one profile."""
    started = time.process_time()
    specification = place / "spec.toml"
    specification.write_text(_text(profile, children), encoding="utf-8")
    people = encoded_people(
        place / "feeds" / f"{SOURCE}.parquet", read_specification(specification), SOURCE, specification
    )
    rng = np.random.default_rng(SEED)
    components = _told(component_attacks(people, rng, reaches=REACHES))
    counted = _told(one for one in counting_attacks(people, rng) if one.attack == "frequency alignment")
    cohorts = [one for one in counted if one.target.startswith(f"{ColumnKind.COHORT}.")]
    others = [one for one in counted if one not in cohorts]
    held = profile == SHIPPED
    rates = [
        ("components", max(one.rate for one in components), TARGET if held else None),
        (
            "records with a neighbour",
            max(one.details["records with a neighbour"] for one in components),
            None,
        ),
        ("largest component", max(one.details["largest component"] for one in components), None),
        ("frequency", max(one.rate for one in others), TARGET if held else None),
        ("frequency of cohorts", max((one.rate for one in cohorts), default=0.0), None),
    ]
    return [
        *(Figure(f"{profile}: {name}", "", [rate], target, quick) for name, rate, target in rates),
        Figure(f"{profile}: records", "", [float(len(people))]),
        Figure(f"{profile}: processor", "s", [time.process_time() - started]),
        Figure("peak memory so far", "GiB", [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20]),
    ]


def _text(profile: str, children: int) -> str:
    """The profile's specification; the one that ships with the buckets of such a feed."""
    if profile == SHIPPED:
        return with_buckets(default_specification_text("children_private"), children)
    return toml_text(PROFILES[profile].document)


def _told(results: Iterable[AttackResult]) -> list[AttackResult]:
    """All results; each is told on the error stream as it comes, since a large run takes minutes."""
    kept = []
    for result in results:
        kept.append(result)
        reading = re.sub(r".*; best reading: ", "read as ", result.assumptions)
        details = ", ".join(f"{name} {value:.4g}" for name, value in result.details.items())
        print(
            f"{result.attack} {result.target}: {result.rate:.4%} ({reading}; {details})",
            file=sys.stderr,
            flush=True,
        )
    return kept


if __name__ == "__main__":
    main()
