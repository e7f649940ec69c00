"""The Stagebook sidebar for JupyterLab, as a prebuilt extension: nothing runs in Python."""

__version__ = "0.1.0"


def _jupyter_labextension_paths():
    """Where a development install finds the built extension."""
    return [{"src": "labextension", "dest": "jupyterlab-stagebook"}]
