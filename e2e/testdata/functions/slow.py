"""Takes longer than it may."""

import time


def handler(event, context):
    time.sleep(60)
