"""The version of normalisation that both ends must share: texts normalised otherwise do not compare.

It travels in each package. Any change of what normalisation gives raises it, which is a breaking change.
"""

__all__ = ["NORMALISER_VERSION"]

NORMALISER_VERSION = "1"
