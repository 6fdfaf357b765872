"""``spatialgov partition UNITS -o OUT.gpkg``."""

import sys
import time
from pathlib import Path

import click

from spatialgov.cli._shared import datum_option, examples, json_option, note, print_json, print_measures, show_faults
from spatialgov.language import t


@click.command(
    "partition",
    help=t(
        "Divide the units of a file into contiguous grids, balanced by households, population or area.",
        "将文件中的基本单元划分为连通的网格，按户数、人口或面积均衡。",
    ),
    epilog=examples(
        "spatialgov partition units.gpkg -o plan.gpkg --within community_code",
        "spatialgov partition units.csv --datum gcj02 -o plan.gpkg --grids 40 --map plan.html",
    ),
)
@click.argument("units_file", metavar="UNITS", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=Path("plan.gpkg"), show_default=True,
    help=t("GeoPackage to write: layers grids and units.", "输出的 GeoPackage：图层 grids 和 units。"),
)  # fmt: skip
@click.option("--grids", type=int, help=t("How many grids in all.", "网格总数。"))
@click.option(
    "--households-per-grid", type=float, help=t("Households of a grid (default 400).", "每格户数（默认 400）。")
)
@click.option("--population-per-grid", type=float, help=t("Population of a grid.", "每格人口。"))
@click.option("--area-per-grid", "area_per_grid_m2", type=float, help=t("Area of a grid, m².", "每格面积（平方米）。"))
@click.option(
    "--within",
    help=t("Column that grids must nest in, e.g. community_code.", "网格不得跨越的上级列，如 community_code。"),
)
@click.option(
    "--tolerance",
    type=float,
    default=0.05,
    show_default=True,
    help=t("Deviation that is on target.", "视为达标的偏差。"),
)
@click.option(
    "--max-area", "max_area_m2", type=float, help=t("Largest area of a grid, m².", "网格最大面积（平方米）。")
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help=t("The same seed gives the same plan.", "相同种子得到相同方案。"),
)
@click.option("--layer", help=t("Layer of the file.", "文件中的图层。"))
@click.option(
    "--crs", help=t("CRS of the file where it does not say, e.g. EPSG:4547.", "文件未注明时的坐标系，如 EPSG:4547。")
)
@click.option("--keep-sound", is_flag=True, help=t("Go on without the faulty rows.", "忽略有问题的行并继续。"))
@click.option("--strict", is_flag=True, help=t("A grid that misses its target is an error.", "有网格未达标即报错。"))
@click.option(
    "--map",
    "map_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help=t("Write a map as HTML too.", "同时输出 HTML 地图。"),
)
@datum_option
@json_option
def command(
    units_file: Path, output: Path, within: str | None, datum: str | None, layer: str | None, crs: str | None,
    map_file: Path | None, keep_sound: bool, strict: bool, as_json: bool, **options: object,
) -> None:  # fmt: skip
    """Read, divide, check, write."""
    from spatialgov.errors import InfeasibleError
    from spatialgov.partition import misses
    from spatialgov.partition.nested import partition
    from spatialgov.units import read_units

    note(t("Reading {file} …", "正在读取 {file} ……", file=units_file.name))
    keep = [within] if within else []
    units = read_units(units_file, datum=datum, crs=crs, layer=layer, keep=keep, keep_sound=keep_sound)
    if units.dropped_columns:
        names = ", ".join(units.dropped_columns)
        note(t("Columns not asked for were dropped: {names}.", "未要求的列已舍弃：{names}。", names=names))
    show_faults(units.faults, t("About the units:", "关于基本单元："))

    start = time.perf_counter()
    with click.progressbar(length=1, label=t("Dividing", "正在划分"), file=sys.stderr) as bar:

        def show_progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        plan = partition(units, within=within, progress=show_progress, **options)  # type: ignore[arg-type]
    seconds = time.perf_counter() - start

    metrics = plan.metrics()
    missed = misses(plan)
    show_faults(plan.faults(), t("Faults of the plan:", "方案的问题："))
    show_faults(missed, t("Grids that miss their target:", "未达标的网格："))
    if strict and missed:
        raise InfeasibleError(
            t("{n} grids miss their target; nothing was written.", "{n} 个网格未达标，未写出任何文件。", n=len(missed)),
            remedy=missed[0].remedy,
        )
    plan.write(output)
    if map_file is not None:
        from spatialgov_maps.base import save_html
        from spatialgov_maps.plan_map import plan_map

        save_html(plan_map(plan.grids(), balance=plan.settings.balance, target=plan.settings.target), map_file)
    if as_json:
        print_json({**metrics, "seconds": round(seconds, 3)})
    else:
        print_measures(metrics)
        note(t("Done in {seconds:.1f} s.", "用时 {seconds:.1f} 秒。", seconds=seconds))
    written = [output, map_file] if map_file else [output]
    note(t("Written: {files}", "已写出：{files}", files=", ".join(map(str, written))))
    note(t("Next: spatialgov publish {file}", "下一步：spatialgov publish {file}", file=output))
