"""What was asked of a run and has no effect, in sentences."""

from __future__ import annotations

from .contract import Request
from .priors import bundled
from .priors.names import SHAPE, SHORT, VIEW, heeds_words, painter, read
from .quality import Quality


def unheeded(request: Request, quality: Quality) -> tuple[str, ...]:
    """Sentences about it; none where all is heeded."""
    chosen = read(request.prior)
    notes = [*_of_the_prompt(request, quality)]
    if request.samples and not chosen:
        notes.append("The number of samples has no effect: without a prior nothing is imagined.")
    elif request.samples and SHAPE not in chosen:
        notes.append("The number of samples has no effect: only the bundled shape prior draws any.")
    silent = [name for name in chosen if name != SHAPE and request.prior not in SHORT]  # a word leaves the choice to us
    if silent and not quality.refine_steps:
        notes.append(f"Without steps of refinement nobody asks these priors: {', '.join(silent)}.")
    return tuple(notes)


def _of_the_prompt(request: Request, quality: Quality) -> list[str]:
    if not request.prompt:
        return []
    asked = [*read(request.prior), *filter(None, [painter(request.prior)])]
    hearing = {name for name in asked if heeds_words(name)}
    if not asked:
        return ["The prompt has no effect: words need a learned prior, and the prior is None."]
    if not hearing:
        return ["The prompt has no effect: words mean nothing to the priors that were chosen."]
    if not quality.refine_steps:
        return ["The prompt has no effect: priors are told of it during refinement, and no steps of that are asked."]
    return _unknown(request.prompt) if hearing == {VIEW} else []


def _unknown(prompt: str) -> list[str]:
    """What the bundled view prior does not understand, which knows a vocabulary of its own."""
    from .priors.view.words import Vocabulary

    reading = Vocabulary(bundled.bundle().parts[VIEW].architecture["words"]).read(prompt)
    if not reading.words:
        return ["The prompt has no effect: the bundled view prior knows none of its words."]
    if not reading.unknown:
        return []
    return [f"The bundled view prior does not know these words of the prompt: {', '.join(reading.unknown)}."]
