"""Writes transformers-rope.json: what ROPE_INIT_FUNCTIONS of Hugging Face transformers computes, in float64.

    python3 generate-transformers-rope.py PATH/TO/transformers/modeling_rope_utils.py VERSION > transformers-rope.json

Needs numpy alone: the module's own functions run with numpy in the place of torch, so nothing is rounded to float32.
"""

import importlib.util
import json
import sys
import types

import numpy


class Array(numpy.ndarray):
    def to(self, **_):
        return self

    def float(self):
        return self


def array(values):
    return numpy.asarray(values, dtype=numpy.float64).view(Array)


def load(path):
    torch = types.ModuleType("torch")
    torch.Tensor = Array
    torch.float = torch.float32 = torch.int64 = None
    torch.arange = lambda *range_, **_: array(numpy.arange(*range_))
    torch.tensor = lambda values, **_: array(values)
    torch.clamp = lambda x, low, high: array(numpy.clip(x, low, high))
    torch.where = lambda condition, x, y: array(numpy.where(condition, x, y))
    package, utils = types.ModuleType("transformers"), types.ModuleType("transformers.utils")
    package.__path__ = []
    utils.is_torch_available = lambda: True
    utils.logging = types.SimpleNamespace(get_logger=lambda _: None)
    sys.modules.update({"torch": torch, "transformers": package, "transformers.utils": utils})
    spec = importlib.util.spec_from_file_location("transformers.modeling_rope_utils", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ROPE_INIT_FUNCTIONS


class Config:
    hidden_size, num_attention_heads = 1, 1

    def __init__(self, head_dim, max_position_embeddings, rope_parameters):
        self.head_dim, self.max_position_embeddings, self.rope_parameters = head_dim, max_position_embeddings, rope_parameters

    def standardize_rope_params(self):
        pass


NAMES = {
    "factor": "factor",
    "originalContext": "original_max_position_embeddings",
    "betaFast": "beta_fast",
    "betaSlow": "beta_slow",
    "attentionFactor": "attention_factor",
    "mscale": "mscale",
    "mscaleAllDim": "mscale_all_dim",
    "truncate": "truncate",
    "lowFreqFactor": "low_freq_factor",
    "highFreqFactor": "high_freq_factor",
    "shortFactor": "short_factor",
    "longFactor": "long_factor",
}
KINDS = {"dynamic-ntk": "dynamic"}

linear = {"kind": "linear", "factor": 4}
dynamic = {"kind": "dynamic-ntk", "factor": 2, "originalContext": 4096}
yarn = {"kind": "yarn", "factor": 4, "originalContext": 4096}
llama3 = {"kind": "llama3", "factor": 8, "lowFreqFactor": 1, "highFreqFactor": 4, "originalContext": 8192}
longrope = {
    "kind": "longrope",
    "factor": 32,
    "originalContext": 4096,
    "shortFactor": [1, 1.02, 1.05, 1.1, 1.25, 1.4, 2, 2.5],
    "longFactor": [1.1, 1.5, 2.5, 4, 8, 16.5, 30, 48],
}

# rotaryDim, theta, scaling, seqLen
CASES = [
    (64, 1e4, linear, None),
    (64, 1e4, dynamic, None),
    (64, 1e4, dynamic, 100),
    (64, 1e4, dynamic, 4096),
    (64, 1e4, dynamic, 4097),
    (64, 1e6, {**dynamic, "factor": 1}, 10000),
    (20, 1e4, dynamic, 32768),
    (128, 1e4, yarn, None),
    (128, 1e4, {**yarn, "factor": 1}, None),
    (32, 1e6, {**yarn, "factor": 32.5, "originalContext": 2048, "betaFast": 16, "betaSlow": 2}, None),
    (64, 1e4, {**yarn, "factor": 40, "mscale": 0.707, "mscaleAllDim": 0.707}, None),
    (64, 1e4, {**yarn, "factor": 40, "mscale": 1, "mscaleAllDim": 0.8}, None),
    (64, 1e4, {**yarn, "factor": 40, "mscale": 0.707}, None),
    (64, 1e4, {**yarn, "factor": 40, "mscaleAllDim": 0.707}, None),
    (64, 1e4, {**yarn, "factor": 40, "mscale": 0.707, "mscaleAllDim": 0}, None),
    (64, 1e4, {**yarn, "attentionFactor": 1.5, "mscale": 0.707, "mscaleAllDim": 0.5}, None),
    (64, 150000, {**yarn, "factor": 32, "truncate": False}, None),
    (64, 150000, {**yarn, "factor": 32, "truncate": True}, None),
    # Both ends of the ramp cut off, the ramp without width, and no pair that turns once.
    (8, 1e4, {**yarn, "originalContext": 100000000}, None),
    (8, 1e4, {**yarn, "originalContext": 200}, None),
    (8, 1e4, {**yarn, "originalContext": 6, "truncate": False}, None),
    (8, 1e4, {**yarn, "originalContext": 2}, None),
    (128, 5e5, llama3, None),
    (64, 1e4, {**llama3, "factor": 32, "lowFreqFactor": 0.5, "highFreqFactor": 2, "originalContext": 512}, None),
    (16, 1e4, longrope, None),
    (16, 1e4, longrope, 4096),
    (16, 1e4, longrope, 4097),
    (16, 1e4, {**longrope, "factor": 1}, 8192),
    (16, 1e4, {**longrope, "attentionFactor": 1.75}, 8192),
]


def run(functions, rotary_dim, theta, scaling, seq_len):
    parameters = {"rope_theta": theta, **{NAMES[name]: value for name, value in scaling.items() if name != "kind"}}
    config = Config(rotary_dim, scaling.get("originalContext", 4096), parameters)
    function = functions[KINDS.get(scaling["kind"], scaling["kind"])]
    frequencies, attention_scale = function(config, seq_len=seq_len)
    return {
        "rotaryDim": rotary_dim,
        "theta": theta,
        "scaling": scaling,
        **({} if seq_len is None else {"seqLen": seq_len}),
        "inverseFrequencies": [float(f) for f in frequencies],
        "attentionScale": float(attention_scale),
    }


functions = load(sys.argv[1])
cases = [run(functions, *case) for case in CASES]
print(
    json.dumps(
        {
            "source": "huggingface/transformers src/transformers/modeling_rope_utils.py",
            "version": sys.argv[2],
            "license": "Apache-2.0",
            "script": "generate-transformers-rope.py",
            "precision": "float64",
            "cases": cases,
        },
        indent=1,
    )
)
