"""From the samples of a surface to a rate with its error; and rates of repeats and of flights taken together."""
