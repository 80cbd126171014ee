"""`emoji`: the small real model that ships with unsee, and everything that made it.

cast.py      who and what it knows          sources.py   npm packages -> drawings
atlas.py     the shipped drawings           contexts.py  places, painted
scenes.py    one training picture           captions.py  its words
model.py     the checkpoint folder          recipe.py    trains everything, resumable
evaluators.py judges trained on real pictures only       check.py  the quality bar
"""
