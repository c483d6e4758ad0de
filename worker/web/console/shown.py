"""What is set, and what a form said of it, as the page shows it."""

from collections.abc import Iterable
from dataclasses import replace

from worker.render.console.made import Form, Other, Shown
from worker.settings import key_of_made
from worker.web.console.making import Looked, Tried, plain


def form_of(looked: Looked, names: Iterable[str], tried: Tried) -> Form:
    """The form of these settings. What was typed stays; a form that was overtaken knows of the change now."""
    wrong = {problem.name: problem.text for problem in tried.problems}
    shown = {name: _shown(looked, name) for name in names}
    for name, value in tried.typed.items():
        if name in shown and value is not None:
            shown[name] = replace(shown[name], value=value, typed=True)
    return Form(
        settings={name: replace(each, wrong=wrong.get(name)) for name, each in shown.items()},
        revision=looked.made.revision,
        saved=tried.saved,
        problems=[(problem.name, problem.text) for problem in tried.problems],
        others=[Other(row.name, row.value, row.changed_by, row.changed_at) for row in tried.others],
        left_out=[(problem.name, problem.text) for problem in looked.over.ignored],
    )


def _shown(looked: Looked, name: str) -> Shown:
    key = key_of_made(name)
    given_at = looked.beneath.given_at(key) if key else ""
    left_out = {problem.name for problem in looked.over.ignored}
    row = next((row for row in looked.made.rows if row.name == name and row.value is not None), None)
    if row is None or name in left_out:
        return Shown(name, plain(looked.settings, name), given_at)
    return Shown(name, plain(looked.settings, name), given_at, row.changed_by, row.changed_at)
