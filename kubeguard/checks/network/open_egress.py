"""A pod that may connect anywhere carries data out and fetches tools in."""

from collections.abc import Iterator

from kubeguard.checks.kit import Bundle, Manifest, Node, Problem, Profile, Severity, advise, check
from kubeguard.checks.network._policies import KINDS, isolated, isolates, judged, names, targets


@check(
    "KG5003",
    "NetworkPolicy that leaves egress open",
    on=Bundle,
    severity=Severity.LOW,
    profile=Profile.RESTRICTED,
    refs=("NSA-CISA network separation", "MITRE T1041"),
    like=("kubescape:C-0030", "polaris:missingNetworkPolicy", "kube-score:pod-networkpolicy"),
)
def open_egress(bundle: Bundle) -> Iterator[Problem]:
    policies = [(policy, isolates(policy, "Egress")) for policy in bundle.of(*KINDS)]
    if not policies:
        return
    safe = isolated(bundle, "Egress")
    reachable = {workload for _, workloads in judged(bundle) for workload in workloads}
    told: set[int] = set()
    for policy, closes in policies:
        pods = targets(bundle, policy)
        if closes:
            yield from _open_rules(policy)
        elif id(pods) not in told:
            told.add(id(pods))
            exposed = [pod for pod in pods if pod in reachable and pod not in safe]
            if exposed:
                yield _one_sided(policy, f"{names(exposed)} may connect anywhere")


def _one_sided(policy: Manifest, consequence: str) -> Problem:
    spec = policy.node["spec"]
    ignored = "its egress rules are ignored" if spec["egress"].exists else "it is about ingress"
    return Problem(
        spec["policyTypes"],
        f"policyTypes lacks Egress: {ignored}, {consequence}",
        advise("add Egress to policyTypes, with rules for DNS and what the pods need"),
    )


def _open_rules(policy: Manifest) -> Iterator[Problem]:
    for rule in policy.node["spec"]["egress"]:
        if rule.get("ports") or not isinstance(rule.value, dict):
            continue
        if not rule.get("to"):
            yield _anywhere(rule, "an egress rule without `to` and `ports` allows everything")
        for peer in rule["to"]:
            cidr = peer["ipBlock"]["cidr"]
            if cidr.text.endswith("/0") and not peer.get("ipBlock", "except"):
                yield _anywhere(cidr, f"egress to {cidr.text!r} on every port is no limit")


def _anywhere(where: Node, message: str) -> Problem:
    return Problem(where, message, advise("name the destinations and ports the pods need"))
