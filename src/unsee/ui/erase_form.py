"""The form of an erasure: what is asked for, with what is left to the recipe.

EraseForm   the fields; `request` takes what stands in them
"""

import gradio as gr

from unsee.erasing.config import EraseConfig
from unsee.erasing.methods.registry import full_names
from unsee.erasing.recipe import RECIPES
from unsee.erasing.settings import settings_of
from unsee.ui.erasures import Request, number, whole
from unsee.ui.studio import Studio

SHEET_EVERY = 50
RECIPES_OWN, MODELS_OWN = "the recipe's", "the model's"
SETTINGS = settings_of(EraseConfig)


class EraseForm:
    """The fields of an erasure, and the button that starts it."""

    def __init__(self, studio: Studio) -> None:
        """Lay out the form inside the block at hand."""
        models = studio.models
        self.model = gr.Dropdown(
            list(models),
            value=models[0],
            label="Model",
            info="" if studio.fixed else "A name, a hub id, or a folder on the server.",
            allow_custom_value=not studio.fixed,
            elem_id="model",
        )
        self.phrase = gr.Textbox(
            "",
            label="Concept",
            placeholder="in the style of twemoji",
            info="In the words that people ask for it.",
            max_length=1000,
            elem_id="concept",
        )
        with gr.Row():
            self.method = gr.Dropdown(
                [RECIPES_OWN, *full_names()],
                value=RECIPES_OWN,
                label="Method",
                info=SETTINGS["parameters"].help,
                scale=2,
                min_width=170,
                elem_id="method",
            )
            self.eta = gr.Textbox(
                "",
                label="η",
                info=SETTINGS["eta"].help,
                placeholder=RECIPES_OWN,
                max_length=40,
                min_width=150,
                elem_id="eta",
            )
        with gr.Accordion("More settings", open=False, elem_id="more"):
            self.recipe = gr.Dropdown(
                [MODELS_OWN, *RECIPES], value=MODELS_OWN, label="Recipe", elem_id="recipe"
            )
            with gr.Row():
                self.steps = gr.Textbox(
                    "",
                    label="Steps",
                    info=SETTINGS["steps"].help,
                    placeholder=RECIPES_OWN,
                    max_length=40,
                    min_width=110,
                    elem_id="steps",
                )
                self.seed = gr.Textbox(
                    "",
                    label="Seed",
                    info=SETTINGS["seed"].help,
                    placeholder=RECIPES_OWN,
                    max_length=40,
                    min_width=110,
                    elem_id="seed",
                )
            self.preserve = gr.Textbox(
                "",
                label="Prompts to preserve",
                info=f"One in each line. {SETTINGS['preserve'].help}",
                lines=2,
                max_lines=6,
                elem_id="preserve",
            )
            self.watched = gr.Textbox(
                "",
                label="Prompts to watch",
                info="One in each line: drawn before, during and after; with none, the concept is.",
                lines=3,
                max_lines=8,
                elem_id="watched",
            )
            with gr.Row():
                self.every = gr.Number(
                    value=SHEET_EVERY,
                    label="Draw every",
                    info="Steps.",
                    min_width=110,
                    elem_id="every",
                )
                self.sheet_seed = gr.Number(
                    value=0,
                    label="Sheet seed",
                    info="Of the noise.",
                    min_width=110,
                    elem_id="sheet-seed",
                )
        # Until the browser has told who visits: nobody would find the job.
        self.erase = gr.Button("Erase", variant="primary", interactive=False, elem_id="erase")
        self.fields = [
            self.model,
            self.phrase,
            self.recipe,
            self.method,
            self.eta,
            self.steps,
            self.seed,
            self.preserve,
            self.watched,
            self.every,
            self.sheet_seed,
        ]
        """What `request` takes the values of."""

    @staticmethod
    def request(
        model: str | None,
        phrase: str,
        recipe: str,
        method: str,
        eta: str,
        steps: str,
        seed: str,
        preserve: str,
        watched: str,
        every: float | None,
        sheet_seed: float | None,
    ) -> Request:
        """Take what stands in the fields.

        Raises:
            UnseeError: it cannot be meant.
        """
        return Request.of_form(
            (model or "").strip(),
            phrase,
            recipe=None if recipe == MODELS_OWN else recipe,
            settings={
                "method": None if method == RECIPES_OWN else method,
                "eta": number("eta", eta),
                "steps": number("steps", steps),
                "seed": number("seed", seed),
                "preserve": tuple(_lines(preserve)) or None,
            },
            watched=_lines(watched),
            sheet_seed=whole("sheet seed", sheet_seed),
            every=whole("number of steps between two drawings", every),
        )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
