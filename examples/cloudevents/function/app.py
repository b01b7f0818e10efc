"""Settles payments: the event of a payment is answered with another event. Envoy hands both over as they are."""


def handler(event, context):
    return {
        "specversion": "1.0",
        "type": "com.example.payment.settled",
        "source": "/functions/settle",
        "id": event["id"] + "-settled",
        "subject": event.get("subject", ""),
        "data": {"amount": event["data"]["amount"]},
    }
