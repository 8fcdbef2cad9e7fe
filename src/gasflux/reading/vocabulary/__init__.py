"""Words of headers: gases and their names, and the words beside a name."""
