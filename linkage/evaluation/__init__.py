"""How good links and clusters are, where the truth is known: measures, breakdowns, curves and calibration."""

from linkage.evaluation.breakdowns import (
    RelativeLinks,
    links_among_relatives,
    quality_by_feed_pair,
    quality_by_group,
)
from linkage.evaluation.expected_partition import ExpectedShare, PartitionEvidence, expected_partition
from linkage.evaluation.intervals import Share, wilson_interval
from linkage.evaluation.missed_links import (
    LossCounts,
    Lost,
    MissedLinks,
    count_losses,
    loss_of,
    missed_links,
    shares_key,
)
from linkage.evaluation.pair_quality import BCubed, PairQuality, bcubed, pair_quality
from linkage.evaluation.reliability import Reliability, ReliabilityBin, reliability
from linkage.evaluation.threshold_curve import ThresholdCurve, one_to_one, threshold_curve

__all__ = [
    "BCubed",
    "ExpectedShare",
    "LossCounts",
    "Lost",
    "MissedLinks",
    "PairQuality",
    "PartitionEvidence",
    "RelativeLinks",
    "Reliability",
    "ReliabilityBin",
    "Share",
    "ThresholdCurve",
    "bcubed",
    "count_losses",
    "expected_partition",
    "links_among_relatives",
    "loss_of",
    "missed_links",
    "one_to_one",
    "pair_quality",
    "quality_by_feed_pair",
    "quality_by_group",
    "reliability",
    "shares_key",
    "threshold_curve",
    "wilson_interval",
]
