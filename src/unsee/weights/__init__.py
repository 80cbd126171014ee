"""The artefact of an erasure: the file of changed weights.

erased.py   its header, save and load, apply and restore
"""
