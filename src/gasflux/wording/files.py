"""Faults of a file as a whole: what it is, whether it is whole, how large it is, where its header stands."""

from __future__ import annotations

from typing import Final

from gasflux.wording.phrases import Phrase

FILE_TEXTS: Final[dict[str, Phrase]] = {
    # any file
    "file_unreadable": Phrase(
        "The file cannot be read ({reason}); check its path and permissions.",
        "无法读取文件（{reason}）；请检查路径和权限。",
    ),
    "file_empty": Phrase("The file is empty; export or upload it again.", "文件是空的；请重新导出或重新上传。"),
    "upload_empty": Phrase(
        "{name}: the file is empty (0 bytes); upload the log itself.",
        "{name}：文件是空的（0 字节）；请上传飞行记录本身。",
    ),
    "file_ends_reader": Phrase(
        "The file ends the process that reads it, so it is damaged; open it in Excel and save it again.",
        "读取此文件的进程因它而终止，说明文件已损坏；请在 Excel 中打开并重新保存。",
    ),
    "file_needs_memory": Phrase(
        "The file needs more memory to read than it may take; delete empty rows and columns, or split it.",
        "读取此文件所需内存超出限制；请删除空行和空列，或拆分文件。",
    ),
    "too_many_rows": Phrase(
        "The log has {size:,} rows, {limit:,} are allowed; split it, or log at a lower rate.",
        "飞行记录有 {size:,} 行，最多允许 {limit:,} 行；请拆分，或降低记录频率。",
    ),
    "above_row_limit": Phrase(
        "The log has more than {limit:,} rows, as many are allowed; split or thin it.",
        "飞行记录超过允许的 {limit:,} 行；请拆分或抽稀。",
    ),
    # another kind of file
    "unsupported_content": Phrase(
        "The content is {value}, not a table ({allowed}); {remedy}.",
        "文件内容是“{value}”，不是表格（{allowed}）；{remedy}。",
    ),
    "neither_text_nor_workbook": Phrase(
        "The content is neither text nor a workbook; export the log as .csv or .xlsx.",
        "文件内容既不是文本也不是工作簿；请将飞行记录导出为 .csv 或 .xlsx。",
    ),
    "kind.pdf": Phrase("a PDF document", "PDF 文档"),
    "kind.png": Phrase("a PNG picture", "PNG 图片"),
    "kind.jpeg": Phrase("a JPEG picture", "JPEG 图片"),
    "kind.gif": Phrase("a GIF picture", "GIF 图片"),
    "kind.rar": Phrase("a RAR archive", "RAR 压缩包"),
    "kind.7z": Phrase("a 7-Zip archive", "7-Zip 压缩包"),
    "kind.empty_zip": Phrase("an empty zip archive", "空的 zip 压缩包"),
    "kind.rtf": Phrase("a rich text document", "RTF 文档"),
    "kind.database": Phrase("a database", "数据库"),
    "kind.parquet": Phrase("a Parquet file", "Parquet 文件"),
    "kind.hdf": Phrase("an HDF5 or netCDF file", "HDF5 或 netCDF 文件"),
    "kind.netcdf": Phrase("a netCDF file", "netCDF 文件"),
    "kind.program": Phrase("a program", "可执行程序"),
    "kind.windows_program": Phrase("a Windows program", "Windows 可执行程序"),
    "kind.xml_spreadsheet": Phrase("an XML spreadsheet of 2003", "2003 版 XML 表格"),
    "kind.html": Phrase("a web page (HTML)", "网页（HTML）"),
    "kind.kml": Phrase("a KML track", "KML 航迹"),
    "kind.xml": Phrase("an XML document", "XML 文档"),
    "kind.office": Phrase(
        "an Office document that is cut off or holds no workbook", "不完整或不含工作簿的 Office 文档"
    ),
    "kind.binary": Phrase("neither text nor a workbook", "二进制数据"),
    "remedy.export_table": Phrase("export the log itself as .csv or .xlsx", "请将飞行记录本身导出为 .csv 或 .xlsx"),
    "remedy.export": Phrase("export the log as .csv or .xlsx", "请将飞行记录导出为 .csv 或 .xlsx"),
    "remedy.export_csv": Phrase("export the log as .csv", "请将飞行记录导出为 .csv"),
    "remedy.no_picture": Phrase("upload the log, not a picture of it", "请上传飞行记录，而不是它的图片"),
    "remedy.unpack": Phrase("unpack it and upload the log inside", "请解压后上传其中的飞行记录"),
    "remedy.upload_log": Phrase("upload the log itself", "请上传飞行记录本身"),
    "remedy.save": Phrase("save the log as .csv or .xlsx", "请将飞行记录另存为 .csv 或 .xlsx"),
    "remedy.save_workbook": Phrase("save the log as .xlsx or .csv", "请将飞行记录另存为 .xlsx 或 .csv"),
    "remedy.excel_save_as": Phrase("open it in Excel and save as .xlsx", "请在 Excel 中打开并另存为 .xlsx"),
    "remedy.excel_save": Phrase("open it in Excel and save it as .xlsx", "请在 Excel 中打开并另存为 .xlsx"),
    # packed text
    "gz_damaged": Phrase(
        "The .gz file is cut off or damaged; compress or download it again.",
        ".gz 文件不完整或已损坏；请重新压缩或重新下载。",
    ),
    "gz_too_large": Phrase(
        "The .gz file unpacks to more than the {limit:,} bytes that are allowed; split the log.",
        ".gz 文件解压后超过允许的 {limit:,} 字节；请拆分飞行记录。",
    ),
    "gz_empty": Phrase(
        "The .gz file is empty inside; compress the log again.", ".gz 文件内没有内容；请重新压缩飞行记录。"
    ),
    "gz_holds_archive": Phrase(
        "The .gz file holds another packed file or a workbook; upload that one itself.",
        ".gz 文件内是另一个压缩文件或工作簿；请直接上传该文件。",
    ),
    "unpacks_to_too_much": Phrase(
        "The {what} of {packed:,} bytes unpacks to {unpacked:,} bytes or more; {limit:,} are allowed, and above"
        " {free:,} at most {ratio} times the packed size; split the log or upload it as plain .csv.",
        "{what}大小为 {packed:,} 字节，解压后达到或超过 {unpacked:,} 字节；最多允许 {limit:,} 字节，"
        "超过 {free:,} 字节时不得超过压缩后大小的 {ratio} 倍；请拆分飞行记录，或以未压缩的 .csv 上传。",
    ),
    "what.gz": Phrase(".gz file", ".gz 文件"),
    "what.workbook": Phrase("workbook", "工作簿"),
    # text
    "holds_nul": Phrase(
        "Row {row} holds NUL bytes, so the file is damaged; copy or export it again from the instrument.",
        "第 {row} 行含有 NUL 字节，说明文件已损坏；请从仪器重新复制或导出。",
    ),
    "line_too_long": Phrase(
        "A line near row {row:,} is longer than {limit:,} bytes; a log has one short row per sample, so export it"
        " again with line ends.",
        "第 {row:,} 行附近有一行超过 {limit:,} 字节；飞行记录应每个样本一短行，请带换行符重新导出。",
    ),
    "header_line_too_long": Phrase(
        "A line longer than {limit:,} characters stands where the header of column names should be; put a row such as"
        " '{example}' above the data, its fields separated by comma, semicolon or tab.",
        "应为表头的位置有一行超过 {limit:,} 个字符；请在数据上方加一行表头，例如“{example}”，"
        "字段以逗号、分号或制表符分隔。",
    ),
    "no_header": Phrase(
        "None of the first {searched} lines reads as a header of column names; put a row such as '{example}' above the"
        " data, its fields separated by comma, semicolon or tab.",
        "前 {searched} 行中没有表头；请在数据上方加一行表头，例如“{example}”，字段以逗号、分号或制表符分隔。",
    ),
    "too_many_fields": Phrase(
        "Row {row} has {value} fields where the header has {width} (separator {separator}){hint}; mend it.",
        "第 {row} 行有 {value} 个字段，而表头有 {width} 个（分隔符为{separator}）{hint}；请改正。",
    ),
    "hint.decimal_commas": Phrase(
        "; if commas are decimal signs, separate the fields by semicolons", "；如果逗号是小数点，请用分号分隔字段"
    ),
    "separator.,": Phrase("comma", "逗号"),
    "separator.\t": Phrase("tab", "制表符"),
    "separator.;": Phrase("semicolon", "分号"),
    "separator.|": Phrase("bar", "竖线"),
    "separator. ": Phrase("blanks", "空格"),
    "open_quotation": Phrase(
        "Row {row} opens a quotation mark that is never closed; close or remove it.",
        "第 {row} 行的引号没有闭合；请补上或删除。",
    ),
    # workbooks
    "workbook_cut_off": Phrase(
        "The workbook is cut off or damaged; copy or download it again.",
        "工作簿不完整或已损坏；请重新复制或下载。",
    ),
    "workbook_damaged": Phrase(
        "The workbook is damaged; open it in Excel and save it again.",
        "工作簿已损坏；请在 Excel 中打开并重新保存。",
    ),
    "workbook_malformed": Phrase(
        "The workbook is malformed; open it in Excel and save it again.",
        "工作簿的结构不正确；请在 Excel 中打开并重新保存。",
    ),
    "workbook_password": Phrase(
        "The workbook is protected by a password; save it without one (File > Info > Protect workbook).",
        "工作簿有密码保护；请去掉密码后保存（文件 > 信息 > 保护工作簿）。",
    ),
    "workbook_too_large": Phrase(
        "The workbook unpacks to more than the {limit:,} bytes that are allowed; split it or save it as .csv.",
        "工作簿解压后超过允许的 {limit:,} 字节；请拆分，或另存为 .csv。",
    ),
    "workbook_other_kind": Phrase(
        "This kind of workbook (.xlsb or .ods) is not read; save it as .xlsx.",
        "不支持此类工作簿（.xlsb 或 .ods）；请另存为 .xlsx。",
    ),
    "zip_of_csv": Phrase(
        "This is a zip archive, not a workbook; unpack it and upload the .csv inside.",
        "这是 zip 压缩包，不是工作簿；请解压后上传其中的 .csv。",
    ),
    "zip_archive": Phrase(
        "This is a zip archive, not a workbook; upload the .xlsx, .xls or .csv itself.",
        "这是 zip 压缩包，不是工作簿；请直接上传 .xlsx、.xls 或 .csv。",
    ),
    "zip_to_unpack": Phrase(
        "This is a zip archive, not a workbook; unpack it and upload the .xlsx, .xls or .csv itself.",
        "这是 zip 压缩包，不是工作簿；请解压后直接上传 .xlsx、.xls 或 .csv。",
    ),
    "too_many_members": Phrase(
        "The workbook is an archive of {value:,} files, {allowed:,} are allowed; save it anew.",
        "工作簿内含 {value:,} 个文件，最多允许 {allowed:,} 个；请重新保存。",
    ),
    "workbook_twin_files": Phrase(
        "The workbook holds two files of one name; open it in Excel and save it again.",
        "工作簿内有两个同名文件；请在 Excel 中打开并重新保存。",
    ),
    "workbook_overlap": Phrase(
        "The files inside the workbook overlap, so it is damaged; open it in Excel and save it again.",
        "工作簿内的文件相互重叠，说明它已损坏；请在 Excel 中打开并重新保存。",
    ),
    "workbook_packing": Phrase(
        "The workbook is packed by a method that Excel does not use; open it there and save it again.",
        "工作簿的压缩方式不是 Excel 所用的；请在 Excel 中打开并重新保存。",
    ),
    "workbook_entities": Phrase(
        "{part} of the workbook declares a document type or entities, which no spreadsheet program writes; open it in"
        " Excel and save it again.",
        "工作簿的 {part} 声明了文档类型或实体，表格软件不会写入这些内容；请在 Excel 中打开并重新保存。",
    ),
    "no_worksheet": Phrase(
        "The workbook has no worksheet; put the log on one.", "工作簿中没有工作表；请将飞行记录放在工作表中。"
    ),
    "no_such_sheet": Phrase(
        "There is no sheet {asked}; the workbook has {allowed} (numbers count from 0): set 'sheet' to one.",
        "没有工作表 {asked}；工作簿中有 {allowed}（编号从 0 开始）：请将 sheet 设为其中之一。",
    ),
    "sheet_without_header": Phrase(
        "Sheet {value!r} has no header of column names in its first {searched} rows{others}; row 1 should be like"
        " '{example}'.",
        "工作表“{value}”的前 {searched} 行中没有表头{others}；第 1 行应类似“{example}”。",
    ),
    "sheet_empty": Phrase(
        "Sheet {value!r} is empty{others}; row 1 should be like '{example}'.",
        "工作表“{value}”是空的{others}；第 1 行应类似“{example}”。",
    ),
    "hint.other_sheets": Phrase(
        "; the other sheets are {names}: set 'sheet' if one of them is meant",
        "；其他工作表有 {names}：如应使用其中之一，请设置 sheet",
    ),
    "sheet_too_large": Phrase(
        "A sheet of the workbook spans {rows:,} rows by {columns:,} columns, {cells:,} cells are allowed; delete the"
        " empty rows and columns behind the data, or save it as .csv.",
        "工作簿中有一张工作表达到 {rows:,} 行 × {columns:,} 列，最多允许 {cells:,} 个单元格；"
        "请删除数据之后的空行和空列，或另存为 .csv。",
    ),
    "sheet_above_limits": Phrase(
        "A sheet of the workbook spans {rows:,} rows by {columns:,} columns; {limit:,} rows and {cells:,} cells are"
        " allowed: delete the empty rows and columns behind the data, or save it as .csv.",
        "工作簿中有一张工作表达到 {rows:,} 行 × {columns:,} 列；最多允许 {limit:,} 行和 {cells:,} 个单元格："
        "请删除数据之后的空行和空列，或另存为 .csv。",
    ),
    "sheet_impossible_size": Phrase(
        "A sheet of the workbook states an impossible size; open it in Excel and save it again.",
        "工作簿中有一张工作表标明的大小不可能存在；请在 Excel 中打开并重新保存。",
    ),
    # what is allowed
    "allowed.header": Phrase("a header row", "一行表头"),
    "allowed.header_and_rows": Phrase("a header row and rows of data", "一行表头和若干数据行"),
    "allowed.text": Phrase("text", "文本"),
    "allowed.fields": Phrase("{width} fields", "{width} 个字段"),
    "allowed.quotation": Phrase("paired quotation marks", "成对的引号"),
    "allowed.no_password": Phrase("no password", "无密码"),
    "allowed.packed_csv": Phrase("a packed .csv", "压缩的 .csv"),
    "allowed.rows": Phrase("at most {limit} rows", "最多 {limit} 行"),
    "allowed.bytes": Phrase("at most {limit:,} bytes", "最多 {limit:,} 字节"),
    "allowed.row_bytes": Phrase("at most {limit:,} bytes a row", "每行最多 {limit:,} 字节"),
    "allowed.cells": Phrase("{cells:,} cells", "{cells:,} 个单元格"),
    "allowed.no_entities": Phrase("no <!DOCTYPE> and no <!ENTITY>", "无 <!DOCTYPE> 和 <!ENTITY>"),
    "value.nul": Phrase("NUL byte", "NUL 字节"),
}
