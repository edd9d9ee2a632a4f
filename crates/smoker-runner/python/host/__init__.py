"""The warm host: it forks one child for each run of a user's module."""
