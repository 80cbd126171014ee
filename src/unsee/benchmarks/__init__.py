"""Experiments: prompts, systems and metrics become a table.

experiment.py  what an experiment is, and how it is conducted
experiments/   those of the paper, and the registry of all
canvas/        what erasures remove and what they leave, on the embedded model
worlds/        what models know, what they are asked, and who looks at the answers
options.py     what experiments take on the command line
systems.py     what is compared
items.py       what has to be erased and drawn
plan.py        all of it for one experiment, as a list
runner.py      whoever makes it, here
cache.py       where it is kept
ledger.py      what the erasures cost
pictures.py    pictures, one after the other
counting.py    how often something was seen
outcome.py     what an experiment found, and its files
report.py      pages of results
"""
