"""Decoders of every family here in plain numpy, float64: the whole sequence at once, every pair of tokens by its relative position."""

import json
import math
import os
import struct

import numpy

DTYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        array = numpy.frombuffer(data[begin:end], DTYPES[entry["dtype"]])
        if entry["dtype"] == "BF16":
            array = (array.astype("<u4") << 16).view("<f4")
        tensors[name] = array.reshape(entry["shape"]).astype(numpy.float64)
    return tensors


def read_checkpoint(folder):
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    tensors = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".safetensors"):
            tensors.update(read_safetensors(os.path.join(folder, name)))
    return config, tensors


def inverse_frequencies(rope, rotary_dim, config, tokens):
    """The frequencies and the scale of the tables, by the kinds of scaling that the configs here ask for."""
    theta, kind = rope["rope_theta"], rope["rope_type"]
    exponents = numpy.arange(0, rotary_dim, 2) / rotary_dim
    frequencies = theta**-exponents
    if kind == "linear":
        return frequencies / rope["factor"], 1.0
    if kind == "dynamic":
        trained, factor = config["max_position_embeddings"], rope["factor"]
        grown = factor * max(tokens, trained) / trained - (factor - 1)
        return (theta * grown ** (rotary_dim / (rotary_dim - 2))) ** -exponents, 1.0
    if kind == "llama3":
        trained, factor = rope["original_max_position_embeddings"], rope["factor"]
        low, high = rope["low_freq_factor"], rope["high_freq_factor"]
        turns = trained * frequencies / (2 * math.pi)
        smooth = numpy.clip((turns - low) / (high - low), 0, 1)
        return frequencies * (smooth + (1 - smooth) / factor), 1.0
    if kind == "yarn":
        trained, factor = rope["original_max_position_embeddings"], rope["factor"]

        def pair_of_turns(turns):
            return rotary_dim * math.log(trained / (turns * 2 * math.pi)) / (2 * math.log(theta))

        low = max(math.floor(pair_of_turns(rope.get("beta_fast", 32))), 0)
        high = min(math.ceil(pair_of_turns(rope.get("beta_slow", 1))), rotary_dim - 1)
        ramp = numpy.clip((numpy.arange(rotary_dim // 2) - low) / (high - low), 0, 1)
        return frequencies * (1 - ramp + ramp / factor), 0.1 * math.log(factor) + 1
    assert kind == "default", kind
    return frequencies, 1.0


def rotated_scores(query, key, relative, frequencies, table_scale):
    """query [heads, n, rotary_dim], key the same, relative [n, n]: the products of queries and keys, rotated by each pair's position."""
    half = len(frequencies)
    angles = relative[..., None] * frequencies
    same = numpy.einsum("hid,hjd->hijd", query[..., :half], key[..., :half])
    same += numpy.einsum("hid,hjd->hijd", query[..., half:], key[..., half:])
    crossed = numpy.einsum("hid,hjd->hijd", query[..., :half], key[..., half:])
    crossed -= numpy.einsum("hid,hjd->hijd", query[..., half:], key[..., :half])
    return (same * numpy.cos(angles) + crossed * numpy.sin(angles)).sum(-1) * table_scale**2


def softcapped(x, cap):
    return x if cap is None else cap * numpy.tanh(x / cap)


def silu(x):
    return x / (1 + numpy.exp(-x))


def gelu(x):
    return x * (1 + numpy.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2


class Decoder:
    def __init__(self, folder, changed=None):
        """changed: weights that stand in place of the checkpoint's."""
        self.config, self.weights = read_checkpoint(folder)
        self.weights.update(changed(self.weights) if changed else {})
        config = self.config
        self.family = config["model_type"]
        self.is_gemma = self.family.startswith("gemma")
        self.num_heads, self.num_kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
        self.head_dim = config.get("head_dim") or config["hidden_size"] // self.num_heads
        self.activation = silu if (config.get("hidden_act") or "gelu") == "silu" else gelu

    def linear(self, x, name):
        product = x @ self.weights[f"{name}.weight"].T
        return product + self.weights.get(f"{name}.bias", 0)

    def norm(self, x, name):
        weight = self.weights[f"{name}.weight"]
        if self.family == "phi":
            centered = x - x.mean(-1, keepdims=True)
            deviation = numpy.sqrt((centered**2).mean(-1, keepdims=True) + self.config["layer_norm_eps"])
            return centered / deviation * weight + self.weights[f"{name}.bias"]
        scaled = x / numpy.sqrt((x**2).mean(-1, keepdims=True) + self.config["rms_norm_eps"])
        return scaled * (1 + weight if self.is_gemma else weight)

    def projections(self, x, prefix):
        widths = numpy.cumsum([self.num_heads, self.num_kv_heads]) * self.head_dim
        if self.family == "phi3":
            return numpy.split(self.linear(x, f"{prefix}qkv_proj"), widths, -1)
        return [self.linear(x, f"{prefix}{name}_proj") for name in "qkv"]

    def layer(self, index):
        """Whether a layer slides, what it rotates by, its window."""
        config = self.config
        kind = (config.get("layer_types") or ["full_attention"] * config["num_hidden_layers"])[index]
        slides = kind == "sliding_attention"
        rope = config["rope_parameters"]
        rope = rope if "rope_type" in rope else rope[kind]
        if not config.get("no_rope_layers", [1] * config["num_hidden_layers"])[index]:
            rope = None
        everywhere = self.family == "mistral" and config.get("sliding_window") is not None
        return slides, rope, config["sliding_window"] if slides or everywhere else None

    def attention(self, index, x, method):
        """method: relative(i, j) on arrays, NaN where a key is not attended to; or None. log_n: the context c, or None."""
        tokens = len(x)
        prefix = f"model.layers.{index}.self_attn."
        slides, rope, window = self.layer(index)
        query, key, value = self.projections(x, prefix)
        query, key, value = (y.reshape(tokens, -1, self.head_dim).transpose(1, 0, 2) for y in (query, key, value))
        if f"{prefix}q_norm.weight" in self.weights:
            query, key = self.norm(query, f"{prefix}q_norm"), self.norm(key, f"{prefix}k_norm")
        key, value = (numpy.repeat(y, self.num_heads // self.num_kv_heads, 0) for y in (key, value))
        i, j = numpy.arange(tokens)[:, None], numpy.arange(tokens)[None, :]
        seen, relative = j <= i, (i - j).astype(numpy.float64)
        is_extended = not slides and method.get("relative") is not None
        if window is not None and not is_extended:
            seen = seen & (i - j < window)
        if is_extended and rope is not None:
            relative = method["relative"](i, j)
            seen, relative = seen & ~numpy.isnan(relative), numpy.nan_to_num(relative)
        if method.get("log_n") is not None and not slides:
            query = query * numpy.maximum(1, numpy.log(i + 1) / math.log(method["log_n"]))
        if rope is None:
            scores = query @ key.transpose(0, 2, 1)
        else:
            rotary_dim = int(self.head_dim * rope.get("partial_rotary_factor", 1))
            frequencies, table_scale = inverse_frequencies(rope, rotary_dim, self.config, tokens)
            scores = rotated_scores(query[..., :rotary_dim], key[..., :rotary_dim], relative, frequencies, table_scale)
            scores = scores + query[..., rotary_dim:] @ key[..., rotary_dim:].transpose(0, 2, 1)
        scores = scores / math.sqrt(self.config.get("query_pre_attn_scalar") or self.head_dim)
        scores = numpy.where(seen, softcapped(scores, self.config.get("attn_logit_softcapping")), -math.inf)
        shares = numpy.exp(scores - scores.max(-1, keepdims=True))
        output = (shares / shares.sum(-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(tokens, -1)
        return self.linear(output, f"{prefix}{'dense' if self.family == 'phi' else 'o_proj'}")

    def feed_forward(self, index, x):
        prefix = f"model.layers.{index}.mlp."
        if self.family == "phi":
            return self.linear(self.activation(self.linear(x, f"{prefix}fc1")), f"{prefix}fc2")
        if self.family == "phi3":
            gate, up = numpy.split(self.linear(x, f"{prefix}gate_up_proj"), 2, -1)
        else:
            gate, up = self.linear(x, f"{prefix}gate_proj"), self.linear(x, f"{prefix}up_proj")
        return self.linear(self.activation(gate) * up, f"{prefix}down_proj")

    def logits(self, ids, method):
        embeddings = self.weights["model.embed_tokens.weight"]
        hidden = embeddings[ids]
        if self.is_gemma:
            hidden = hidden * math.sqrt(self.config["hidden_size"])
        norms_behind = self.family in ("gemma2", "gemma3_text")
        for index in range(self.config["num_hidden_layers"]):
            prefix = f"model.layers.{index}."
            normed = self.norm(hidden, f"{prefix}input_layernorm")
            attended = self.attention(index, normed, method)
            if self.family == "phi":
                hidden = hidden + attended + self.feed_forward(index, normed)
            elif norms_behind:
                hidden = hidden + self.norm(attended, f"{prefix}post_attention_layernorm")
                fed = self.feed_forward(index, self.norm(hidden, f"{prefix}pre_feedforward_layernorm"))
                hidden = hidden + self.norm(fed, f"{prefix}post_feedforward_layernorm")
            else:
                hidden = hidden + attended
                hidden = hidden + self.feed_forward(index, self.norm(hidden, f"{prefix}post_attention_layernorm"))
        hidden = self.norm(hidden, "model.final_layernorm" if self.family == "phi" else "model.norm")
        logits = self.linear(hidden, "lm_head") if "lm_head.weight" in self.weights else hidden @ embeddings.T
        return softcapped(logits, self.config.get("final_logit_softcapping"))
