"""Loading a pickle runs whatever its author wrote into it, before the first prediction."""

from collections.abc import Iterator

from kubeguard.checks.kit import Image, Problem, Severity, advise, check, models


@check(
    "KG2013",
    "Built image ships a model that runs code when loaded",
    on=Image,
    severity=Severity.MEDIUM,
    refs=("CWE-502", "MITRE T1195.001"),
)
def unsafe_model_file(image: Image) -> Iterator[Problem]:
    for file in image.files.values():
        if file.content is None or not models.is_model(file.path):
            continue
        found = models.unsafe_format(file.path, file.content)
        if found:
            message = f"{file.path!r} is {found}, from {image.origin(file)}"
            hint = "ship safetensors, ONNX or GGUF; load with weights_only=True until then"
            yield Problem(image.place(file), message, advise(hint))
