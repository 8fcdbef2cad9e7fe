"""What instruments did to a log, and how it is undone: wind measured elsewhere, an analyser that is late and slow."""
