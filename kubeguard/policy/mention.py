"""Most inputs never speak to kubeguard, and then nothing that listens has to be loaded."""

from kubeguard.model.reading import Reading


def mentions_us(reading: Reading) -> bool:
    """One search per input; an object without text, as at admission, has only annotations."""
    if reading.dockerfile:
        return "kubeguard" in reading.dockerfile.node.source.text
    if not reading.objects:
        return False
    text = reading.objects[0].source.text
    return not text or "kubeguard" in text
