"""Every query by name, one file per noun; the database and the queue of jobs."""
