"""Coverage done in parts (`spatialgov.bulk`): the same results to the last bit, whoever does them."""

from spatialgov.coverage.in_parts.ground import gap_parts, states_in_parts
from spatialgov.coverage.in_parts.looking import see_in_parts

__all__ = ["gap_parts", "see_in_parts", "states_in_parts"]
