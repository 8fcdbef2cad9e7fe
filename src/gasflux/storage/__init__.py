"""Files and times as they are stored."""
