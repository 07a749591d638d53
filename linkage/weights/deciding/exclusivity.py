"""What it is worth that a record has no rival: the odds of a pair, once better partners have been looked for.

The posterior of a pattern is an average. Of ten pairs that say 0.7, seven are right, and the three that are wrong are
mostly pairs in which one of the two has a better partner elsewhere. A pair without a rival is therefore right far more
often, and one that resolution prefers to its rivals as well. If a share c of the records of source a have a partner in
source b, then a wrong pair needs two records that both have none, which is rare: its odds gain
``-log2((1 - c_ab) (1 - c_ba))`` bits. This is the prior of bipartite matching (Sadinle 2017, "Bayesian estimation of
bipartite matchings for record linkage"), taken from the model's own number of matches. Since resolution sees to it
that a record keeps its best partner only, the thresholds between exclusive sources can be lower by these bits.

Twins are decided with more care. A threshold of one half counts every false link alike, but two children of one birth
date and home taken for one are the worst that a linkage of children can do. A link is made where its expected gain
exceeds its expected loss: with odds o, and a share s of twins among the pairs of its pattern that are no matches, where
o > 1 + (TWIN_COST - 1) s. As resolution weighs them, odds are lower by the logarithm of that (`resolving_odds`).
Posteriors stay what they are. Where the fit finds no twins nothing changes, nor in one source whose filters share
fields: nothing there tells twins from matches with a wrong forename, the fit expects as many as are born anywhere, and
the care for them took one link in seven of feeds without any.
"""

import numpy as np
import numpy.typing as npt

from linkage.weights.fitted.model import Model
from linkage.weights.fitted.scoring import score_patterns
from linkage.weights.patterns.pair_classes import PairClasses

__all__ = ["exclusivity_bits", "resolving_odds"]

# However well two sources cover each other, one record in ten may stand alone: the number of matches is an estimate.
MOST_COVERED = 0.9
# A false link between twins weighs as much as this many others, or as many links missed: 19 of 20 must be right.
TWIN_COST = 19.0


def exclusivity_bits(model: Model) -> npt.NDArray[np.float64]:
    """Bits that a pair of two sources gains by having no rival, float64 (n_sources, n_sources), symmetric.

    Zero within a source, between sources without matches, and for a model whose number of records is not known.
    """
    classes = PairClasses(model.n_records)
    records = np.maximum(np.array(model.n_records, dtype=np.float64), 1.0)
    shares = np.array([model.prior(number) for number in range(model.n_pair_classes)])
    matches = shares * classes.total_pairs
    alone_first = 1.0 - np.minimum(matches / records[classes.first], MOST_COVERED)
    alone_second = 1.0 - np.minimum(matches / records[classes.second], MOST_COVERED)
    bits = np.zeros((classes.n_sources, classes.n_sources))
    gained = np.where(classes.is_within, 0.0, -np.log2(alone_first * alone_second))
    bits[classes.first, classes.second] = gained
    bits[classes.second, classes.first] = gained
    return bits


def resolving_odds(
    model: Model, odds: npt.NDArray[np.float64], twin_shares: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[np.float64]:
    """Log2 odds as resolution weighs them at a threshold that the software chose: lower where twins are the risk.

    Parameters
    ----------
    odds
        float64 (n_pair_classes, n_patterns): those of `log_odds`.
    twin_shares
        Those of `score_patterns` where they are known already.

    Returns
    -------
    float64 (n_pair_classes, n_patterns); the very same array for a model that tells of no twins.
    """
    if model.n_sources == 1 and model.group is not None:
        # How many twins there are is not known there.
        return odds
    shares = twin_shares if twin_shares is not None else score_patterns(model).twin_shares
    if shares is None:
        return odds
    risk = (TWIN_COST - 1.0) * shares
    risk += 1.0
    return np.asarray(odds - np.log2(risk, out=risk))
