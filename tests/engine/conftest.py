"""No test sees what this machine's user has installed: models of its own, in an empty folder."""

import os
import tempfile

MODELS = tempfile.TemporaryDirectory(prefix="statue-recon-models-", ignore_cleanup_errors=True)
os.environ["STATUE_RECON_MODELS"] = MODELS.name
