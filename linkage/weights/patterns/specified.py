"""What the model has to know of each comparison of a specification."""

from linkage.exchange.specification import Specification
from linkage.weights.patterns.traits import ComparisonTraits, fields_of

__all__ = ["traits_of"]


def traits_of(
    specification: Specification,
    n_levels: tuple[int, ...],
    equal_shares: tuple[tuple[float, ...], ...] = (),
    incomplete_levels: tuple[tuple[int, ...], ...] = (),
) -> tuple[ComparisonTraits, ...]:
    """The traits of each comparison, in order.

    Parameters
    ----------
    specification
        A checked specification.
    n_levels
        Levels of each comparison, from its comparison plan.
    equal_shares
        Of the levels of full agreement of each, likewise; one such level each where left out.
    incomplete_levels
        Which levels of each are of pairs that lack a field, likewise; none where left out.
    """
    fields_of_filter = {rule.name: [member.field for member in rule.fields] for rule in specification.filters}
    fields_of_token = {rule.name: [rule.field] for rule in specification.tokens}
    traits = []
    shares = equal_shares or ((1.0,),) * len(n_levels)
    incomplete = incomplete_levels or ((),) * len(n_levels)
    for rule, levels, equal, lacking in zip(
        specification.comparisons, n_levels, shares, incomplete, strict=True
    ):
        fields = fields_of_token[rule.token] if rule.token else fields_of_filter[rule.filter or ""]
        kinds = [(field, str(specification.fields[field].kind)) for field in fields]
        traits.append(
            ComparisonTraits(
                rule.name,
                levels,
                fields=fields_of(kinds),
                equal_shares=equal,
                incomplete_levels=lacking,
            )
        )
    return tuple(traits)
