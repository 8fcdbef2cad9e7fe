"""From the flux density of the samples to a rate with its error."""
