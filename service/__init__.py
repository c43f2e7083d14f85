"""The web application: pages, rules, jobs and the database."""
