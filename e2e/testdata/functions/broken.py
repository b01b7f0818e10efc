"""Fails, with words that no client may read."""


def handler(event, context):
    raise ValueError("the database password is hunter2")
