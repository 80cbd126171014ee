"""What long work needs, whatever the work is.

files.py         output files appear whole or not at all
fingerprints.py  which weights these are, whatever they are called
loop.py          steps, savings, a stop between two steps: the loop of every training
peak_memory.py   the most memory that a block took
progress.py      how far it is: one event, for whoever watches
precisions.py    the number formats of weights
registry.py      what has a name, built in or brought by another package
stopping.py      Ctrl-C and a polite kill wait for the end of a step
"""
