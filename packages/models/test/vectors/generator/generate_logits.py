"""The logits of every checkpoint here, in float64 with numpy: see README.md beside this folder.

    python3 generate_logits.py           computes every case and prints the largest differences to golden-logits.json
    python3 generate_logits.py --write   writes the files anew
"""

import glob
import json
import os
import sys

import numpy

from numpy_decoder import Decoder, read_safetensors

VECTORS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def self_extend(window, groupSize, **_):
    def relative(i, j):
        return numpy.where(i - j < window, i - j, i // groupSize + window - window // groupSize - j // groupSize)

    return relative


def string(shiftFrom, window, **_):
    return lambda i, j: numpy.where(i - j < shiftFrom, i - j, i - j - shiftFrom + window)


def dual_chunk(chunkSize, localSize, **_):
    c = chunkSize - localSize

    def relative(i, j):
        between = i // c - j // c
        query = numpy.where(between == 0, i % c, numpy.minimum(i % c + c, chunkSize))
        return numpy.where(between > 1, min(2 * c - 1, chunkSize), query) - j % c

    return relative


def sinks(sinks, window, cap, **_):
    return lambda i, j: numpy.where((i - j < window) | (j < sinks), numpy.minimum(i - j, cap), numpy.nan)


def three_bands(window, window2, groupSize, groupSize2, **_):
    shift = window - window // groupSize
    shift2 = window2 // groupSize + shift - window2 // groupSize2

    def relative(i, j):
        middle = i // groupSize + shift - j // groupSize
        far = i // groupSize2 + shift2 - j // groupSize2
        return numpy.where(i - j < window, i - j, numpy.where(i - j < window2, middle, far))

    return relative


MAPPINGS = {
    "none": lambda **_: None,
    "self-extend": self_extend,
    "self-extend+log-n": self_extend,
    "string": string,
    "dual-chunk": dual_chunk,
    "sinks": sinks,
    "three-bands": three_bands,
}


def method_of(case):
    """The two forms that the files have: the method as an object with its numbers, or as a name with the numbers beside it."""
    own = case.get("method", "none")
    numbers = case if isinstance(own, str) else own
    kind = own if isinstance(own, str) else own["kind"]
    parameters = {name: value for name, value in numbers.items() if name not in ("kind", "method")}
    mapping = MAPPINGS[kind](**parameters)
    relative = mapping and (lambda i, j: mapping(i, j).astype(numpy.float64))
    return {"relative": relative, "log_n": case.get("logNContext")}


def with_adapter(folder):
    """W + (alpha / r) B A of every matrix that the adapter in a folder has."""
    with open(os.path.join(folder, "adapter_config.json")) as file:
        config = json.load(file)
    adapter = read_safetensors(os.path.join(folder, "adapter_model.safetensors"))
    scale = config["lora_alpha"] / config["r"]

    def changed(weights):
        suffix, prefix = ".lora_A.weight", "base_model.model."
        modules = [name[len(prefix) : -len(suffix)] for name in adapter if name.endswith(suffix)]
        return {
            f"{module}.weight": weights[f"{module}.weight"]
            + scale * adapter[f"{prefix}{module}.lora_B.weight"] @ adapter[f"{prefix}{module}{suffix}"]
            for module in modules
        }

    return changed


def run(decoder, case):
    logits = decoder.logits(numpy.array(case["inputIds"]), method_of(case))
    return numpy.round(logits[-1], 5).tolist(), logits.argmax(-1).tolist()


def main():
    paths = sorted(glob.glob(os.path.join(VECTORS, "*/*/golden-logits.json")))
    paths.append(os.path.join(VECTORS, "lora/golden-logits.json"))
    for path in paths:
        folder = os.path.dirname(path)
        with open(path) as file:
            golden = json.load(file)
        if "cases" in golden:
            decoder, cases = Decoder(folder), golden["cases"]
        else:
            decoder, cases = Decoder(os.path.join(VECTORS, "tiny/llama"), with_adapter(folder)), [golden]
        largest, likeliest = 0.0, 0
        for case in cases:
            logits, argmax = run(decoder, case)
            largest = max(largest, float(numpy.abs(numpy.subtract(logits, case["logitsLast"])).max()))
            likeliest += sum(got != expected for got, expected in zip(argmax, case["argmaxAll"]))
            case["logitsLast"], case["argmaxAll"] = logits, argmax
        name = os.path.relpath(folder, VECTORS)
        print(f"{name}: {len(cases)} cases, logits {largest:.1e}, likeliest tokens that differ {likeliest}")
        if "--write" in sys.argv:
            with open(path, "w") as out:
                json.dump(golden, out)


main()
