"""Erased weights as files that other tools load; a file of this folder for each kind.

formats.py      the kinds by name, and the one function that writes any of them
folder.py       a whole folder in the diffusers format
checkpoint.py   one file in the layout of the original Stable Diffusion
lora.py         low-rank factors, as diffusers and peft name them, or as kohya's scripts do
names.py        parameters of diffusers in the layout of the original
source.py       where the base's own files lie, and what was written

Each writer takes erased weights and the base model that they were made from, and writes the result
whole or not at all. The first two hold exactly the erased model. So do the factors of an erasure
that was trained as factors; of any other erasure they hold a part, and lora.py says how large it
must be.
"""
