"""Settings for all tests: the hypothesis profile."""

from hypothesis import settings

# No deadline: the first call of a kernel compiles it. Few examples, since a property stands beside named edge
# cases; `--hypothesis-profile=childindex-thorough` looks longer. Neither repeats its examples every time.
settings.register_profile("childindex", deadline=None, max_examples=40, print_blob=True)
settings.register_profile("childindex-thorough", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile("childindex")
