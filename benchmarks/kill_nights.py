"""Nights that are killed (SIGKILL) at random moments over load, link and publish, and run again.

Figures
-------
nights that ended otherwise
    Of all nights that were killed once or more and then run to their end: those whose children differ from those of a
    night that was not killed, that did not end, or that lost or kept a package they should not. Target 0.
states that readers should not see
    After each kill the published index is opened: it shows yesterday or today, whole. Target 0.
killed at
    How many kills came before anything was staged, while packages were staged, and after the publication.

Every night runs in a process forked from this one, which has run one night itself, so that the kernels are loaded and
a kill falls into the night and not into its start; everything that night opened is closed before the first fork.
"""

import os
import random
import shutil
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from datasets import DataSet
from linkage_job import key_folder, make_keys
from reporting import Figure, arguments, print_report

from linkage.exchange.specification import default_specification_text
from linkage.index import open_index, open_published
from pipelines import simulate
from pipelines.at_source import encode
from pipelines.at_unit import init, nightly
from pipelines.simulation.nights import NightRates

SEED = 20261122
KILLS, QUICK_KILLS = 200, 4
SOURCES = ("school", "gp", "benefits")
PACKAGES = ("childindex", "duckdb", "pyarrow")


def main() -> None:
    """Kill, finish, compare."""
    parser = arguments(__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--children", type=int, default=150)
    asked = parser.parse_args()
    n_kills = QUICK_KILLS if asked.quick else asked.kills
    with tempfile.TemporaryDirectory(prefix="childindex-kills-") as folder:
        figures = measure(Path(folder), n_kills, asked.children, quick=asked.quick)
    print_report("kill_nights", figures, PACKAGES, as_json=asked.json)


def measure(folder: Path, n_kills: int, children: int, *, quick: bool) -> list[Figure]:
    """The figures of `n_kills` kills."""
    _in_child(lambda: build(folder, children))
    _in_child(lambda: remember(folder / "base", folder / "yesterday.txt"))
    shutil.copytree(folder / "base", folder / "first")
    night(folder / "first")
    whole = folder / "whole"
    shutil.copytree(folder / "base", whole)
    started = time.monotonic()
    _in_child(lambda: night(whole))
    seconds = time.monotonic() - started
    _in_child(lambda: remember(whole, folder / "today.txt"))
    expected = (folder / "today.txt").read_text()
    seen = {(folder / "yesterday.txt").read_text(), expected}
    place = folder / "killed"
    rng = random.Random(SEED)  # noqa: S311 - nothing depends on nobody guessing it
    wrong_ends = wrong_states = done = 0
    moments: Counter[str] = Counter()
    while done < n_kills:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(folder / "base", place)
        # Mostly once, sometimes again in the night that was to finish it.
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            if _killed(lambda: night(place), rng.uniform(0, seconds)):
                done += 1
                _in_child(lambda: remember(place, folder / "seen.txt"))
                wrong_states += (folder / "seen.txt").read_text() not in seen
                moments[_moment(place)] += 1
        try:
            _in_child(lambda: night(place))
            _in_child(lambda: remember(place, folder / "end.txt"))
            same = (folder / "end.txt").read_text() == expected
            archived = sorted(path.name for path in (place / "index" / "archive").rglob("*.cip"))
            kept = sorted(path.name for path in (whole / "index" / "archive").rglob("*.cip"))
            wrong_ends += not (same and archived == kept and not list((place / "inbox").glob("*.cip")))
        except RuntimeError:
            wrong_ends += 1
    return [
        Figure(f"nights that ended otherwise, of {done} kills", "nights", [wrong_ends], "<= 0", quick),
        Figure("states that readers should not see", "states", [wrong_states], "<= 0", quick),
        *(Figure(f"killed {moment}", "kills", [n]) for moment, n in sorted(moments.items())),
        Figure("a night that is not killed", "s", [seconds]),
    ]


def build(folder: Path, children: int) -> None:
    """An index after its first night, and an inbox with the second."""
    base = folder / "base"
    base.mkdir()
    rates = NightRates(new=0.05, changed=0.05, deleted=0.02)
    whole = simulate.run(folder / "feeds", children, SEED, formats=("csv",), workers=1)
    simulate.cut_into_nights(folder / "feeds", whole, 2, rates)
    spec = folder / "spec.toml"
    text = default_specification_text()
    for source in SOURCES:
        head = f"[sources.{source}]\n"
        text = text.replace(head, head + 'operation = { column = "operation" }\n')
    spec.write_text(text, encoding="utf-8")
    data = DataSet("kills", folder, SOURCES)
    shutil.copytree(make_keys(data), base / "unit-keys")
    init.run(base / "index", spec)
    inbox = base / "inbox"
    inbox.mkdir()
    for number, kind in ((1, "snapshot"), (2, "delta")):
        for source in SOURCES:
            feed = folder / "feeds" / "nights" / f"{number:02d}" / f"{source}.csv"
            package = inbox / f"{source}-{number}.cip"
            encode.run(encode.EncodeJob(feed, source, spec, key_folder(data, source), package, kind))
        if number == 1:
            night(base)


def night(place: Path) -> None:
    """Run a night, as the command does."""
    result = nightly.run(nightly.NightlyJob(place / "index", place / "inbox", place / "unit-keys", threads=1))
    if result.exit_status:
        raise RuntimeError("; ".join(result.faults()))


def remember(place: Path, target: Path) -> None:
    """Write down the published children."""
    rows = open_published(place / "index").export(include_shielded=True).read_all().to_pandas()
    rows["record"] = rows["source"] + " " + rows["record_id"]
    children: pd.Series = rows.sort_values("record").groupby("child_id")["record"].agg(" ".join)
    target.write_text("\n".join(sorted(children)), encoding="utf-8")


def _moment(place: Path) -> str:
    """How far a killed night came."""
    if not list((place / "inbox").glob("*.cip")):
        return "after everything"
    told = place / "moment.txt"

    def look() -> None:
        with open_index(place / "index") as index:
            number = index.open_run()
            runs = len(index.runs())
            moment = "before anything was staged" if runs == 1 else "after the publication"
            if number is not None:
                moment = f"with {len(index.packages(number))} packages staged"
            told.write_text(moment, encoding="utf-8")

    _in_child(look)
    return told.read_text(encoding="utf-8")


def _killed(job: Callable[[], None], after: float) -> bool:
    """Run a job in a fork and kill it after some seconds; false if it had ended by then."""
    child = _fork(job)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _in_child(job: Callable[[], None]) -> None:
    """Run a job in a fork to its end.

    Raises
    ------
    RuntimeError
        If it fails.
    """
    _, status = os.waitpid(_fork(job), 0)
    if status:
        raise RuntimeError(f"a forked job ended with status {status}")


def _fork(job: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        job()
    except BaseException:  # noqa: BLE001 - a fork must not run on into the parent's code
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
