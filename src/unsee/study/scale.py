"""The scale that people rate on: whether the same artist made a picture.

SCALE     each rating, and the words beside it
RATINGS   its ratings
LOWEST, HIGHEST
"""

SCALE = {1: "Not at all", 2: "Slightly", 3: "Moderately", 4: "Very", 5: "Completely"}
"""A 5-point Likert scale."""
RATINGS = tuple(SCALE)
LOWEST, HIGHEST = min(SCALE), max(SCALE)
