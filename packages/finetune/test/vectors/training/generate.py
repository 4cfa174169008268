"""Losses, gradients and six AdamW steps of models/test/vectors/tiny/llama, by PyTorch's autograd in float64.

    python3 generate.py           computes everything and prints the largest differences to the files here
    python3 generate.py --write   writes the files anew

A plain Llama is written out below; neither this repository's code nor transformers' is used. See README.md.
"""

import json
import math
import os
import struct
import sys

import numpy
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKPOINT = os.path.join(HERE, "../../../../models/test/vectors/tiny/llama")


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        assert entry["dtype"] == "F32", entry
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = numpy.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
    return tensors


def write_safetensors(path, tensors):
    header, offset = {}, 0
    arrays = {name: numpy.ascontiguousarray(tensor, "<f4") for name, tensor in sorted(tensors.items())}
    for name, array in arrays.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(array.tobytes() for array in arrays.values()))


with open(os.path.join(CHECKPOINT, "config.json")) as config_file:
    CONFIG = json.load(config_file)
NUM_HEADS, NUM_KV_HEADS, HEAD_DIM = CONFIG["num_attention_heads"], CONFIG["num_key_value_heads"], CONFIG["head_dim"]


def load_weights():
    tensors = read_safetensors(os.path.join(CHECKPOINT, "model.safetensors"))
    return {name: torch.tensor(array, dtype=torch.float64, requires_grad=True) for name, array in tensors.items()}


def rms_norm(x, weight):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + CONFIG["rms_norm_eps"]) * weight


def rotate(x, positions, theta):
    """x [batch, heads, tokens, HEAD_DIM], pairs (c, c + HEAD_DIM / 2)."""
    half = HEAD_DIM // 2
    frequencies = theta ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = positions.to(torch.float64)[:, None] * frequencies
    cos, sin = angles.cos(), angles.sin()
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)


def attention(weights, layer, x, case):
    batch, tokens, _ = x.shape
    prefix = f"model.layers.{layer}.self_attn."

    def heads(name, count):
        return (x @ weights[f"{prefix}{name}.weight"].T).reshape(batch, tokens, count, HEAD_DIM).transpose(1, 2)

    query, key, value = heads("q_proj", NUM_HEADS), heads("k_proj", NUM_KV_HEADS), heads("v_proj", NUM_KV_HEADS)
    key, value = (y.repeat_interleave(NUM_HEADS // NUM_KV_HEADS, 1) for y in (key, value))
    positions = torch.arange(tokens)
    if "logn" in case and layer >= case.get("from", 0):
        counted = positions.to(torch.float64) + 1
        query = query * torch.clamp(torch.log(counted) / math.log(case["logn"]), min=1)[:, None]
    theta = case["theta"]
    scores = rotate(query, positions, theta) @ rotate(key, positions, theta).transpose(-1, -2)
    distance = positions[:, None] - positions[None, :]
    if "G" in case:
        group, window = case["G"], case["W"]
        far_query = positions // group + window - window // group
        far = rotate(query, far_query, theta) @ rotate(key, positions // group, theta).transpose(-1, -2)
        scores = torch.where(distance < window, scores, far)
    scores = (scores / math.sqrt(HEAD_DIM)).masked_fill(distance < 0, -math.inf)
    output = (torch.softmax(scores, -1) @ value).transpose(1, 2).reshape(batch, tokens, NUM_HEADS * HEAD_DIM)
    return output @ weights[f"{prefix}o_proj.weight"].T


def feed_forward(weights, layer, x):
    prefix = f"model.layers.{layer}.mlp."
    gate = torch.nn.functional.silu(x @ weights[f"{prefix}gate_proj.weight"].T)
    return (gate * (x @ weights[f"{prefix}up_proj.weight"].T)) @ weights[f"{prefix}down_proj.weight"].T


def loss_of(weights, case, ids, labels):
    hidden = weights["model.embed_tokens.weight"][torch.tensor(ids)]
    for layer in range(CONFIG["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        normed = rms_norm(hidden, weights[f"{prefix}input_layernorm.weight"])
        hidden = hidden + attention(weights, layer, normed, case)
        normed = rms_norm(hidden, weights[f"{prefix}post_attention_layernorm.weight"])
        hidden = hidden + feed_forward(weights, layer, normed)
    logits = rms_norm(hidden, weights["model.norm.weight"]) @ weights["lm_head.weight"].T
    predicted, expected = logits[:, :-1], torch.tensor(labels)[:, 1:]
    return torch.nn.functional.cross_entropy(
        predicted.reshape(-1, predicted.shape[-1]), expected.reshape(-1), ignore_index=-100
    )


def gradients_of(weights, case, ids, labels):
    for weight in weights.values():
        weight.grad = None
    loss = loss_of(weights, case, ids, labels)
    loss.backward()
    gradients = {name: weight.grad.clone() for name, weight in weights.items()}
    norm = math.sqrt(sum(float((gradient * gradient).sum()) for gradient in gradients.values()))
    return float(loss), norm, gradients


def trajectory(extension, all_ids, peak):
    """AdamW, betas 0.9 and 0.95, epsilon 1e-8, decay 0.1 on matrices; gradients clipped to a global norm of 1."""
    weights = load_weights()
    beta1, beta2, epsilon, decay = 0.9, 0.95, 1e-8, 0.1
    means = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    squares = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    steps = []
    for step, ids in enumerate(all_ids):
        rate = peak * (1 + math.cos(math.pi * step / len(all_ids))) / 2
        loss, norm, gradients = gradients_of(weights, extension, ids, ids)
        steps.append({"rate": rate, "loss": loss, "globalNorm": norm})
        with torch.no_grad():
            for name, weight in weights.items():
                gradient = gradients[name] * min(1.0, 1 / (norm + 1e-6))
                means[name].mul_(beta1).add_(gradient, alpha=1 - beta1)
                squares[name].mul_(beta2).add_(gradient * gradient, alpha=1 - beta2)
                mean = means[name] / (1 - beta1 ** (step + 1))
                square = squares[name] / (1 - beta2 ** (step + 1))
                if weight.dim() == 2:
                    weight.mul_(1 - rate * decay)
                weight.sub_(rate * mean / (square.sqrt() + epsilon))
    return steps, {name: weight.detach() for name, weight in weights.items()}


def largest_difference(got, path):
    expected = read_safetensors(path)
    assert got.keys() == expected.keys()
    return max(float(numpy.abs(got[name].numpy() - expected[name]).max()) for name in got)


def main():
    write = "--write" in sys.argv
    path = os.path.join(HERE, "training.json")
    with open(path) as file:
        training = json.load(file)
    for case in training["cases"]:
        loss, norm, gradients = gradients_of(load_weights(), case, training["ids"], training["labels"])
        file = os.path.join(HERE, case["gradients"])
        print(
            f"{case['name']}: loss {abs(loss - case['loss']):.1e}, norm {abs(norm - case['globalNorm']):.1e}, "
            f"gradients {largest_difference(gradients, file):.1e}"
        )
        if write:
            case["loss"], case["globalNorm"] = loss, norm
            write_safetensors(file, {name: gradient.numpy() for name, gradient in gradients.items()})
    run = training["trajectory"]
    steps, weights = trajectory(run["extension"], run["ids"], run["peak"])
    file = os.path.join(HERE, run["parameters"])
    for step, (got, expected) in enumerate(zip(steps, run["steps"])):
        print(f"step {step}: " + ", ".join(f"{name} {abs(got[name] - expected[name]):.1e}" for name in expected))
    print(f"weights after {len(steps)} steps: {largest_difference(weights, file):.1e}")
    if write:
        run["steps"] = steps
        write_safetensors(file, {name: weight.numpy() for name, weight in weights.items()})
        with open(path, "w") as out:
            json.dump(training, out)


main()
