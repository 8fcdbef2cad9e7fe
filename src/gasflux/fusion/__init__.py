"""What several instruments wrote of one flight, brought onto one clock and onto the times of the gas samples."""
