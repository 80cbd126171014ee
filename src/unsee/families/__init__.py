"""The models that answer the seam of `unsee.denoisers`, one file a family.

unet.py   Stable Diffusion 1.x and 2.x
xl.py     Stable Diffusion XL
text.py   their text encoders
"""
