"""What the web service is made of below HTTP: settings, tasks, keys, workers. Nothing here knows Flask."""
