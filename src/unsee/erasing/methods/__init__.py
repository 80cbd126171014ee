"""Methods of erasing: algorithms that turn a model and concepts into tensors.

base.py      what a method is: a config, and `erase`
registry.py  the methods there are, by name, and the config of an erasure from what a user gave
esd.py       Gandikota et al. 2023, Eq. 6
"""
