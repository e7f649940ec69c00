"""The Stagebook sidebar for JupyterLab, as a prebuilt extension: nothing of it runs in Python. Beside it, parameters of papermill."""

__version__ = "0.1.0"


def _jupyter_labextension_paths():
    """Where a development install finds the built extension."""
    return [{"src": "labextension", "dest": "jupyterlab-stagebook"}]
