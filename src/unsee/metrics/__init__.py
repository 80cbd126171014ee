"""Numbers from pictures: each file answers one question, with pure functions.

rates.py       how often, and how sure one can be of it
means.py       how much on average, and how sure one can be of it
frechet.py     how far two sets of features are apart (FID, KID)
inception.py   the features that FID is published with
align.py       how well a picture fits its prompt (CLIP score)
classify.py    what is on a picture (any classifier of the hub)
detect.py      which body parts a picture exposes (NudeNet)
distance.py    how different two pictures look (LPIPS)
evaluators.py  what these have in common: how published networks are read
"""
