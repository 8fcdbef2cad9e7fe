"""API keys, what was done with them, and how often."""
