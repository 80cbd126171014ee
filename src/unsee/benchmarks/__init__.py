"""Experiments: prompts, systems and metrics become a table.

canvas/        what erasures remove and what they leave, on the embedded model
experiments/   those of the paper
worlds/        what models can be asked
workbench.py   erasures and pictures, made once and kept
systems.py     what is compared
counting.py    how often something was seen
outcome.py     what an experiment found, and its files
report.py      pages of results
"""
