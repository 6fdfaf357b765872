"""Where the next cameras should stand: sites that cover most, or fewest that cover enough, with a proven bound."""

from spatialgov.coverage.siting.least import least_sites
from spatialgov.coverage.siting.maximal import maximal_covering
from spatialgov.coverage.siting.result import Siting

__all__ = ["Siting", "least_sites", "maximal_covering"]
