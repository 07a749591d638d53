"""Attacks on encodings, as somebody with the codes, a population list and no key would make them.

All code is our own; the ideas and their papers are named in each module. ``docs/privacy.md`` lists the attacks.
"""

from encoders.attacks.collusion_bound import collusion_bound
from encoders.attacks.components import component_attack
from encoders.attacks.frequency import SimilarTop, frequency_attack
from encoders.attacks.graph_matching import graph_matching_attack, match_graphs
from encoders.attacks.joint_known_pairs import ExactColumn, joint_known_pairs_attack
from encoders.attacks.known_pairs import dictionary_scores, known_pairs_attack
from encoders.attacks.learned_network import learned_network_attack
from encoders.attacks.neighbourhoods import densest_rows, hamming_radius, neighbour_components
from encoders.attacks.outcome import AttackResult, wilson_interval

__all__ = [
    "AttackResult",
    "ExactColumn",
    "SimilarTop",
    "collusion_bound",
    "component_attack",
    "densest_rows",
    "dictionary_scores",
    "frequency_attack",
    "graph_matching_attack",
    "hamming_radius",
    "joint_known_pairs_attack",
    "known_pairs_attack",
    "learned_network_attack",
    "match_graphs",
    "neighbour_components",
    "wilson_interval",
]
