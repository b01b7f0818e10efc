"""Says what OpenSSL reads in the certificate whose file is the argument, as one JSON object."""

import json
import ssl
import sys

# Python has no other way to OpenSSL's reading of a certificate that belongs to no connection.
read = ssl._ssl._test_decode_cert(sys.argv[1])
number = read["serialNumber"]
json.dump(
    {
        "subject": [part for name in read["subject"] for part in name],
        "issuer": [part for name in read["issuer"] for part in name],
        "serial": number,
        "not_before": read["notBefore"],
        "not_after": read["notAfter"],
    },
    sys.stdout,
)
