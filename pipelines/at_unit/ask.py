"""The job that answers a question: who else knows this child, told by one sealed record of it.

A source that has just met a child encodes its one record and seals it as a question; the unit compares it with what is
published, under the model in use, and forgets it. Nothing is stored but the entry in the log.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.exchange.errors import IndexRefused, PackageRefused
from linkage.exchange.expectation import Expectation
from linkage.exchange.normaliser import NORMALISER_VERSION
from linkage.exchange.package_reader import drop_canaries, open_package
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.public_keys import load_trusted_sources
from linkage.exchange.records import EncodedRecords
from linkage.exchange.specification import Specification
from linkage.exchange.unit_keys import load_unit_keys
from linkage.index import Child, PublishedIndex, PublishedRecords, open_published
from linkage.index.storage.folder import IndexFolder
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.linking.decided_model import DecidedModel
from pipelines.at_unit.linking.evidence import Scores
from pipelines.at_unit.linking.meeting import Meeting, parts_of
from pipelines.at_unit.linking.protecting import near_places
from pipelines.at_unit.lookup import described_to_recipient
from pipelines.at_unit.recipients import Asking, access_of
from pipelines.progress import Progress, Silent

__all__ = ["run"]

Rows = npt.NDArray[np.int64]


def run(
    index: Path, package: Path, asking: Asking, keys: Path, progress: Progress | None = None
) -> dict[str, Any]:
    """Answer a sealed question for a recipient; it is logged before it is answered.

    Returns
    -------
    ``pseudonym``, ``sources``, ``records`` and ``shielded`` as for a look-up.

    Raises
    ------
    InputRefused
        If the package is no question of a trusted source, the recipient has no right, no child or more than one fits,
        or a shielded child is near and the recipient may not know of it: that looks like no child.
    """
    specification = index_specification(index)
    with access_of(index, asking.recipient, keys) as access:
        source, record = _open_question(index, specification, package, keys)
        access.require_question(source, requester=asking.requester, purpose=asking.purpose)
        with (progress or Silent()).stage("look among what is published"):
            fitting = _fitting(index, access.published, specification, source, record)
        told = access.answer(
            source,
            record.record_ids[0].tobytes(),
            fitting.child,
            is_shielded=fitting.is_near_shielded,
            is_ambiguous=fitting.is_ambiguous,
            requester=asking.requester,
            purpose=asking.purpose,
        )
    if told is not None:
        return described_to_recipient(told)
    if fitting.is_ambiguous and not fitting.is_near_shielded:
        raise IndexRefused(
            "more than one child fits this record, so nothing is told; ask with more fields filled in"
        )
    raise IndexRefused("no child of the published index fits this record")


def _open_question(
    index: Path, specification: Specification, package: Path, keys: Path
) -> tuple[str, EncodedRecords]:
    card, published = IndexFolder(index).read_card(), open_published(index)
    expected = Expectation(
        project=specification.project,
        specification=card.fingerprint,
        schema=card.schema,
        normaliser=NORMALISER_VERSION,
        key_checks=published.key_checks or None,
        kinds=("question",),
    )
    unit = load_unit_keys(keys, read_passphrase())
    with open_package(package, unit.envelope_key, load_trusted_sources(keys), expected) as opened:
        records = EncodedRecords.concatenate([drop_canaries(batch) for batch in opened.batches()])
        if len(records) != 1:
            raise PackageRefused(f"{package}: a question holds one record, this one holds {len(records)}")
        return opened.manifest.source, records


@dataclass(frozen=True, repr=False)
class _Fitting:
    """What fits a record: one child, several, or none; and whether a shielded one is among them or near."""

    child: Child | None
    is_near_shielded: bool
    is_ambiguous: bool


def _fitting(
    index: Path, published: PublishedIndex, specification: Specification, source: str, record: EncodedRecords
) -> _Fitting:
    scores = Scores.of(_model(published), specification, published.sources)
    places, weights = _near(index, published, specification, scores, source, record)
    children = published.children_of(places)
    near_shielded = any(child.shielded for child in children)
    # As in the resolution: a record keeps a best partner somewhat under the threshold, if it has no other.
    fits: set[bytes] = set()
    for least in (scores.threshold, scores.least):
        reached = (weights >= least).tolist()
        fits = fits or {child.child_id for child, is_near in zip(children, reached, strict=True) if is_near}
    only = next((child for child in children if {child.child_id} == fits), None)
    return _Fitting(only, near_shielded, len(fits) > 1)


def _near(
    index: Path,
    published: PublishedIndex,
    specification: Specification,
    scores: Scores,
    source: str,
    record: EncodedRecords,
) -> tuple[Rows, npt.NDArray[np.float64]]:
    """Places of the published records that come near, down to the review band, and the weight of each."""
    encoded = PublishedRecords(index, published)
    cutoff = scores.least - specification.protection.review_bits
    meeting = Meeting(specification, scores, len(published.sources), published.n_records, cutoff, whole=True)
    asking = np.array([published.sources.index(source)], dtype=np.int16)
    found, weights = [np.empty(0, dtype=np.int64)], [np.empty(0)]
    for places in parts_of(near_places(encoded, published, meeting, record.words), encoded.schema.n_words):
        words = np.vstack([record.words, encoded.words(places)])
        sources = np.concatenate([asking, published.sources_of(places)])
        met = meeting.compare(words, sources, np.arange(len(words)) == 0)
        found.append(places[np.maximum(met.pairs.left, met.pairs.right) - 1])
        left, right = sources[met.pairs.left], sources[met.pairs.right]
        weights.append(scores.weights(left, right, met.pairs.patterns))
    return np.concatenate(found), np.concatenate(weights)


def _model(published: PublishedIndex) -> DecidedModel:
    for run in reversed(published.runs()):
        if run["model"] and run["status"] == "published":
            return DecidedModel.from_json(run["model"], origin=f"run {run['run_no']}")
    raise IndexRefused("no published run of this index has a model: link it with `childindex link`")
