"""An index as an analyst sees it: patterns, models, what every threshold would do. It never writes to the index."""

from linkage.analysis.coverage import completeness, key_coverage
from linkage.analysis.judged_pairs import JudgedPairs, measured_links
from linkage.analysis.levels import class_histogram, level_probabilities
from linkage.analysis.material import Material, read_material
from linkage.analysis.subgroups import Grouping, GroupLinks, RecordLinks, group_links, record_links
from linkage.analysis.sweep import Outcome, Sweep, sweep, threshold_grid
from linkage.analysis.waterfall import pattern_steps
from linkage.analysis.workbench import Workbench, open_workbench

__all__ = [
    "GroupLinks",
    "Grouping",
    "JudgedPairs",
    "Material",
    "Outcome",
    "RecordLinks",
    "Sweep",
    "Workbench",
    "class_histogram",
    "completeness",
    "group_links",
    "key_coverage",
    "level_probabilities",
    "measured_links",
    "open_workbench",
    "pattern_steps",
    "read_material",
    "record_links",
    "sweep",
    "threshold_grid",
]
