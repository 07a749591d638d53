"""How much a drafted private profile hides: steps from the one that links best to the one that tells least.

What an attacker learns of a record comes from known records that are alike: people of the same household share all
fields but one or two of a filter, and where a feed has few different values strangers do. More inputs of the diffusion
make codes alike only where nearly all bits of the filter are, as those of one person are (docs/privacy.md). A long
address is most of the tokens of its filter, so that households look like one person there; a small weight mends that.
"""

from dataclasses import dataclass

__all__ = ["STEPS", "Hiding"]

USUAL_INPUTS = 12
LEVELS = (0.44, 0.38, 0.31, 0.18, 0.06)
"""Shares of differing bits under which the levels of agreement begin, for filters of the usual inputs."""
INCOMPLETE_LEVELS = (0.44, 0.40, 0.12)
EVEN_ADDRESS = 0.27
"""Weight at which an address of average length sets as many positions as a name does."""


@dataclass(frozen=True)
class Hiding:
    """One step.

    Attributes
    ----------
    second_place
        Whether filters of a second place stand beside those of the first, where the feeds have one.
    address_weight
        Of an address in its filters.
    inputs
        Filter bits that each output bit of the diffusion is made of.
    """

    second_place: bool = True
    address_weight: float = 1.0
    inputs: int = USUAL_INPUTS

    @property
    def levels(self) -> list[float]:
        """Where the levels of agreement begin."""
        return self._moved(LEVELS)

    @property
    def incomplete_levels(self) -> list[float] | None:
        """The same for filters that lack a field; None for the defaults."""
        return None if self.inputs == USUAL_INPUTS else self._moved(INCOMPLETE_LEVELS)

    def _moved(self, levels: tuple[float, ...]) -> list[float]:
        """Shares of differing bits where as many bits of the filter itself differ as under the usual inputs.

        Two records that differ in a share d of the filter's bits differ in (1 - (1 - 2 d)^t) / 2 of those of a
        diffusion with t inputs (Armknecht, Heng and Schnell 2023).
        """
        power = self.inputs / USUAL_INPUTS
        return [round((1 - (1 - 2 * level) ** power) / 2, 3) for level in levels]


STEPS = (
    Hiding(),
    Hiding(address_weight=EVEN_ADDRESS, inputs=14),
    Hiding(second_place=False, address_weight=EVEN_ADDRESS),
    Hiding(second_place=False, address_weight=EVEN_ADDRESS, inputs=15),
    Hiding(second_place=False, address_weight=EVEN_ADDRESS, inputs=18),
)
"""From the one that links best on."""
