"""What is wrong with a value, in words for whoever wrote the setting. It never shows the value."""

from pydantic_core import ErrorDetails

from worker.settings.names import Key, keys_in


def key_of_error(error: ErrorDetails) -> Key:
    """The setting that is meant. A place inside a list has its number there; lists are one setting."""
    return tuple(part for part in error["loc"] if isinstance(part, str))


def wrong(error: ErrorDetails, key: Key) -> str:
    """What is wrong, and what to write."""
    details = error.get("ctx", {})
    words = {
        "value_error": "{error}",
        "literal_error": "must be {expected}",
        "missing": 'is missing, and the source\'s name is no known kind; write kind = "stripe" or another known one',
        "model_type": "is a table; inside it stand {inside}",
        "dict_type": "is a table; inside it stand {inside}",
        "bool_type": "must be true or false",
        "bool_parsing": "must be true or false",
        "greater_than_equal": "must be {ge} or more",
        "less_than_equal": "must be {le} or less",
    }
    inside = ", ".join(keys_in(key)).replace("*", "tables with names of your own")
    fallback = "is no whole number; write digits only" if error["type"].startswith("int") else "is not understood"
    return words.get(error["type"], fallback).format(inside=inside, **details)
