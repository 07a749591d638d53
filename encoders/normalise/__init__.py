"""Normalisation by kind of field: what a value looks like before it is encoded.

Two sources that write the same value differently must encode the same text, so these rules are part of the encoding.
The output alphabet is ``a-z``, ``0-9`` and single blanks between words, one byte a character; null is missing.
Normalising twice gives the same as once.
"""

from encoders.normalise.columns import KINDS, Normalised, normalise
from linkage.exchange.normaliser import NORMALISER_VERSION

__all__ = ["KINDS", "NORMALISER_VERSION", "Normalised", "normalise"]
