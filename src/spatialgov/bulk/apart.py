"""Do a part in a worker: a process of this machine or of another one."""

import socket

import spatialgov
from spatialgov.bulk.job import Job, Part
from spatialgov.bulk.kept import Kept
from spatialgov.errors import ClusterError
from spatialgov.language import Language, t, using_language
from spatialgov.threads import on_cores

__all__ = ["do_apart"]


def do_apart(job: Job, kept: Kept, part: Part, language: Language, version: str) -> int:
    """Do a part on one core, as one of several workers; gives its number.

    Raises
    ------
    ClusterError
        When the worker is of another version than `version`, or does not see the folder, or can't write to it.
    SpatialGovError
        What the job itself raises.
    """
    with using_language(language), on_cores(1):
        if spatialgov.__version__ != version:
            raise _another_version(version)
        try:
            kept.do(job, part)
        except OSError as error:
            raise ClusterError(
                t(
                    "Part {number} can't be done on {host}: {reason}.",
                    "分块 {number} 无法在 {host} 上执行：{reason}。",
                    number=part.number,
                    host=socket.gethostname(),
                    reason=error,
                ),
                remedy=t(
                    "All workers need the folders of the input and of the results under the same name, and room there.",
                    "所有工作进程都须以相同路径访问输入与结果所在文件夹，且有足够空间。",
                ),
            ) from error
    return part.number


def _another_version(ours: str) -> ClusterError:
    return ClusterError(
        t(
            "The worker on {host} has spatialgov {theirs}, not {ours}.",
            "{host} 上工作进程的 spatialgov 版本为 {theirs}，而非 {ours}。",
            host=socket.gethostname(),
            theirs=spatialgov.__version__,
            ours=ours,
        ),
        remedy=t("Install the same version everywhere.", "请在所有主机上安装相同版本。"),
    )
