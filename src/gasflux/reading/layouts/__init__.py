"""Layouts of text logs, one family a file: each tells whether a text is laid out its way, and how."""
