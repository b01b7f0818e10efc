"""The story of index.mjs for runtimes that cannot stream, such as emulators: the same answer, told in one piece."""

import urllib.parse


def handler(event, context):
    hero = event["pathParameters"]["hero"]
    story = [f"Once upon a time there was {hero}.", f"{hero} streamed an answer.", f"And {hero} lived happily ever after."]
    return {
        "statusCode": 200,
        "headers": {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"},
        "cookies": ["hero=" + urllib.parse.quote(hero)],
        "body": "".join(line + "\n" for line in story),
    }
