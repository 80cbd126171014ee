"""Numbers from pictures: each file answers one question, with pure functions.

rates.py     how often, and how sure one can be of it
frechet.py   how far two sets of features are apart
"""
