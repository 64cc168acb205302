"""Compose files, read as the pods that their services amount to.

Every check is asked about them as about pods. A problem is told where the Compose file says, or
could say, what it is about (`counterparts`); what Compose has no words for is not told.
"""

from kubeguard.sources.compose.interpolation import Variables
from kubeguard.sources.compose.reader import Pods, pods

__all__ = ["Pods", "Variables", "pods"]
