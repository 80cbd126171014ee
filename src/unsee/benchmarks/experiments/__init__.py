"""The experiments of the paper, one file each.

artists.py      Sec. 5.1: styles
explicit.py     Sec. 5.2: what appears without being named
objects.py      Sec. 5.3: objects
memorised.py    Sec. 5.4: memorised pictures
strength.py     Sec. 5.5: the effect of eta
paraphrase.py   Sec. 5.6: erased by other words
parameters.py   Fig. 4: which parameters are trained
"""
