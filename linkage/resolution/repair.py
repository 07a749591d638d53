"""Repair of suspect components, round by round, until none breaks a rule.

A round looks at every component that the round before changed and makes the first repair that it needs:

1. it breaks exclusivity or a severance: the best partition (agglomeration where it is large);
2. it is too large for one child: its own threshold is raised;
3. it hangs on a weak bridge: the weakest bridge is cut.

Every repair splits, none joins, so the rounds end.
"""

import numpy as np
import numpy.typing as npt

from linkage.resolution.agglomeration import agglomerate
from linkage.resolution.bridges import cut_weakest_bridges, new_search
from linkage.resolution.clusters import Clusters, Components, new_clusters, split_connected
from linkage.resolution.constraints import HOLDS, Counts, broken_rules, explain
from linkage.resolution.exact import best_partitions, new_tables
from linkage.resolution.graph import EVIDENCE, Graph, Links
from linkage.resolution.outcome import Reason
from linkage.resolution.oversized import raise_thresholds
from linkage.resolution.refinement import refine
from linkage.resolution.rules import ResolutionOptions

REPAIRS = (Reason.EXCLUSIVITY, Reason.WEAK_BRIDGE, Reason.SEVERED, Reason.OVERSIZED)


class Repair:
    """The clusters of one graph while they are being repaired; `run` may be called once."""

    def __init__(self, graph: Graph, links: Links, options: ResolutionOptions) -> None:
        """Start from the components of accepted and known links."""
        n_nodes, n_sources = graph.sources.size, options.rules.n_sources
        self.graph = graph
        self.links = links
        self.options = options
        self.reasons = np.zeros(links.low.size, dtype=np.uint8)
        self.repairs = dict.fromkeys(REPAIRS, 0)
        self.clusters: Clusters = new_clusters(n_nodes)
        self._counts = Counts(np.zeros(n_sources, dtype=np.int64), np.zeros(n_sources, dtype=np.int64))
        self._tables = new_tables(options.exact_limit)
        self._search = new_search(n_nodes)
        self._nodes = np.arange(n_nodes, dtype=np.int64)
        self._active = np.flatnonzero(links.kinds != EVIDENCE)
        self.clusters.names[:] = 0
        split_connected(graph, self._nodes, self.clusters)

    def run(self) -> None:
        """Repair until nothing is left to repair; the result stands in `clusters.names`, `reasons`, `repairs`."""
        while self._nodes.size:
            components = self._components()
            outcomes = self._make_repairs(components)
            for reason in REPAIRS:
                self.repairs[reason] += int(np.count_nonzero(outcomes == reason))
            self._nodes = components.nodes[np.repeat(outcomes != HOLDS, np.diff(components.starts))]
            split_connected(self.graph, self._nodes, self.clusters)
            self._part_links(components, outcomes)

    def _components(self) -> Components:
        # Stable sorts: nodes stay ascending and links strongest first within each component.
        names = self.clusters.names
        nodes = self._nodes[np.argsort(names[self._nodes], kind="stable")]
        own = names[self.links.low[self._active]]
        order = np.argsort(own, kind="stable")
        firsts = np.flatnonzero(np.append(True, np.diff(names[nodes]) != 0))
        link_starts = np.searchsorted(own[order], names[nodes[firsts]])
        return Components(
            nodes, np.append(firsts, nodes.size), self._active[order], np.append(link_starts, own.size)
        )

    def _make_repairs(self, components: Components) -> npt.NDArray[np.uint8]:
        """Make the first repair that each component needs; uint8 (n_components,) its reason, 0 where none."""
        options, sizes = self.options, np.diff(components.starts)
        outcomes = np.zeros(sizes.size, dtype=np.uint8)
        several = options.rules.several
        broken_rules(self.graph, several, components, self.clusters, self._counts, outcomes)
        broken = outcomes != HOLDS

        knots = np.flatnonzero(broken & (sizes > options.component_limit))
        outcomes[knots[self._raise_thresholds(components, knots, options.component_limit)]] = Reason.OVERSIZED
        self._find_partitions(components, np.flatnonzero(broken & (outcomes != Reason.OVERSIZED)))

        large = np.flatnonzero(~broken & (sizes > options.largest_cluster))
        outcomes[large[self._raise_thresholds(components, large, options.largest_cluster)]] = Reason.OVERSIZED
        bridged = np.flatnonzero((outcomes == HOLDS) & (sizes >= 2 * options.bridge_side))
        outcomes[bridged[self._cut_bridges(components, bridged)]] = Reason.WEAK_BRIDGE
        return outcomes

    def _raise_thresholds(
        self, components: Components, chosen: npt.NDArray[np.int64], limit: int
    ) -> npt.NDArray[np.bool_]:
        split = np.zeros(chosen.size, dtype=np.bool_)
        if chosen.size:
            raise_thresholds(self.links, limit, components, chosen, self.clusters, split)
        return split

    def _cut_bridges(self, components: Components, chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        split = np.zeros(chosen.size, dtype=np.bool_)
        if chosen.size:
            penalty, side = float(self.options.absent_penalty), self.options.bridge_side
            cut_weakest_bridges(
                self.graph, penalty, side, components, chosen, self.clusters, self._search, split
            )
        return split

    def _find_partitions(self, components: Components, chosen: npt.NDArray[np.int64]) -> None:
        if not chosen.size:
            return
        several, penalty = self.options.rules.several, float(self.options.absent_penalty)
        solved = np.zeros(chosen.size, dtype=np.bool_)
        best_partitions(self.graph, several, penalty, components, chosen, self.clusters, self._tables, solved)
        if not solved.all():
            rest = chosen[~solved]
            agglomerate(
                self.graph, self.links, several, penalty, components, rest, self.clusters, self._counts
            )
            refine(self.graph, self.links, several, penalty, components, rest, self.clusters, self._tables)

    def _part_links(self, components: Components, outcomes: npt.NDArray[np.uint8]) -> None:
        """Give the links that this round parted their reasons, and keep those that the next one looks at."""
        of_link = np.repeat(outcomes, np.diff(components.link_starts))
        changed = components.links[of_link != HOLDS]
        names = self.clusters.names
        parted = names[self.links.low[changed]] != names[self.links.high[changed]]
        self._active = changed[~parted]
        outcome = of_link[of_link != HOLDS][parted]
        parted_links = changed[parted]
        self.reasons[parted_links] = outcome
        ruled = parted_links[(outcome == Reason.EXCLUSIVITY) | (outcome == Reason.SEVERED)]
        explain(
            self.graph,
            self.links,
            self.options.rules.several,
            ruled,
            self.clusters,
            self._counts,
            self.reasons,
        )
        # The rule holds, but the best partition does without the link: what lies between the two speaks against it.
        self.reasons[ruled[self.reasons[ruled] == HOLDS]] = Reason.WEAK_BRIDGE
