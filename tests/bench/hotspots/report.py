"""What the page says before its tables."""

__all__ = ["HEAD", "PACKAGES"]

PACKAGES = (
    "numpy",
    "scipy",
    "numba",
    "h3",
    "h3ronpy",
    "KDEpy",
    "scikit-learn",
    "esda",
    "libpysal",
    "pointpats",
    "pymannkendall",
)
HEAD = """# Hot spot benchmark

Written by `make bench-hotspots`: the peers and ours on the same incidents in one run, each task in a process of its
own. {date}; {versions}. CPU seconds are those of all threads.

* **density**: Portland's vehicle thefts drawn with replacement, each moved by 30 m, to 1,000,000; 100 m cells over
  all of them, σ = 250 m. Errors at 3,000 of the cells with more than one incident per km², against the sum of all
  Gaussians. KDEpy in metres and in kilometres, the better one of each figure. scikit-learn answers for 1,000 cells
  of the whole raster, and its time is multiplied up.
* **gi_star**: robbery-like counts on 230 × 230 cells, eight neighbours, three quarters zeros. esda with permutations
  off, weights included. The shuffles are of the Memphis robberies in H3 cells.
* **h3**: New York's vehicle thefts drawn with replacement and moved by 30 m, to 1,000,000. h3ronpy gives the cells; its
  counts are those of `numpy.unique`.
* **mann_kendall**: neighbourhood sums of the same kind of counts over 36 months, 52,900 rows; pymannkendall for 500 of
  them, multiplied up. Levels: Poisson counts with rates 0.3, 1, 3 and 10, 24 and 36 months; with a season that swings
  by 80 %, months compared with their own: rates 1, 3 and 10, three to five years.
* **sample_city**: the city of 50 seeds, 100 m cells, 18 months, the two categories with a spot that emerges or fades.
  Found: at the planted spot a rising trend, or a falling one. Clean: none of either farther than 500 m from it. Trends
  are those of the cells' share of their category, so that the season is none (it was settled after looking at six
  seeds; against the counts alone, the emerging spot's trend was lost in the season in five of them).
* **knox**: 9,842 thefts, 6 × 5 bands, 999 permutations; pointpats 1 band, 9 permutations.
* **forecast**: the challenge of the US National Institute of Justice: 0.25 square miles of 147.7, 250 ft cells; the
  mean over windows of 7, 14, 31, 61 and 92 days in 2015-03 … 2017-02. "used": at each window the one that a user would
  have had, the blend unless another had led clearly over the windows before. Weights are fitted on earlier windows.
  What the mixture is made of, what it is blended with and when a lead is clear were chosen on other data, at the same
  share of the area: both categories before March 2015 (judged from August 2013), New York's vehicle thefts, Memphis's
  robberies; by hands that knew what had done well here. Tried there: nine sets of components, alone and with decayed
  counts in equal parts; of two, with those in geometric mean; of four, with the unblurred components 2, 4, 10 and 10⁶
  times heavier; of two, with the counts of all time, and with both counts; leads of 0 to 3 standard errors over the
  mixture or the blend. Kept: what had the best mean (100 %) and the best worst (98 %) of the best baseline of each.
  That is little to choose by: the windows of 14 days of burglary had 13 hits in all. Then it was judged here, once.
  Later the memory of the counts (a year, two years, all time) was left to the past of each series, on that other data
  and by the same measure, fixed before: the three in equal parts; weighed by how likely they made earlier incidents, by
  expectation-maximisation beside an even spread, or within the blend, or each by its probability; or so weighed by the
  incidents in the top 1 % of cells, without the mixture and with it. All six stayed behind the counts of all time:
  means of 95 to 97.5 % and worsts of 82 to 94 % (two years for all: 99.1 and 90.5 %), the two by the top cells by
  more than chance explains. The likelihood does tell memories apart, all time for vehicle thefts, two years for
  burglary, one or two for robberies, but not who hits most at the very top. So nothing was changed, nor judged here
  again.
  Before, when all had been chosen on these very windows, "used" had 40.6 and 15.0 (104 % and 94 % of the best
  baseline), the mixture 40.7 and 15.7; those figures flattered it. The best of nine baselines is picked after the fact:
  on burglary "used" stays behind it, by no more than chance explains (14 days: the interval over windows holds 0).
  Intervals: of 90 %, two years of windows of 14 days, each made of the windows before it. With the spread of all
  windows before, the totals of vehicle theft, which began to rise, lay in theirs in 77 %; a memory of 13 windows was
  then chosen on the other data, where it makes no difference.
* **cube**: the thefts of **density** with times of 2,000 days and twelve categories, by 3,000 grids, H3 cells, hour and
  weekday, week, and grid and month; of each the slowest of six slices: all, half the time, four categories, half the
  ground, the nights, all of that together. The straight way is pandas (and h3ronpy with `numpy.unique`) on a frame in
  memory that has grids and local times already: reading the frame from the database is not counted.
* **cube_of_seven_million**: the same seven times as large.
* **seven_million**: density, H3 counts and a forecast (four windows of 28 days judged) of 7,000,000 incidents.
"""
