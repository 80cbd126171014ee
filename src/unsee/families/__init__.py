"""The models that answer the seam of `unsee.denoisers`, one file a family, and their parts.

unet.py          Stable Diffusion 1.x and 2.x
xl.py            Stable Diffusion XL
text.py          text encoders
autoencoder.py   pictures to latents and back
scheduler.py     schedulers of diffusers
"""
