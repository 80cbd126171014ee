"""A model card for an erased file: a folder that the hub takes as it is.

folder.py     an erased file, pictures and results -> the folder
metadata.py   the lines of YAML that the hub reads
text.py       the card, section by section
likeness.py   is a result that of the file?
measured.py   results -> tables; no number stands in a card that is not in a result
push.py       that folder onto the hub
use.py        how the file is loaded, tool by tool
markdown.py   phrases of users as Markdown that shows them as they are

The README of the folder holds the hash of the erased file, so that a card cannot be pushed with a
file that it is not about.
"""
