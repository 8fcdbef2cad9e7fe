"""The client's side of the HTTP interface: requests with retries, bodies, downloads, typed answers."""
