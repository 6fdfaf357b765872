"""What the page says before its tables."""

__all__ = ["HEAD", "PACKAGES"]

PACKAGES = ("numpy", "scipy", "numba", "networkx", "spopt", "pulp", "highspy")
HEAD = """# Allocation benchmark

Written by `make bench-allocation`: the peers and ours on the same work in one run, each task in a process of its own.
{date}; {versions}. CPU seconds are those of all threads.

* **p_median**: the p-median instances of the OR-Library that are in the folder of real data (100 to 900 places, 5 to
  167 sites), each with ten seconds; the peer, `spopt.locate.PMedian` with HiGHS, on those of up to 200 places, building
  the model included, each with {peer_s} seconds. `gap_…` is the gap to our own bound, which is what a user sees.
* **assignment**: 3,000 places and 30 centres at random in a square, loads 1 to 8, room for 5 % more than all. Divided:
  against HiGHS on the same linear programme. Whole: with twenty seconds.
* **travel**: the sample city, from 500 units to all 3,217, by car; against `scipy.sparse.csgraph.dijkstra` on a graph
  that has the 500 in it.
* **checkpoints**: the sample city, around each community and subdistrict, belts of 300 m and 2 km; against
  `networkx.minimum_cut`.
* **beats**: the sample city's streets in 25 beats. The least repetition of each beat is worked out anew, without limit
  of time; the bound is one for closed walks over all streets, however they are divided.
* **advice**: each recommendation taken in turn, against a partition afresh at 400 households a grid, grids named so
  that as few households as possible move. The sample city's grids of today, and a made-up district of the size of one
  that went from 623 to 673 grids by adjusting 190 of them to meet 300 to 500 households: 49 communities, 623 grids, of
  which 190 are out of band. `changed` counts today's grids that gain or lose units.
* **staffing**: twenty grids of 1 to 8 posts, utilisation 0.3 to 0.9, each simulated with 20,000,000 incidents, whose
  handling times have laws of five kinds, or are those of categories with ways; `wait_…` is the model's over the
  simulated mean, `error_…` the simulation's own standard error. The model is told rate, mean and variation only.
"""
