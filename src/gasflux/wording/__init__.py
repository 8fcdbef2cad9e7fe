"""What GasFlux says to a user about his file, his settings and his task, in every language it speaks."""
