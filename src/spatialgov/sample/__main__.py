"""Write the sample city: ``python -m spatialgov.sample OUT_DIR [--seed N]``."""

import argparse

from spatialgov.language import t
from spatialgov.sample import DEFAULT_SEED, write_city


def main() -> None:
    """Read the command line, write the city, and say what was written."""
    parser = argparse.ArgumentParser(
        prog="python -m spatialgov.sample", description=t("Write the made-up sample city.", "生成虚构的示例城市。")
    )
    parser.add_argument("out_dir", help=t("folder to write to", "输出目录"))
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help=t("seed of the city", "随机种子"))
    arguments = parser.parse_args()
    manifest = write_city(arguments.out_dir, arguments.seed)
    for file in manifest["files"]:
        print(f"{file['path']:<28}{file['rows']:>8}{file['bytes']:>12}")


if __name__ == "__main__":
    main()
