"""`emoji`: the small real model that ships with unsee, and everything that made it.

cast.py             who and what it knows
model.py            the checkpoint folder
evaluators.py       judges, trained on real pictures only

sources.py          npm packages -> drawings
atlas.py            the drawings that ship
contexts.py         places, painted
scenes.py           one training picture
captions.py         its words
tokens.py           the words -> the tokenizer
pixels.py           between pictures and tensors
latents.py          the training pictures, encoded once

recipe.py           trains everything, resumable
fit.py              the training of one stage
train_vae.py        stage one: the autoencoder
train_judge.py      stage two: the judges
train_denoiser.py   stage three: the U-Net and its text encoder
train_decoder.py    stage four: the decoder, sharpened
censored.py         the rival: a denoiser that never saw the badge
unpack.py           what ships -> a run that can go on
"""
