"""Gatekeeper: ConstraintTemplates with their Constraints, judged as Gatekeeper would judge them.

Only what lies at the policy's own path counts, never constraints among the inputs of a scan.
"""

from kubeguard.rego.styles.gatekeeper.loading import load

__all__ = ["load"]
