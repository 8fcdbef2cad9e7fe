"""Why the processing of a flight gives no result, and why a task fails that did nothing wrong."""

from __future__ import annotations

from typing import Final

from gasflux.wording.phrases import Phrase

INSTALL_DASK: Final = 'python -m pip install --constraint constraints.txt ".[dask]"'
"""What brings dask, in a checkout: the package index has another program of the name gasflux."""

WORK_TEXTS: Final[dict[str, Phrase]] = {
    # no curtain, no spiral
    "beyond_map": Phrase(
        "latitude {value} is beyond {limit:g} degrees, where the UTM map ends; check that latitude and longitude are in"
        " degrees and in their own columns",
        "纬度 {value} 超过 {limit:g} 度，已在 UTM 投影范围之外；请检查纬度和经度是否以度为单位，并各在自己的列中。",
    ),
    "one_position": Phrase(
        "all positions are the same; a curtain needs a path in latitude and longitude",
        "所有位置都相同；幕面需要有经纬度变化的航迹。",
    ),
    "no_samples_left": Phrase(
        "no {kind} was found: filters.time_windows and filters.exclude leave no sample; check their times",
        "未找到{kind}：filters.time_windows 和 filters.exclude 没有留下任何样本；请检查其中的时间。",
    ),
    "no_surface": Phrase(
        "no {kind} was found: the flight covers {east:.0f} m east-west, {north:.0f} m north-south and {up:.1f} m of"
        " height, with {runs} straight runs{sizes}. A curtain needs at least {passes} passes along one line over at"
        " least {spread:g} m of height, a spiral 2 revolutions round one centre, a box or race-track 2 laps of sides"
        " that close all round. Runs are told by stops and corners; where an aircraft never stops they must be longer"
        " than half the radius of its turns. If this was one, name its times with filters.time_windows, take every"
        " sample with filters.phase: none, or set strategies.spatial to its kind",
        "未找到{kind}：飞行范围东西 {east:.0f} m、南北 {north:.0f} m、高差 {up:.1f} m，有 {runs} 段直线飞行{sizes}。"
        "幕面至少需要沿同一条线的 {passes} 条测线，高差不小于 {spread:g} m；螺旋需要绕同一中心至少 2 圈；"
        "箱形或跑道形航线的各边须首尾闭合，至少飞 2 圈。直线段按停顿和拐角识别；从不停顿时须长于转弯半径的一半。"
        "如果确是其中之一，请用 filters.time_windows 指明时段，或用 filters.phase: none 采用全部样本，"
        "或将 strategies.spatial 设为对应的飞行方式。",
    ),
    "kind.auto": Phrase("curtain or spiral", "幕面或螺旋"),
    "kind.curtain": Phrase("curtain", "幕面"),
    "kind.spiral": Phrase("spiral", "螺旋"),
    "hint.run_sizes": Phrase(
        " of {length:.0f} m (median) at {low:.1f} to {high:.1f} m",
        "，长度中位数 {length:.0f} m，高度 {low:.1f} 至 {high:.1f} m",
    ),
    # no rate
    "ground_above_passes": Phrase(
        "The ground at {ground:.6g} m is above the highest pass, at {highest:.6g} m: give ground.height in the"
        " reference of the log's heights, or leave it out.",
        "地面高度 {ground:.6g} m 高于最高测线 {highest:.6g} m：请按记录中高度的基准给出 ground.height，或不设置。",
    ),
    "no_extent": Phrase(
        "The samples span {length:.6g} m along the surface and {height:.6g} m in height (from {bottom:.6g} to"
        " {top:.6g} m): both must be above 0 to integrate a flux. Fly passes at several heights, and keep"
        " ordinary_kriging_settings.y_min and ground.height below the highest pass.",
        "样本沿测量面跨 {length:.6g} m，高度方向跨 {height:.6g} m（{bottom:.6g} 至 {top:.6g} m）：两者都须大于 0 才能对"
        "通量积分。请在多个高度飞测线，并使 ordinary_kriging_settings.y_min 和 ground.height 低于最高测线。",
    ),
    "no_cell_kriged": Phrase(
        "No cell of the surface has {points} samples within the variogram range ({along:.3g} m along, {vertical:.3g} m"
        " in height): lower ordinary_kriging_settings.min_points or leave max_points out.",
        "测量面上没有一个单元在变程（沿面 {along:.3g} m，高度 {vertical:.3g} m）内有 {points} 个样本：请减小"
        " ordinary_kriging_settings.min_points，或不设置 max_points。",
    ),
    "values_not_finite": Phrase(
        "{bad} of {size} values to interpolate are not finite numbers: leave samples without a value out before"
        " kriging.",
        "待插值的 {size} 个值中有 {bad} 个不是有限数值：请在克里金插值前去掉没有值的样本。",
    ),
    "too_few_to_krige": Phrase(
        "{size} samples are too few to interpolate; ordinary_kriging_settings.min_points asks for {least}.",
        "{size} 个样本不足以插值；ordinary_kriging_settings.min_points 要求 {least} 个。",
    ),
    "no_gas_on_surface": Phrase(
        "no gas has enough samples on the curtain or spiral for a flux (10 samples on 2 passes); look at the gas"
        " columns with `gasflux inspect`.",
        "幕面或螺旋上没有一种气体的样本足以计算通量（2 条测线上 10 个样本）；请用 `gasflux inspect` 检查气体列。",
    ),
    "too_few_gas_values": Phrase(
        "only {samples} samples of the gas have a value; a baseline needs {least}: look at the gas column.",
        "只有 {samples} 个样本有该气体的值；计算基线需要 {least} 个：请检查气体列。",
    ),
    "too_little_background": Phrase(
        "only {samples} samples look like background; a baseline needs {least}: raise"
        " algorithmic_baseline_settings.num_std.",
        "只有 {samples} 个样本像是背景；计算基线需要 {least} 个：请增大 algorithmic_baseline_settings.num_std。",
    ),
    "baseline_failed": Phrase(
        "{setting} cannot find a baseline in {samples} samples: {reason}",
        "{setting} 在 {samples} 个样本中找不到基线：{reason}",
    ),
    "phase_model": Phrase(
        "the flight-phase model {name} {problem}; make it anew with `gasflux train-phases --install`, or set"
        " filters.phase: rules",
        "飞行阶段模型 {name} {problem}；请用 `gasflux train-phases --install` 重新生成，或设置 filters.phase: rules。",
    ),
    "model.unreadable": Phrase("cannot be read ({reason})", "无法读取（{reason}）"),
    "model.format": Phrase("has format {found!r}, not {wanted!r}", "的格式为“{found}”，应为“{wanted}”"),
    "model.damaged": Phrase("is damaged: its checksum does not fit", "已损坏：校验和不符"),
    "model.features": Phrase(
        "was trained on other features than this version computes", "训练所用的特征与此版本计算的不同"
    ),
    "drawing_ended": Phrase(
        "A drawing process ended with code {exit_code}, perhaps killed for want of memory; try again, or without"
        " figures (--no-figures).",
        "绘图进程以代码 {exit_code} 终止，可能是内存不足；请重试，或不绘图（--no-figures）。",
    ),
    # the service
    "timeout": Phrase(
        "The work took longer than the {limit:g} s a task may take and was ended; split the flight, or ask the"
        " administrator to raise [tasks] timeout.",
        "处理超过任务允许的 {limit:g} 秒，已停止；请将飞行拆分，或请管理员增大 [tasks] timeout。",
    ),
    "out_of_memory": Phrase(
        "The work needed more than the {limit:,.0f} MiB of memory a task may take; split the flight, or ask the"
        " administrator to raise [tasks] memory_limit.",
        "处理所需内存超过任务允许的 {limit:,.0f} MiB；请将飞行拆分，或请管理员增大 [tasks] memory_limit。",
    ),
    "no_memory": Phrase(
        "The work needed more memory than there is; split the flight, or process it on a larger machine.",
        "处理所需内存超过可用内存；请将飞行拆分，或在内存更大的机器上处理。",
    ),
    "worker_died": Phrase(
        "The process that worked on the flight died ({cause}); a damaged workbook can do that: open it in Excel and"
        " save it again, or save it as .csv.",
        "处理此飞行的进程意外终止（{cause}）；损坏的工作簿可能导致此问题：请在 Excel 中打开并重新保存，或另存为 .csv。",
    ),
    "cause.signal": Phrase("signal {signal}", "信号 {signal}"),
    "cause.exit": Phrase("exit code {exit_code}", "退出码 {exit_code}"),
    "worker_killed": Phrase(
        "The process that worked on the flight was ended from outside ({cause}), as by a system short of memory; that"
        " says nothing against the file: run the task again, and tell the administrator if it ends so again.",
        "处理此飞行的进程被外部终止（{cause}），例如系统内存不足；这并不说明文件有问题：请重新处理，若再次如此请告知"
        "管理员。",
    ),
    "worker_not_started": Phrase(
        "No process was ready for the flight within {limit:g} s; that says nothing against the file: run the task"
        " again, and tell the administrator if it ends so again.",
        "{limit:g} 秒内没有可用于此飞行的处理进程；这并不说明文件有问题：请重新处理，若再次如此请告知管理员。",
    ),
    "server_ends_used_up": Phrase(
        "The server was ended {ends} times while it worked on this flight, which is not tried again by itself; run it"
        " again, and tell the administrator if the server ends so again.",
        "处理此飞行时服务器已被终止 {ends} 次，不再自动重试；请重新处理，若服务器再次终止请告知管理员。",
    ),
    "watcher_died": Phrase(
        "The process that watched over the work died, perhaps killed for want of memory.",
        "监管处理的进程意外终止，可能是内存不足。",
    ),
    "machines_died": Phrase(
        "Several machines of the cluster died while they worked on the flight; look at the workers' logs.",
        "集群中有多台机器在处理此飞行时终止；请查看工作节点的日志。",
    ),
    "cluster_failed": Phrase(
        "The cluster could not run the work ({error}, more in the server's log); ask the administrator to install the"
        f" server's version on its scheduler and on every worker, in a checkout with: {INSTALL_DASK}",
        "集群未能完成处理（{error}，详见服务器日志）；请管理员在调度器和每个工作节点上安装与服务器相同的版本，"
        f"在检出的项目目录中运行：{INSTALL_DASK}",
    ),
    "wrong_version": Phrase(
        "A worker of the cluster has GasFlux {theirs}, the server {ours}; ask the administrator to install the server's"
        " version on every worker.",
        "集群的一个工作节点装的是 GasFlux {theirs}，服务器是 {ours}；请管理员在每个工作节点上安装与服务器相同的版本。",
    ),
    "unexpected": Phrase(
        "An unexpected error ({error}) ended the work; the server's log holds the details under task:{task}.",
        "处理因意外错误（{error}）而终止；详见服务器日志中的 task:{task}。",
    ),
    "unexpected_in_server": Phrase(
        "An unexpected error ({error}) ended the work; the server's log says more.",
        "处理因意外错误（{error}）而终止；详见服务器日志。",
    ),
    "disk_full": Phrase(
        "The server's disk is full, so the results are not written; run the task again when there is room.",
        "服务器磁盘已满，结果未能写入；请在有空间后重新处理。",
    ),
    "data_folder_unusable": Phrase(
        "The server's data folder cannot be used now ({reason}); run the task again later.",
        "服务器的数据文件夹目前不可用（{reason}）；请稍后重新处理。",
    ),
    "expired": Phrase(
        "The task did not finish within the longest time a task may exist; upload again.",
        "任务未能在允许存在的最长时间内完成；请重新上传。",
    ),
}
