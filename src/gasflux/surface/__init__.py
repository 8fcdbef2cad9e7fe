"""What an integral over a surface is made of: variogram, kriging, passes, the layers nobody flew.

`gasflux.rate.surface_flux` puts them together.
"""
