"""Eq. 6 of Gandikota et al. 2023: from a model and a phrase to erased weights.

erase.py       a concept and settings -> erased weights, by whichever method
methods/       the algorithms, by name
settings.py    how a setting is stated, once
config.py      the settings of ESD
options.py     settings as options of a command line
recipe.py      TOML files of settings; those that ship are in recipes/

objective.py   the equation
lessons.py     what the student is taught
latents.py     where x_t comes from
stock.py       latents that wait to be trained on
replay.py      trajectories that are kept for the next erasure
images.py      pictures as the source of x_t
selection.py   which parameters are trained
student.py     what is trained, inside the one network that is in memory
adam.py        the optimisers
training.py    one gradient step after the other
memory.py      what to lower when memory runs out
"""
