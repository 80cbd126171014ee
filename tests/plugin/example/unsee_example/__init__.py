"""One of each kind that a package can add to unsee.

shrink.py     a method
family.py     a family of models
attack.py     an attack
lightness.py  an experiment, and an evaluator that it asks
"""
