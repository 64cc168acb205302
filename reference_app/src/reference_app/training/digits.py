"""Trains a small convolutional network on the digits of scikit-learn and writes it as ONNX."""

from typing import Any, NamedTuple

import autograd.numpy as anp
import numpy as np
import onnx
from autograd import grad
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from reference_app.models.registry import Model, Registry
from reference_app.training.cards import digits_card

SEED, EPOCHS, BATCH, RATE = 11, 30, 50, 0.003
FIRST, SECOND, SIDE, BRIGHTEST = 8, 16, 8, 16.0

Array = NDArray[np.float64]
Weights = dict[str, Array]


class Images(NamedTuple):
    """Pixels (count, 8, 8) from 0 to 16, and the digits they show."""

    pixels: Array
    digits: NDArray[np.int64]


def train_digits(registry: Registry, key: Ed25519PrivateKey) -> Model:
    """Train, measure beside a linear model, and register."""
    random = np.random.default_rng(SEED)
    training, validation, test = split_digits(random)
    weights = trained(training, validation, random)
    linear = LogisticRegression(max_iter=2000).fit(_flat(training), training.digits)
    metrics = {
        "accuracy": accuracy(weights, test),
        "linear_accuracy": float(linear.score(_flat(test), test.digits)),
        "validation_accuracy": accuracy(weights, validation),
    }
    card = digits_card(metrics, SEED).encode()
    graph = digits_graph(weights).SerializeToString()
    return registry.add("digits", {"model.onnx": graph, "card.md": card}, metrics, key)


def split_digits(random: np.random.Generator) -> tuple[Images, Images, Images]:
    """Training (70 %), validation (15 %) and test (15 %)."""
    data = load_digits()
    order = random.permutation(len(data.target))
    parts = np.split(order, [len(order) * 70 // 100, len(order) * 85 // 100])
    first, second, third = (Images(data.images[part], data.target[part]) for part in parts)
    return first, second, third


def trained(training: Images, validation: Images, random: np.random.Generator) -> Weights:
    """The weights of the epoch that was best on the validation images."""
    weights = _initial(random)
    slope = grad(_loss)
    best, best_accuracy = weights, 0.0
    momentum = {
        name: (np.zeros_like(value), np.zeros_like(value)) for name, value in weights.items()
    }
    step = 0
    for _ in range(EPOCHS):
        for batch in np.array_split(
            random.permutation(len(training.digits)), len(training.digits) // BATCH
        ):
            step += 1
            slopes = slope(weights, training.pixels[batch], training.digits[batch])
            weights, momentum = _adam(weights, slopes, momentum, step)
        if (reached := accuracy(weights, validation)) > best_accuracy:
            best, best_accuracy = weights, reached
    return best


def accuracy(weights: Weights, images: Images) -> float:
    """The share of images (0 to 1) whose digit is named rightly."""
    return float(np.mean(logits(weights, images.pixels).argmax(axis=1) == images.digits))


def logits(weights: Weights, pixels: Array) -> Array:
    """The network: two convolutions, the larger of each 2 by 2 pixels, one dense layer."""
    hidden = pixels[..., None] / BRIGHTEST
    for layer in ("first", "second"):
        hidden = anp.maximum(
            _convolved(hidden, weights[f"{layer}.weight"]) + weights[f"{layer}.bias"], 0
        )
    halves = hidden.reshape(len(pixels), SIDE // 2, 2, SIDE // 2, 2, SECOND)
    pooled = anp.max(anp.max(halves, axis=4), axis=2)
    scores: Array = (
        pooled.reshape(len(pixels), -1) @ weights["dense.weight"] + weights["dense.bias"]
    )
    return scores


def _convolved(images: Array, kernel: Array) -> Array:
    """Convolution of (count, height, width, in) with (3, 3, in, out), zeros around it."""
    height, width = images.shape[1:3]
    padded = anp.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), "constant")
    shifts = [padded[:, y : y + height, x : x + width] for y in range(3) for x in range(3)]
    result: Array = anp.concatenate(shifts, axis=3) @ kernel.reshape(-1, kernel.shape[-1])
    return result


def _loss(weights: Weights, pixels: Array, digits: NDArray[np.int64]) -> float:
    scores = logits(weights, pixels)
    top = anp.max(scores, axis=1, keepdims=True)
    total = top[:, 0] + anp.log(anp.sum(anp.exp(scores - top), axis=1))
    loss: float = anp.mean(total - scores[np.arange(len(digits)), digits])
    return loss


def _initial(random: np.random.Generator) -> Weights:
    """Normal weights scaled to the inputs of each unit (He), biases zero."""
    shapes = {
        "first": (3, 3, 1, FIRST),
        "second": (3, 3, FIRST, SECOND),
        "dense": (SECOND * (SIDE // 2) ** 2, 10),
    }
    weights: Weights = {}
    for name, shape in shapes.items():
        weights[f"{name}.weight"] = random.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape)
        weights[f"{name}.bias"] = np.zeros(shape[-1])
    return weights


def _adam(
    weights: Weights, slopes: Weights, momentum: dict[str, tuple[Array, Array]], step: int
) -> tuple[Weights, dict[str, tuple[Array, Array]]]:
    """One step of Adam (Kingma and Ba, 2015)."""
    moved, kept = {}, {}
    for name, slope in slopes.items():
        mean = 0.9 * momentum[name][0] + 0.1 * slope
        square = 0.999 * momentum[name][1] + 0.001 * slope**2
        scale = np.sqrt(square / (1 - 0.999**step)) + 1e-8
        moved[name] = weights[name] - RATE * mean / (1 - 0.9**step) / scale
        kept[name] = (mean, square)
    return moved, kept


def digits_graph(weights: Weights) -> onnx.ModelProto:
    """The network as ONNX: pixels (batch, 8, 8) to probabilities, with both layers as outputs."""
    constants: dict[str, NDArray[Any]] = {
        "brightest": np.array(BRIGHTEST, np.float32),
        "channel": np.array([1], np.int64),
        "dense.weight": weights["dense.weight"].astype(np.float32),
    }
    for layer in ("first", "second"):
        constants[f"{layer}.weight"] = (
            weights[f"{layer}.weight"].transpose(3, 2, 0, 1).astype(np.float32)
        )
    for layer in ("first", "second", "dense"):
        constants[f"{layer}.bias"] = weights[f"{layer}.bias"].astype(np.float32)
    same: dict[str, Any] = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Div", ["pixels", "brightest"], ["bright"]),
        helper.make_node("Unsqueeze", ["bright", "channel"], ["image"]),
        helper.make_node("Conv", ["image", "first.weight", "first.bias"], ["strokes"], **same),
        helper.make_node("Relu", ["strokes"], ["first"]),
        helper.make_node("Conv", ["first", "second.weight", "second.bias"], ["shapes"], **same),
        helper.make_node("Relu", ["shapes"], ["second"]),
        helper.make_node("MaxPool", ["second"], ["pooled"], kernel_shape=[2, 2], strides=[2, 2]),
        # The dense layer was trained with channels last.
        helper.make_node("Transpose", ["pooled"], ["last"], perm=[0, 2, 3, 1]),
        helper.make_node("Flatten", ["last"], ["flat"]),
        helper.make_node("Gemm", ["flat", "dense.weight", "dense.bias"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
    ]
    kind = TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info("pixels", kind, ["batch", SIDE, SIDE])]
    outputs = [
        helper.make_tensor_value_info("probabilities", kind, ["batch", 10]),
        helper.make_tensor_value_info("first", kind, ["batch", FIRST, SIDE, SIDE]),
        helper.make_tensor_value_info("second", kind, ["batch", SECOND, SIDE, SIDE]),
    ]
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "digits", inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def _flat(images: Images) -> Array:
    return images.pixels.reshape(len(images.pixels), -1)
