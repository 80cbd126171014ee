"""The artefact of an erasure: the file of changed weights.

provenance.py   its header: how the weights came about
file.py         reading it, and telling what is no such file
erased.py       the weights: save and load, apply and restore
"""
