"""`emoji` 2."""
