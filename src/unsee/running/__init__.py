"""What long work needs, whatever the work is.

files.py         output files appear whole or not at all
fingerprints.py  which weights these are, whatever they are called
peak_memory.py   the most memory that a block took
progress.py      how far it is: one event, for whoever watches
stopping.py      work stops between two steps, never in the middle of one
"""
