"""Losses and logits of stories260K over 801 tokens, in float64 with numpy.

    python3 generate_golden.py           computes everything and prints the largest differences to golden.json
    python3 generate_golden.py --write   writes golden.json anew

A plain Llama is written out below; nothing of this repository is used. See README.md.
"""

import json
import math
import os
import struct
import sys

import numpy

HERE = os.path.dirname(os.path.abspath(__file__))
MODEL = os.path.join(HERE, "../../../stories260K")
GOLDEN = os.path.join(HERE, "golden.json")

# The name of each case: (W, G) of SelfExtend, or a window alone.
CASES = {
    "vanilla": {},
    "se_W64_G4": {"window": 64, "group": 4},
    "se_W128_G8": {"window": 128, "group": 8},
    "se_W100_G7": {"window": 100, "group": 7},
    "window512": {"only_last": 512},
}


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32", entry
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = numpy.frombuffer(data[begin:end], "<f4").reshape(entry["shape"]).astype(numpy.float64)
    return tensors


with open(os.path.join(MODEL, "config.json")) as config_file:
    CONFIG = json.load(config_file)
WEIGHTS = read_safetensors(os.path.join(MODEL, "model.safetensors"))
NUM_HEADS, NUM_KV_HEADS = CONFIG["num_attention_heads"], CONFIG["num_key_value_heads"]
HEAD_DIM = CONFIG["hidden_size"] // NUM_HEADS
THETA = 10000.0


def rms_norm(x, weight):
    return x / numpy.sqrt((x * x).mean(-1, keepdims=True) + CONFIG["rms_norm_eps"]) * weight


def rotate(x, positions):
    """x [heads, tokens, HEAD_DIM], pairs (c, c + HEAD_DIM / 2) as the checkpoint has them."""
    half = HEAD_DIM // 2
    angles = positions[:, None] * THETA ** (-numpy.arange(half) / half)
    cos, sin = numpy.cos(angles), numpy.sin(angles)
    first, second = x[..., :half], x[..., half:]
    return numpy.concatenate([first * cos - second * sin, second * cos + first * sin], -1)


def attention(layer, x, window=None, group=None, only_last=None):
    tokens = len(x)
    prefix = f"model.layers.{layer}.self_attn."

    def heads(name, count):
        return (x @ WEIGHTS[f"{prefix}{name}.weight"].T).reshape(tokens, count, HEAD_DIM).transpose(1, 0, 2)

    query, key, value = heads("q_proj", NUM_HEADS), heads("k_proj", NUM_KV_HEADS), heads("v_proj", NUM_KV_HEADS)
    key, value = (numpy.repeat(y, NUM_HEADS // NUM_KV_HEADS, 0) for y in (key, value))
    positions = numpy.arange(tokens)
    distance = positions[:, None] - positions[None, :]
    scores = rotate(query, positions) @ rotate(key, positions).transpose(0, 2, 1)
    if group is not None:
        far_query = positions // group + window - window // group
        far = rotate(query, far_query) @ rotate(key, positions // group).transpose(0, 2, 1)
        scores = numpy.where(distance < window, scores, far)
    hidden = distance < 0 if only_last is None else (distance < 0) | (distance >= only_last)
    scores = numpy.where(hidden, -math.inf, scores / math.sqrt(HEAD_DIM))
    weights = numpy.exp(scores - scores.max(-1, keepdims=True))
    output = (weights / weights.sum(-1, keepdims=True)) @ value
    return output.transpose(1, 0, 2).reshape(tokens, NUM_HEADS * HEAD_DIM) @ WEIGHTS[f"{prefix}o_proj.weight"].T


def feed_forward(layer, x):
    prefix = f"model.layers.{layer}.mlp."
    gate = x @ WEIGHTS[f"{prefix}gate_proj.weight"].T
    up = x @ WEIGHTS[f"{prefix}up_proj.weight"].T
    return (gate / (1 + numpy.exp(-gate)) * up) @ WEIGHTS[f"{prefix}down_proj.weight"].T


def logits_of(ids, case):
    embeddings = WEIGHTS["model.embed_tokens.weight"]
    hidden = embeddings[ids]
    for layer in range(CONFIG["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        hidden = hidden + attention(layer, rms_norm(hidden, WEIGHTS[f"{prefix}input_layernorm.weight"]), **case)
        hidden = hidden + feed_forward(layer, rms_norm(hidden, WEIGHTS[f"{prefix}post_attention_layernorm.weight"]))
    return rms_norm(hidden, WEIGHTS["model.norm.weight"]) @ WEIGHTS.get("lm_head.weight", embeddings).T


def run(ids, case):
    logits = logits_of(ids, case)[:-1]
    largest = logits.max(-1)
    total = largest + numpy.log(numpy.exp(logits - largest[:, None]).sum(-1))
    return {
        "nll": numpy.round(total - logits[numpy.arange(len(logits)), ids[1:]], 8).tolist(),
        "logits_last": numpy.round(logits[-1], 7).tolist(),
        "logits_600": numpy.round(logits[600], 7).tolist(),
        "argmax": logits.argmax(-1).tolist(),
    }


def main():
    with open(GOLDEN) as file:
        golden = json.load(file)
    ids = numpy.array(golden["ids"])
    results = {name: run(ids, case) for name, case in CASES.items()}
    for name, result in results.items():
        expected = golden["cases"][name]
        numbers = ("nll", "logits_last", "logits_600")
        differences = (numpy.abs(numpy.subtract(result[key], expected[key])).max() for key in numbers)
        same = result["argmax"] == expected["argmax"]
        print(name, *(f"{key} {difference:.1e}" for key, difference in zip(numbers, differences)), f"argmax {same}")
    if "--write" in sys.argv:
        with open(GOLDEN, "w") as out:
            json.dump({**golden, "cases": results}, out)


main()
