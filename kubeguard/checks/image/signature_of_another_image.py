"""A valid signature moved to another image says nothing about that image."""

from collections.abc import Iterator

from kubeguard.checks.kit import Image, Problem, Profile, Severity, SignatureState, advise, check


@check(
    "KG2803",
    "Signature is for another image",
    on=Image,
    severity=Severity.CRITICAL,
    profile=Profile.BASELINE,
    refs=("CIS-Docker 4.5", "SLSA", "CWE-347", "MITRE T1525"),
)
def signature_of_another_image(image: Image) -> Iterator[Problem]:
    signature = image.signature
    if signature and signature.state is SignatureState.OTHER_IMAGE:
        message = f"the image is not what was signed: {signature.reason}"
        yield Problem(
            image.node["signature"],
            message,
            advise("sign this image by its digest, or find out who moved the signature"),
        )
