"""From samples on a surface to its integral: variogram, kriging, passes and the layer under the lowest."""
