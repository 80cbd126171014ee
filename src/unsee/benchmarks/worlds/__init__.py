"""What models can be asked, and who looks at the answers.

asked.py              prompts
evaluators.py         what is to be seen on a picture
stable_diffusion.py   the evaluators of Stable Diffusion
emoji_real.py         real drawings of the embedded model's world
prompt_files.py       prompts of files and datasets
"""
