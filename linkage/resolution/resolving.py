"""From weighted pairs to clusters: components of accepted edges, then repair of those that break a rule."""

import numpy as np
import numpy.typing as npt

from linkage.kernels import connected_components
from linkage.resolution.graph import (
    ACCEPTED,
    EVIDENCE,
    LINK,
    build_graph,
    canonical_order,
    sort_links,
)
from linkage.resolution.must_links import followed_must_links
from linkage.resolution.outcome import ConflictCounts, Reason, Resolution
from linkage.resolution.repair import Repair
from linkage.resolution.rules import ResolutionOptions
from linkage.resolution.suspects import suspect_components

Rows = npt.NDArray[np.int64]


def resolve(
    left: Rows,
    right: Rows,
    weights: npt.NDArray[np.float64],
    sources: npt.NDArray[np.int16],
    record_ids: npt.NDArray[np.uint8],
    options: ResolutionOptions,
    *,
    must_links: Rows | None = None,
    cannot_links: Rows | None = None,
) -> Resolution:
    """Resolve weighted pairs of records to clusters.

    The partition depends only on record ids, sources, weights and known links: not on the order of edges, their
    direction, or the numbering of rows. What happens in one connected component of edges and known links depends on
    nothing outside it, so components can be resolved apart and again.

    Parameters
    ----------
    left, right
        int64 (n_edges,) rows of each pair. Every pair at most once, in either direction.
    weights
        float64 (n_edges,) finite weights, log-odds in any unit. Edges below the threshold are evidence: they never
        join, but say how near their records are. Pairs that are left out count as absent.
    sources
        int16 (n_records,) from 0.
    record_ids
        uint8 (n_records, 16), unique within a source; they break ties.
    options
        Thresholds, cardinalities and limits.
    must_links
        int64 (n, 2): pairs known to be one child. They join at any weight and excuse two records of one source.
    cannot_links
        int64 (n, 2): pairs that share no cluster, through any chain, not even of known links.

    Returns
    -------
    Resolution

    Raises
    ------
    ValueError
        If shapes or ranges do not fit, a pair is given twice or with itself, a weight is not finite, or two records
        of a source that need a repair have one id.
    """
    must = _pairs(must_links, sources.size, "must_links")
    cannot = _pairs(cannot_links, sources.size, "cannot_links")
    _check_records(sources, record_ids, options)
    _check_edges(left, right, weights, sources.size)
    thresholds = options.rules.thresholds
    excess = weights - thresholds[sources[left], sources[right]]
    accepted = excess >= 0
    followed = followed_must_links(must, cannot, sources, record_ids)
    known = must[followed]

    joined = (left[accepted], right[accepted], excess[accepted])
    labels = connected_components(
        sources.size, np.concatenate((joined[0], known[:, 0])), np.concatenate((joined[1], known[:, 1]))
    )
    suspect = suspect_components(labels, sources, joined, known, cannot, options)
    reasons = np.where(accepted, Reason.ACCEPTED, Reason.BELOW_THRESHOLD).astype(np.uint8)
    repairs: dict[Reason, int] = {}
    if suspect.any():
        repairs = _repair_suspects(
            labels, suspect, (left, right, excess), sources, record_ids, known, cannot, reasons, options
        )
    counts = np.bincount(reasons, minlength=len(Reason))
    conflicts = ConflictCounts(
        repairs, {reason: int(counts[reason]) for reason in Reason}, int(np.count_nonzero(~followed))
    )
    return Resolution(labels, reasons, followed, conflicts)


def _repair_suspects(
    labels: Rows,
    suspect: npt.NDArray[np.bool_],
    edges: tuple[Rows, Rows, npt.NDArray[np.float64]],
    sources: npt.NDArray[np.int16],
    record_ids: npt.NDArray[np.uint8],
    known: Rows,
    cannot: Rows,
    reasons: npt.NDArray[np.uint8],
    options: ResolutionOptions,
) -> dict[Reason, int]:
    """Repair the suspect components; writes the new `labels` and `reasons`."""
    rows = np.flatnonzero(suspect[labels])
    rows = rows[canonical_order(record_ids[rows], sources[rows])]
    nodes = np.full(labels.size, -1, dtype=np.int64)
    nodes[rows] = np.arange(rows.size)

    left, right, excess = edges
    own = labels[left]
    inside = np.flatnonzero(suspect[own] & (own == labels[right]))
    # Nothing speaks louder against a pair than its absence.
    links = np.empty(inside.size, dtype=LINK)
    ends = nodes[left[inside]], nodes[right[inside]]
    links["low"], links["high"] = np.minimum(*ends), np.maximum(*ends)
    links["excess"] = np.maximum(excess[inside], -options.absent_penalty)
    links["kind"] = np.where(excess[inside] >= 0, ACCEPTED, EVIDENCE)
    links["edge"] = inside
    own_known = nodes[known[suspect[labels[known[:, 0]]]]]
    own_cannot = cannot[suspect[labels[cannot[:, 0]]] & (labels[cannot[:, 0]] == labels[cannot[:, 1]])]

    groups = connected_components(rows.size, own_known[:, 0], own_known[:, 1])
    links = sort_links(links, own_known, rows.size)
    graph = build_graph(sources[rows].astype(np.int64), groups, links, nodes[own_cannot])
    work = Repair(graph, links, options)
    work.run()

    smallest = np.full(rows.size, labels.size, dtype=np.int64)
    np.minimum.at(smallest, work.names, rows)
    labels[rows] = smallest[work.names]
    parted = np.flatnonzero(work.reasons)
    reasons[links["edge"][parted]] = work.reasons[parted]
    return work.repairs


def _pairs(pairs: Rows | None, n_records: int, name: str) -> Rows:
    if pairs is None:
        return np.empty((0, 2), dtype=np.int64)
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise ValueError(f"{name}: expected an array of two columns, got shape {pairs.shape}")
    if pairs.size and (pairs.min() < 0 or pairs.max() >= n_records):
        raise ValueError(f"{name}: a row lies outside 0 .. {n_records - 1}")
    loops = np.flatnonzero(pairs[:, 0] == pairs[:, 1])
    if loops.size:
        raise ValueError(f"{name}: pair {loops[0]} names one record twice")
    return pairs.astype(np.int64, copy=False)


def _check_records(
    sources: npt.NDArray[np.int16], record_ids: npt.NDArray[np.uint8], options: ResolutionOptions
) -> None:
    if record_ids.shape != (sources.size, 16):
        raise ValueError(f"record_ids: expected shape ({sources.size}, 16), got {record_ids.shape}")
    if sources.size and (sources.min() < 0 or sources.max() >= options.rules.n_sources):
        raise ValueError(f"sources: expected 0 to {options.rules.n_sources - 1}, the sources of the rules")


def _check_edges(left: Rows, right: Rows, weights: npt.NDArray[np.float64], n_records: int) -> None:
    if not left.shape == right.shape == weights.shape or left.ndim != 1:
        raise ValueError(
            f"edges: expected three arrays of one length, got {left.shape}, {right.shape}, {weights.shape}"
        )
    if not left.size:
        return
    low, high = np.minimum(left, right), np.maximum(left, right)
    if low.min() < 0 or high.max() >= n_records:
        raise ValueError(f"edges: a row lies outside 0 .. {n_records - 1}")
    if (low == high).any():
        raise ValueError(f"edges: edge {int(np.argmax(low == high))} joins a record to itself")
    if not np.isfinite(weights).all():
        raise ValueError(f"weights: edge {int(np.argmin(np.isfinite(weights)))} has no finite weight")
    pairs = low * n_records + high
    pairs.sort()
    repeated = int(np.count_nonzero(pairs[1:] == pairs[:-1]))
    if repeated:
        raise ValueError(f"edges: expected every pair once, got {repeated} repetitions; keep the strongest")
