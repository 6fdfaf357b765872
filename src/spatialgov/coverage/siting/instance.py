"""What is asked: demand, sites and rules, checked; every fault is an error that names its place and the remedy."""

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = [
    "Instance",
    "checked_budget",
    "checked_instance",
    "checked_p",
    "checked_seed",
    "checked_share",
    "checked_time",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Matrix = sparse.csr_array


@dataclass(frozen=True, eq=False)
class Instance:
    """Demand and sites, checked.

    Attributes
    ----------
    cover
        demand × site, CSR of float64 ones, sorted, none twice.
    value
        float64, shape (demand,): what one view counts, the weight divided by the views needed.
    base, need
        int64, shape (demand,): views there are already, and views needed, at least 1.
    cost
        float64, shape (site,): 1 where no costs were given.
    foes
        site × site, CSR, symmetric, nothing on the diagonal: sites that exclude each other.
    fixed
        int64: sites that are chosen whatever they gain.
    grain
        Every sum of values is a multiple of this; 0 where the weights are not whole.
    """

    cover: Matrix
    value: Floats
    base: Ints
    need: Ints
    cost: Floats
    foes: Matrix
    fixed: Ints
    grain: float

    @property
    def total(self) -> float:
        """The whole weight."""
        return float(self.value @ self.need)

    def covered(self, sites: npt.ArrayLike) -> float:
        """Give the weight that is covered with these sites."""
        taken = np.zeros(self.cover.shape[1])
        taken[np.asarray(sites, np.int64)] = 1.0
        return float(self.value @ np.minimum(self.base + self.cover @ taken, self.need))


def checked_instance(
    cover: object,
    weight: npt.ArrayLike,
    *,
    base: npt.ArrayLike | None,
    need: npt.ArrayLike | None,
    cost: npt.ArrayLike | None,
    conflicts: object,
    fixed: Sequence[int] | npt.ArrayLike,
) -> Instance:
    """Check everything but the limit; see `spatialgov.coverage.maximal_covering` for the arguments.

    Raises
    ------
    InputError
    """
    matrix = _binary(cover, "cover")
    m, n = matrix.shape
    if not matrix.nnz:
        raise InputError(
            t(
                "No site covers any demand: cover has {m} rows, {n} columns and no entry.",
                "没有任何点位覆盖任何需求：cover 有 {m} 行、{n} 列，但没有非零元素。",
                m=m,
                n=n,
            ),
            remedy=t(
                "Check that candidates and demand share one coordinate system, and that ranges are in metres.",
                "请检查候选点位与需求点是否在同一坐标系，视距是否以米为单位。",
            ),
        )
    heavy = _numbers(weight, "weight", m, least=0.0)
    if not heavy.any():
        raise InputError(
            t("Every weight is 0: nothing is worth covering.", "所有权重均为 0：没有值得覆盖的对象。"),
            remedy=t("Give what should be seen a weight above 0.", "请为应覆盖对象赋予大于 0 的权重。"),
        )
    views = np.ones(m, np.int64) if need is None else _counts(need, "need", m, least=1)
    foes = _foes(conflicts, n)
    return Instance(
        cover=matrix,
        value=heavy / views,
        base=np.zeros(m, np.int64) if base is None else _counts(base, "base", m, least=0),
        need=views,
        cost=np.ones(n) if cost is None else _numbers(cost, "cost", n, above=0.0),
        foes=foes,
        fixed=_fixed(fixed, foes),
        grain=_grain(heavy, views),
    )


def checked_p(p: object, instance: Instance) -> float:
    """Check the number of sites, the fixed ones counted.

    Raises
    ------
    InputError
    """
    n = instance.cover.shape[1]
    number = _whole(p, "p")
    if not 1 <= number <= n:
        raise InputError(
            t("p is {p}, and there are {n} sites.", "p 为 {p}，而点位共有 {n} 个。", p=number, n=n),
            remedy=t("Ask for 1 to {n} sites.", "请将 p 设在 1 到 {n} 之间。", n=n),
        )
    if number < len(instance.fixed):
        raise InputError(
            t(
                "{k} sites are fixed, more than p = {p}.",
                "固定点位有 {k} 个，多于 p = {p}。",
                k=len(instance.fixed),
                p=number,
            ),
            remedy=t(
                "Raise p, which counts the fixed sites, or fix fewer.", "请增大 p（固定点位计入其中），或减少固定点位。"
            ),
        )
    return float(number)


def checked_budget(budget: float, instance: Instance) -> float:
    """Check what may be spent, the fixed sites counted.

    Raises
    ------
    InputError
    """
    room = _finite(budget, "budget")
    least = float(instance.cost.min())
    held = float(instance.cost[instance.fixed].sum())
    if room < least:
        raise InputError(
            t(
                "The budget of {room:g} pays for no site: the cheapest costs {least:g}.",
                "预算 {room:g} 不足以建设任何点位：最便宜的需 {least:g}。",
                room=room,
                least=least,
            ),
            remedy=t("Raise the budget, or give costs in the same unit.", "请提高预算，或使用相同的费用单位。"),
        )
    if held > room * (1 + 1e-9):
        raise InputError(
            t(
                "The fixed sites cost {held:g}, more than the budget of {room:g}.",
                "固定点位共需 {held:g}，超出预算 {room:g}。",
                held=held,
                room=room,
            ),
            remedy=t("Raise the budget or fix fewer sites.", "请提高预算或减少固定点位。"),
        )
    return room


def checked_share(share: float, instance: Instance) -> float:
    """Check the share to be covered, and that all sites together reach it; give the weight.

    Raises
    ------
    InputError
    """
    part = _finite(share, "share")
    if not 0.0 < part <= 1.0:
        raise InputError(
            t("share is {part:g}.", "share 为 {part:g}。", part=part),
            remedy=t(
                "Give a share above 0 and up to 1: 0.9 for 90 %.", "请给出大于 0 且不超过 1 的比例：0.9 表示 90%。"
            ),
        )
    most = instance.covered(np.arange(instance.cover.shape[1]))
    if most < part * instance.total * (1 - 1e-12):
        raise InputError(
            t(
                "All {n} sites together cover {most:.2%} of the weight, less than the {part:.2%} asked for.",
                "全部 {n} 个点位合计仅覆盖 {most:.2%} 的权重，低于所要求的 {part:.2%}。",
                n=instance.cover.shape[1],
                most=most / instance.total,
                part=part,
            ),
            remedy=t(
                "Ask for a smaller share, or add candidates where demand is seen by none.",
                "请降低目标比例，或在无人可见的需求附近增加候选点位。",
            ),
        )
    return part * instance.total


def checked_seed(seed: object) -> int:
    """Check the seed of the random numbers.

    Raises
    ------
    InputError
    """
    number = _whole(seed, "seed")
    if number < 0:
        raise InputError(
            t("seed is {seed}.", "seed 为 {seed}。", seed=number),
            remedy=t("Give a whole number, 0 or more.", "请提供不小于 0 的整数。"),
        )
    return number


def checked_time(time_limit_s: float) -> float:
    """Check a time limit, seconds.

    Raises
    ------
    InputError
    """
    seconds = _finite(time_limit_s, "time_limit_s")
    if seconds <= 0:
        raise InputError(
            t("time_limit_s is {seconds:g}.", "time_limit_s 为 {seconds:g}。", seconds=seconds),
            remedy=t("Give a number of seconds above 0.", "请给出大于 0 的秒数。"),
        )
    return seconds


def _binary(given: object, name: str) -> Matrix:
    """Read a matrix of zeros and ones as canonical CSR."""
    try:
        raw = sparse.csr_array(given)  # type: ignore[call-overload]  # also of other formats, and of plain arrays
        raw.check_format(full_check=True)
    except (TypeError, ValueError, IndexError) as why:
        raise InputError(
            t("{name} is not a matrix: {why}.", "{name} 不是矩阵：{why}。", name=name, why=why),
            remedy=t("Give a scipy.sparse CSR matrix.", "请提供 scipy.sparse 的 CSR 矩阵。"),
        ) from why
    if raw.ndim != 2:
        raise InputError(
            t("{name} has {d} dimension(s), not 2.", "{name} 的维数为 {d}，应为 2。", name=name, d=raw.ndim),
            remedy=t("Give a scipy.sparse CSR matrix.", "请提供 scipy.sparse 的 CSR 矩阵。"),
        )
    data = np.asarray(raw.data)
    row = np.repeat(np.arange(raw.shape[0]), np.diff(raw.indptr))
    if len(wrong := np.flatnonzero(~((data == 0) | (data == 1)))):
        raise InputError(
            t(
                "{name}, row {row}, column {column}: {value} is neither 0 nor 1.",
                "{name} 第 {row} 行第 {column} 列：{value} 既不是 0 也不是 1。",
                name=name,
                row=int(row[wrong[0]]),
                column=int(raw.indices[wrong[0]]),
                value=data[wrong[0]],
            ),
            remedy=t(
                "An entry says that a site covers a demand, or does not. What a demand is worth goes into weight.",
                "矩阵元素只表示点位是否覆盖需求；需求的重要程度请写入 weight。",
            ),
        )
    order = np.lexsort((raw.indices, row)) if not raw.has_sorted_indices else np.arange(len(row))
    rows, columns = row[order], raw.indices[order]
    if len(twice := np.flatnonzero((rows[1:] == rows[:-1]) & (columns[1:] == columns[:-1]))):
        raise InputError(
            t(
                "{name}, row {row}: column {column} is listed twice.",
                "{name} 第 {row} 行：第 {column} 列重复出现。",
                name=name,
                row=int(rows[twice[0]]),
                column=int(columns[twice[0]]),
            ),
            remedy=t(
                "Drop the repeated entries, for example with cover.sum_duplicates() and cover.data[:] = 1.",
                "请去除重复元素，例如调用 cover.sum_duplicates() 并令 cover.data[:] = 1。",
            ),
        )
    kept = data[order] == 1
    start = np.concatenate([[0], np.cumsum(np.bincount(rows[kept], minlength=raw.shape[0]))])
    return sparse.csr_array((np.ones(int(kept.sum())), columns[kept], start), shape=raw.shape)


def _numbers(given: npt.ArrayLike, name: str, n: int, *, least: float = -math.inf, above: float = -math.inf) -> Floats:
    """Read finite numbers, one a row."""
    values = _row_values(given, name, n)
    good = np.isfinite(values) & (values >= least) & (values > above)
    if len(wrong := np.flatnonzero(~good)):
        raise InputError(
            t(
                "{name}[{at}] is {value}.",
                "{name}[{at}] 为 {value}。",
                name=name,
                at=int(wrong[0]),
                value=values[wrong[0]],
            ),
            remedy=t("Give finite numbers above 0.", "请提供大于 0 的有限数值。")
            if above == 0.0
            else t("Give finite numbers, none below 0.", "请提供不小于 0 的有限数值。"),
        )
    return values


def _counts(given: npt.ArrayLike, name: str, n: int, *, least: int) -> Ints:
    """Read whole numbers, one a row."""
    values = _row_values(given, name, n)
    if len(wrong := np.flatnonzero(~((values >= least) & (values <= 2**31) & (values == np.floor(values))))):
        raise InputError(
            t(
                "{name}[{at}] is {value}.",
                "{name}[{at}] 为 {value}。",
                name=name,
                at=int(wrong[0]),
                value=values[wrong[0]],
            ),
            remedy=t(
                "Give whole numbers of views, at least {least}.",
                "请提供不小于 {least} 的整数（可见次数）。",
                least=least,
            ),
        )
    return values.astype(np.int64)


def _row_values(given: npt.ArrayLike, name: str, n: int) -> Floats:
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as why:
        raise InputError(
            t("{name} holds something that is no number: {why}.", "{name} 含有非数值内容：{why}。", name=name, why=why),
            remedy=t("Give one number for each.", "请逐一提供数值。"),
        ) from why
    if values.shape != (n,):
        raise InputError(
            t(
                "{name} has the shape {shape}, and cover asks for ({n},).",
                "{name} 的形状为 {shape}，而按 cover 应为 ({n},)。",
                name=name,
                shape=values.shape,
                n=n,
            ),
            remedy=t(
                "cover is demand × site: weight, base and need have one entry for each of its rows, cost one for each "
                "of its columns.",
                "cover 的行为需求、列为点位：weight、base、need 每行一个，cost 每列一个。",
            ),
        )
    return values


def _foes(conflicts: object, n: int) -> Matrix:
    """Read which sites exclude each other: symmetric, the diagonal left out."""
    if conflicts is None:
        return sparse.csr_array((n, n))
    given = _binary(conflicts, "conflicts")
    if given.shape != (n, n):
        raise InputError(
            t(
                "conflicts has the shape {shape}, and there are {n} sites.",
                "conflicts 的形状为 {shape}，而点位共有 {n} 个。",
                shape=given.shape,
                n=n,
            ),
            remedy=t("Give a matrix of site × site.", "请提供“点位 × 点位”的矩阵。"),
        )
    both = sparse.coo_array(given + given.T)
    apart = both.row != both.col
    foes = sparse.csr_array((np.ones(int(apart.sum())), (both.row[apart], both.col[apart])), shape=(n, n))
    foes.sort_indices()
    return foes


def _fixed(fixed: Sequence[int] | npt.ArrayLike, foes: Matrix) -> Ints:
    """Read the sites that are chosen in any case."""
    n = foes.shape[0]
    given = np.asarray(fixed).ravel()
    sites = [_whole(value, "fixed") for value in given.tolist()]
    for i, site in enumerate(sites):
        if not 0 <= site < n:
            raise InputError(
                t(
                    "fixed names site {site}, and there are {n}.",
                    "fixed 指定了点位 {site}，而点位共有 {n} 个。",
                    site=site,
                    n=n,
                ),
                remedy=t("Name columns of cover, counted from 0.", "请使用 cover 的列号，从 0 开始。"),
            )
        if site in sites[:i]:
            raise InputError(
                t("fixed names site {site} twice.", "fixed 重复指定了点位 {site}。", site=site),
                remedy=t("Name every fixed site once.", "每个固定点位只写一次。"),
            )
    held = np.array(sites, np.int64)
    pairs = sparse.coo_array(foes[held][:, held]) if len(held) else None
    if pairs is not None and pairs.nnz:
        one, other = int(held[pairs.row[0]]), int(held[pairs.col[0]])
        raise InputError(
            t(
                "Sites {one} and {other} are both fixed, and conflicts says that they exclude each other.",
                "点位 {one} 与 {other} 均被固定，但 conflicts 规定二者不可同时选取。",
                one=one,
                other=other,
            ),
            remedy=t(
                "Fix one of them, or take the pair out of conflicts.", "请只固定其一，或从 conflicts 中去掉这一对。"
            ),
        )
    return held


def _whole(value: object, name: str) -> int:
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError as why:
        raise InputError(
            t("{name}: {value!r} is not a whole number.", "{name}：{value!r} 不是整数。", name=name, value=value),
            remedy=t("Give a whole number.", "请提供整数。"),
        ) from why


def _finite(value: object, name: str) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InputError(
            t("{name}: {value!r} is not a finite number.", "{name}：{value!r} 不是有限数值。", name=name, value=value),
            remedy=t("Give a finite number.", "请提供有限数值。"),
        )
    return number


def _grain(weight: Floats, need: Ints) -> float:
    """Give what every sum of weight / need is a multiple of, or 0."""
    if (weight != np.floor(weight)).any() or weight.sum() >= 2**52:
        return 0.0
    parts = math.lcm(*np.unique(need[weight > 0]).tolist())
    return 1.0 / parts if parts * weight.sum() < 2**52 else 0.0
