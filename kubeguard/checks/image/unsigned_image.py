"""An image that nobody signed may have been put into the registry by anybody."""

from collections.abc import Iterator

from kubeguard.checks.kit import Image, Problem, Profile, Severity, SignatureState, advise, check


@check(
    "KG2801",
    "Image is not signed",
    on=Image,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
    refs=("CIS-Docker 4.5", "SLSA", "CWE-347", "MITRE T1525"),
)
def unsigned_image(image: Image) -> Iterator[Problem]:
    signature = image.signature
    if signature and signature.state is SignatureState.MISSING:
        message = f"the image is not signed: {signature.reason}"
        yield Problem(
            image.node["signature"],
            message,
            advise("sign it where it is built: cosign sign --key KEY IMAGE@DIGEST"),
        )
