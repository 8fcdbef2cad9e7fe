"""Why the service cannot do something now: busy, full, stopping, or the task is in another state."""

from __future__ import annotations

from typing import Final

from gasflux.wording.phrases import Phrase

REFUSAL_TEXTS: Final[dict[str, Phrase]] = {
    # later
    "queue_full": Phrase(
        "{waiting} tasks wait already and no more may; try again when some are done.",
        "已有 {waiting} 个任务在等待，不能再增加；请在部分任务完成后重试。",
    ),
    "queue_share_full": Phrase(
        "{own} tasks of this key wait already, and the {free} places that are left are for other keys, too; try again"
        " when some are done.",
        "此密钥已有 {own} 个任务在等待，剩余的 {free} 个位置须留给其他密钥；请在部分任务完成后重试。",
    ),
    "disk_full_at_upload": Phrase(
        "The server's disk is full; the upload was not kept, try again later.",
        "服务器磁盘已满；上传的文件未保留，请稍后重试。",
    ),
    "upload_not_stored": Phrase(
        "The server could not store the upload ({reason}) and did not keep it; try again later or tell its"
        " administrator.",
        "服务器未能保存上传的文件（{reason}），文件未保留；请稍后重试，或告知管理员。",
    ),
    "body_not_stored": Phrase(
        "The server cannot store what is sent to it now; try again later or tell its administrator.",
        "服务器目前无法保存收到的内容；请稍后重试，或告知管理员。",
    ),
    "machine_short": Phrase(
        "The server's machine gives it no more files, memory or processes at the moment; try again later.",
        "服务器所在机器目前无法再提供文件、内存或进程；请稍后重试。",
    ),
    "disk_nearly_full": Phrase(
        "The server's disk is nearly full; try again later or tell its administrator.",
        "服务器磁盘将满；请稍后重试，或告知管理员。",
    ),
    "body_too_large": Phrase(
        "The request brings {value} bytes; allowed are {allowed} ([limits] max_content_length).",
        "上传内容有 {value} 字节；最多允许 {allowed} 字节（[limits] max_content_length）。",
    ),
    "too_little_space": Phrase(
        "The server has {left} MiB of disk space left for this and keeps {kept} MiB free; delete tasks or try again"
        " later.",
        "服务器可用于此的磁盘空间还有 {left} MiB，须保留 {kept} MiB；请删除一些任务，或稍后重试。",
    ),
    "too_frequent": Phrase(
        "More than {limit} {what} in a minute; go on in {wait} s.",
        "一分钟内{what}超过 {limit} 次；请在 {wait} 秒后继续。",
    ),
    "what.requests": Phrase("requests", "请求"),
    "what.uploads": Phrase("uploads", "上传"),
    "what.wrong_keys": Phrase("wrong keys", "密钥错误"),
    "stopping": Phrase(
        "The server is about to stop and takes no new work; try again in a minute.",
        "服务器即将停止，不再接受新的任务；请一分钟后重试。",
    ),
    "look_takes_long": Phrase(
        "The look takes too long, or others look at the moment; upload the flight itself.",
        "预览用时过长，或正有其他人在预览；请直接上传飞行记录。",
    ),
    "database_replaced": Phrase(
        "The database {name} was removed or replaced while the service had it open, so nothing new is taken in; stop"
        " the service, move {rescued}, where its content was saved, to its place, and start again.",
        "数据库 {name} 在服务使用期间被删除或替换，因此不再接受新的内容；请停止服务，把保存其内容的 {rescued} 移回"
        "原处，再重新启动。",
    ),
    "database_part_gone": Phrase(
        "The file {lost}, a part of the database {name}, was removed while the service had it open, so nothing new is"
        " taken in; its content was saved: start the service again.",
        "数据库 {name} 的组成文件 {lost} 在服务使用期间被删除，因此不再接受新的内容；其内容已保存：请重新启动服务。",
    ),
    "database_missing": Phrase(
        "There is no database {path} (or an empty one), but {left} says that there was one, with tasks and keys; put it"
        " back, or restore a backup, or, to begin with an empty one, move away all that is in the folders of uploads"
        " and outputs.",
        "没有数据库 {path}（或它是空的），但 {left} 表明曾有过，其中有任务和密钥；请将其放回，或恢复备份；若要从空"
        "数据库开始，请移走上传文件夹和结果文件夹中的全部内容。",
    ),
    "database_missing_rescued": Phrase(
        "There is no database {path} (or an empty one), but {left} says that there was one, with tasks and keys; move"
        " {rescued}, which the last server saved, to its place, and start again.",
        "没有数据库 {path}（或它是空的），但 {left} 表明曾有过，其中有任务和密钥；请把上一个服务保存的 {rescued} 移到"
        "原处，再重新启动。",
    ),
    # another state
    "nothing_to_cancel": Phrase(
        "The task {task} is {status}: there is nothing left to cancel.", "任务 {task} {status}：没有可取消的内容。"
    ),
    "no_input": Phrase(
        "The task {task} has no input file on record: upload the file again.",
        "任务 {task} 没有输入文件的记录：请重新上传文件。",
    ),
    "not_final": Phrase(
        "The task {task} is {status}: only a finished task can run again.",
        "任务 {task} {status}：只有已结束的任务才能重新处理。",
    ),
    "not_finished": Phrase(
        "The task {task} is not finished; cancel it or wait before it runs again.",
        "任务 {task} 尚未结束；请先取消或等待，再重新处理。",
    ),
    "status.pending": Phrase("pending", "正在排队"),
    "status.processing": Phrase("processing", "正在处理"),
    "status.completed": Phrase("completed", "已完成"),
    "status.failed": Phrase("failed", "已失败"),
    "idempotency_conflict": Phrase(
        "The idempotency key {used!r} was used for another upload, task {task}; take a new key for new content.",
        "幂等键“{used}”已用于另一次上传（任务 {task}）；新的内容请用新的键。",
    ),
    # another right
    "no_administrator": Phrase(
        "This needs the key of an administrator; the key sent is not one.",
        "此操作需要管理员密钥；所发送的密钥不是管理员密钥。",
    ),
    "foreign_host": Phrase(
        "The name {host!r} is not this machine's: use http://localhost, or set base_url in gasflux.ini, or use a key.",
        "“{host}”不是本机的名称：请使用 http://localhost，或在 gasflux.ini 中设置 base_url，或使用密钥。",
    ),
    "foreign_page": Phrase(
        "A web page of another site asked for this; open the service's own page to do it.",
        "此请求来自其他网站的页面；请打开本服务自己的页面进行操作。",
    ),
}
