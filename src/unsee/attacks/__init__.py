"""Attacks on an erasure: is the concept really gone?

registry.py   the attacks there are, by name: none is built in so far
"""
