"""Files of either kind, text or workbook, taken apart into the cells of a table."""
