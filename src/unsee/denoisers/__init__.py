"""The seam: what unsee asks of a model.

base.py       what every family answers
exchange.py   other parameters in the place of a network's own
"""
