"""The scan statistic: zones of any size that hold more incidents than expected, with one p for the whole search.

Where Gi* judges one size of neighbourhood cell by cell, this looks at many zones of every size, circles (`scan`) or
zones of any shape (`scan_irregular`), and asks whether the best of them all is better than the best that chance finds.
"""

from spatialgov.incidents.scanning.circles import scan
from spatialgov.incidents.scanning.clusters import Cluster
from spatialgov.incidents.scanning.level_sets import scan_irregular

__all__ = ["Cluster", "scan", "scan_irregular"]
