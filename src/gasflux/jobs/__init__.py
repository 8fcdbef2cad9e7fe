"""Work in child processes: one job, one result, one pool; for the command line, the service, figures and clusters.

`records` says what a job is, `executor` what whoever runs jobs promises. `pool` and `child` are the two ends of a child
process; `local_executor` (this machine) and `dask_executor` (a cluster, whose workers ask `host`) run jobs in such
children, `batch` many of them, `drawing` draws in them. `flight_job` is what a job does. Nothing here knows Flask,
the database or the service.
"""
