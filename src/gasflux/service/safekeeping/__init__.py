"""Backup, restoring, and the lock on the data folder."""
