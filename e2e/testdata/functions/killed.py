"""Is killed in the midst of its work, as for lack of memory."""

import os
import signal


def handler(event, context):
    os.kill(os.getpid(), signal.SIGKILL)
