"""Known links, as far as severance lets them be followed.

Severance wins over everything: where a chain of known links would join two records that must stay apart, the links
of that chain are followed in the order of their records until one would join the two; it is refused.
"""

import numpy as np
import numpy.typing as npt

from linkage.kernels import connected_components
from linkage.resolution.graph import canonical_order


def followed_must_links(
    must_links: npt.NDArray[np.int64],
    cannot_links: npt.NDArray[np.int64],
    sources: npt.NDArray[np.integer],
    record_ids: npt.NDArray[np.uint8],
) -> npt.NDArray[np.bool_]:
    """Tell which known links can be followed.

    Parameters
    ----------
    must_links, cannot_links
        int64 (n, 2) rows.
    sources, record_ids
        By row; they decide the order in which contradictory links are tried.

    Returns
    -------
    bool (n_must_links,)
    """
    followed = np.ones(len(must_links), dtype=np.bool_)
    if not len(must_links) or not len(cannot_links):
        return followed
    rows, places = np.unique(np.concatenate((must_links.ravel(), cannot_links.ravel())), return_inverse=True)
    must = places[: must_links.size].reshape(-1, 2)
    cannot = places[must_links.size :].reshape(-1, 2)
    groups = connected_components(rows.size, must[:, 0], must[:, 1])
    contradicted = np.unique(groups[cannot[groups[cannot[:, 0]] == groups[cannot[:, 1]], 0]])
    doubtful = np.flatnonzero(np.isin(groups[must[:, 0]], contradicted))
    if not doubtful.size:
        return followed
    place_in_order = np.empty(rows.size, dtype=np.int64)
    place_in_order[canonical_order(record_ids[rows], sources[rows])] = np.arange(rows.size)
    ends = np.sort(place_in_order[must[doubtful]], axis=1)
    tried = np.lexsort((ends[:, 1], ends[:, 0]))
    apart = place_in_order[cannot[np.isin(groups[cannot[:, 0]], contradicted)]]
    followed[doubtful[tried]] = _follow(ends[tried].tolist(), apart.tolist())
    return followed


def _follow(must: list[list[int]], cannot: list[list[int]]) -> list[bool]:
    """Join pair by pair in the order given, refusing what would join two that must stay apart."""
    group_of: dict[int, set[int]] = {}
    apart_from: dict[int, set[int]] = {}
    for a, b in cannot:
        apart_from.setdefault(a, set()).add(b)
        apart_from.setdefault(b, set()).add(a)
    followed = []
    for a, b in must:
        group, other = group_of.setdefault(a, {a}), group_of.setdefault(b, {b})
        severed = any(apart_from.get(record, set()) & other for record in group)
        followed.append(not severed)
        if not severed and group is not other:
            group |= other
            group_of.update(dict.fromkeys(other, group))
    return followed
