"""From counts to a model without labels: starts, expectation and maximisation, more classes or fewer, warnings."""

__all__: list[str] = []
