"""A Service that is an alias of localhost turns whoever follows it against itself."""

import re
from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Profile, Regex, Severity, advise, check

_LOCAL = Regex(
    r"""(.+\.)?localhost | localhost6? (\.localdomain6?)? | ip6-localhost | ip6-loopback
    | 127(\.\d+){1,3} | \[?(0*:)+0*1\]? | \[?::ffff:127(\.\d+){3}\]? | 0\.0\.0\.0 | \[?::\]?
    | (.+\.)?(localtest\.me | lvh\.me)
    | (.+[.-])?127[.-]\d+[.-]\d+[.-]\d+\.(nip|sslip|xip)\.io""",
    re.VERBOSE,
)


@check(
    "KG5009",
    "ExternalName service points at localhost",
    on=Manifest,
    kinds=("Service",),
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    refs=("CWE-441", "MITRE T1090"),
)
def external_name_localhost(service: Manifest) -> Iterator[Problem]:
    if service.get("spec", "type") != "ExternalName":
        return
    name = service.node["spec"]["externalName"]
    if _LOCAL.fullmatch(name.text.strip().rstrip(".").lower()):
        yield Problem(
            name,
            f"clients of {service.name!r}, an Ingress controller too, are led to themselves",
            advise("point it at a real host, or select pods instead"),
        )
