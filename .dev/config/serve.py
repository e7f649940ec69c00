"""Runs JupyterLab until standard input closes, so that it never outlives the program that started it."""
import os
import signal
import sys
import threading

from jupyterlab.labapp import main


def stop_when_parent_is_gone() -> None:
    # Unbuffered: a thread inside a buffered read makes the interpreter's end fail.
    while os.read(0, 1024):
        pass
    # JupyterLab ends its kernels and then itself.
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=stop_when_parent_is_gone, daemon=True).start()
sys.exit(main())
