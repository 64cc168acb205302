"""A signature that does not fit the key is one by somebody else, or none at all."""

from collections.abc import Iterator

from kubeguard.checks.kit import Image, Problem, Profile, Severity, SignatureState, advise, check


@check(
    "KG2802",
    "Image is signed with another key",
    on=Image,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
    refs=("CIS-Docker 4.5", "SLSA", "CWE-347", "MITRE T1525"),
)
def wrongly_signed_image(image: Image) -> Iterator[Problem]:
    signature = image.signature
    if signature and signature.state is SignatureState.WRONG:
        message = f"no signature of the image is by the key: {signature.reason}"
        yield Problem(
            image.node["signature"],
            message,
            advise("find out who signed it before it runs anywhere"),
        )
