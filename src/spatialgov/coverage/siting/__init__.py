"""Where the next cameras should stand: sites that cover most, or fewest that cover enough, with a proven bound."""

from spatialgov.coverage.siting.least import least_sites
from spatialgov.coverage.siting.maximal import Siting, maximal_covering

__all__ = ["Siting", "least_sites", "maximal_covering"]
