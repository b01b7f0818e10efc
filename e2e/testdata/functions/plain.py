"""Answers with the event it got, and nothing around it."""


def handler(event, context):
    return {"got": event, "version": context.function_version}
