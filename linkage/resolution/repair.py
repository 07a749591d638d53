"""Repair of suspect components, round by round, until none breaks a rule.

A round looks at every component that the round before changed and makes the first repair that it needs:

1. it breaks exclusivity or a severance: what all best partitions agree on (agglomeration where it is large);
2. it hangs together by chains inside a source: the best partition, or agglomeration, once;
3. it is too large for one child: its own threshold is raised;
4. it hangs on a weak bridge: the weakest bridge is cut.

Every repair splits, none joins, so the rounds end.
"""

import numpy as np
import numpy.typing as npt

from linkage.resolution.agglomeration import agglomerate
from linkage.resolution.bridges import VISIT, cut_weakest_bridges
from linkage.resolution.clusters import RUN, Components, split_connected
from linkage.resolution.constraints import COUNT, HOLDS, broken_rules, chained, explain
from linkage.resolution.exact import best_partitions, new_tables
from linkage.resolution.graph import EVIDENCE, Graph, Table
from linkage.resolution.outcome import Reason
from linkage.resolution.oversized import raise_thresholds
from linkage.resolution.refinement import refine
from linkage.resolution.rules import ResolutionOptions

REPAIRS = (Reason.EXCLUSIVITY, Reason.WEAK_BRIDGE, Reason.SEVERED, Reason.OVERSIZED)

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Repair:
    """The clusters of one graph while they are being repaired; `run` may be called once.

    Attributes
    ----------
    names
        int64 (n_nodes,): the smallest node of each node's cluster.
    reasons
        uint8 (n_links,): a `Reason` for each accepted link that no longer joins, else 0.
    repairs
        Number of repairs by reason.
    """

    def __init__(self, graph: Graph, links: Table, options: ResolutionOptions) -> None:
        """Start from the components of accepted and known links."""
        self.reasons = np.zeros(links.size, dtype=np.uint8)
        self.repairs = dict.fromkeys(REPAIRS, 0)
        self._graph = graph
        self._links = links
        self._options = options
        self._penalty = float(options.absent_penalty)
        self._counts = np.zeros(options.rules.n_sources, dtype=COUNT)
        self._tables = new_tables(options.exact_limit)
        self._visits = np.zeros(graph.n_nodes, dtype=VISIT)
        self._inside = np.zeros(graph.n_nodes, dtype=np.bool_)
        self._weighed = np.zeros(graph.n_nodes, dtype=np.bool_)
        self._members = np.arange(graph.n_nodes, dtype=np.int64)
        self._active = np.flatnonzero(links["kind"] != EVIDENCE)
        # All of one name: what is connected is one component.
        graph.nodes["name"] = 0
        split_connected(graph, self._members)

    @property
    def names(self) -> Rows:
        """The smallest node of each node's cluster: int64 (n_nodes,)."""
        return np.asarray(self._graph.nodes["name"][:-1])

    def run(self) -> None:
        """Repair until nothing is left to repair."""
        while self._members.size:
            components = self._components()
            outcomes = self._make_repairs(components)
            for reason in REPAIRS:
                self.repairs[reason] += int(np.count_nonzero(outcomes == reason))
            lengths = components.runs["end"] - components.runs["start"]
            self._members = components.members[np.repeat(outcomes != HOLDS, lengths)]
            split_connected(self._graph, self._members)
            self._part_links(components, outcomes)

    def _components(self) -> Components:
        # Stable sorts: nodes stay ascending and links strongest first within each component.
        names = self.names
        members = self._members[np.argsort(names[self._members], kind="stable")]
        own = names[self._links["low"][self._active]]
        order = np.argsort(own, kind="stable")
        firsts = np.flatnonzero(np.append(True, np.diff(names[members]) != 0))
        runs = np.empty(firsts.size, dtype=RUN)
        runs["start"], runs["end"] = firsts, np.append(firsts[1:], members.size)
        runs["link_start"] = np.searchsorted(own[order], names[members[firsts]])
        runs["link_end"] = np.append(runs["link_start"][1:], own.size)
        return Components(members, self._active[order], runs)

    def _make_repairs(self, components: Components) -> npt.NDArray[np.uint8]:
        """Make the first repair that each component needs; uint8 (n_components,) its reason, 0 where none."""
        options, sizes = self._options, components.runs["end"] - components.runs["start"]
        outcomes = np.zeros(sizes.size, dtype=np.uint8)
        broken_rules(self._graph, options.rules.several, components, self._counts, outcomes)
        broken = outcomes != HOLDS

        knots = np.flatnonzero(broken & (sizes > options.component_limit))
        outcomes[knots[self._raise_thresholds(components, knots, options.component_limit)]] = Reason.OVERSIZED
        conflicts = np.flatnonzero(broken & (outcomes != Reason.OVERSIZED))
        self._find_partitions(components, conflicts, agreed=True)

        chains = self._chains(components, ~broken & (sizes <= options.component_limit))
        outcomes[chains[self._find_partitions(components, chains, agreed=False)]] = Reason.WEAK_BRIDGE

        large = np.flatnonzero((outcomes == HOLDS) & ~broken & (sizes > options.largest_cluster))
        outcomes[large[self._raise_thresholds(components, large, options.largest_cluster)]] = Reason.OVERSIZED
        bridged = np.flatnonzero((outcomes == HOLDS) & (sizes >= 2 * options.bridge_side))
        outcomes[bridged[self._cut_bridges(components, bridged)]] = Reason.WEAK_BRIDGE
        return outcomes

    def _raise_thresholds(self, components: Components, chosen: Rows, limit: int) -> Flags:
        split = np.zeros(chosen.size, dtype=np.bool_)
        if chosen.size:
            raise_thresholds(self._graph.nodes, self._links, limit, components, chosen, split)
        return split

    def _cut_bridges(self, components: Components, chosen: Rows) -> Flags:
        split = np.zeros(chosen.size, dtype=np.bool_)
        if chosen.size:
            side = self._options.bridge_side
            cut_weakest_bridges(self._graph, self._penalty, side, components, chosen, self._visits, split)
        return split

    def _chains(self, components: Components, where: Flags) -> Rows:
        """Components that hang together by chains and were not divided by all their evidence before."""
        heads = components.members[components.runs["start"]]
        found = np.zeros(heads.size, dtype=np.bool_)
        chained(self._graph, self._options.rules.several, components, self._counts, found)
        return np.flatnonzero(found & where & ~self._weighed[heads])

    def _find_partitions(self, components: Components, chosen: Rows, *, agreed: bool) -> Flags:
        """Rename the nodes of the chosen components to their best clusters; whether there is more than one.

        Where only a rule keeps records apart, what is `agreed` by all best partitions stands: which of two children a
        record belongs to is not settled by the order of names. Chains break no rule, and are divided as best they can.
        """
        if not chosen.size:
            return np.zeros(0, dtype=np.bool_)
        graph, several, penalty = self._graph, self._options.rules.several, self._penalty
        solved = np.zeros(chosen.size, dtype=np.bool_)
        best_partitions(graph, several, penalty, components, chosen, self._tables, solved, agreed)
        if not solved.all():
            rest = chosen[~solved]
            agglomerate(graph, self._links, several, penalty, components, rest, self._counts)
            refine(graph, self._links, several, penalty, components, rest, self._tables, self._inside)
        runs, names = components.runs[chosen], self.names
        divided = np.zeros(chosen.size, dtype=np.bool_)
        for at, run in enumerate(runs):
            members = components.members[run["start"] : run["end"]]
            self._weighed[members] = True
            divided[at] = (names[members] != names[members[0]]).any()
        return divided

    def _part_links(self, components: Components, outcomes: npt.NDArray[np.uint8]) -> None:
        """Give the links that this round parted their reasons, and keep those that the next one looks at."""
        of_link = np.repeat(outcomes, components.runs["link_end"] - components.runs["link_start"])
        changed = components.links[of_link != HOLDS]
        names = self.names
        parted = names[self._links["low"][changed]] != names[self._links["high"][changed]]
        self._active = changed[~parted]
        outcome = of_link[of_link != HOLDS][parted]
        parted_links = changed[parted]
        self.reasons[parted_links] = outcome
        ruled = parted_links[(outcome == Reason.EXCLUSIVITY) | (outcome == Reason.SEVERED)]
        explain(self._graph, self._links, self._options.rules.several, ruled, self._counts, self.reasons)
        # The rule holds, but the best partition does without the link: what lies between the two speaks against it.
        free = ruled[self.reasons[ruled] == HOLDS]
        contested = self._graph.nodes["contested"]
        either = contested[self._links["low"][free]] | contested[self._links["high"][free]]
        self.reasons[free] = np.where(either, Reason.CONTESTED, Reason.WEAK_BRIDGE)
