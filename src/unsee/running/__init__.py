"""What long work needs, whatever the work is.

files.py         output files appear whole or not at all
fingerprints.py  which weights these are, whatever they are called
peak_memory.py   the most memory that a block took
registry.py      what has a name, built in or brought by another package
stopping.py      work stops between two steps, never in the middle of one
"""
