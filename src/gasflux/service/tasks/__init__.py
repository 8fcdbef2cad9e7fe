"""Tasks: their states, rows, folders and the threads that see them through."""
