"""What samples a trajectory: names that stand in settings, so that torch is not needed for them.

SAMPLERS   name -> what it stands for
"""

SAMPLERS = {
    "model": "the sampler that the model comes with",
    "ddim": "DDIM, the paper's",
    "dpm++": "DPM-Solver++ of second order: nearer to exact latents in 10 steps than DDIM in 50",
}
