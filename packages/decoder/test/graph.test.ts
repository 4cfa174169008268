import { checkModel, decode, encode } from "@ropewalk/graph";
import { describe, expect, it } from "vitest";
import {
  decoderGraph,
  extendDecoder,
  inputs,
  outputs,
  selfExtend,
  slidingWindow,
  type ContextExtension,
} from "../src/index.ts";
import { decoder, source } from "./small-decoder.ts";

const graphOf = (extension: ContextExtension) => decoderGraph(extendDecoder(decoder, extension), source);

const names = (extension: ContextExtension) => {
  const { graph } = decode(encode(graphOf(extension)));
  return { inputs: graph!.input.map(({ name }) => name), outputs: graph!.output.map(({ name }) => name) };
};

describe("decoderGraph", () => {
  it.each<readonly [string, ContextExtension]>([
    ["one band", {}],
    ["a window", slidingWindow({ window: 8 })],
    ["near and far", selfExtend({ groupSize: 2, window: 8 })],
  ])("of %s is a sound ONNX model", (_, extension) => {
    expect(() => checkModel(graphOf(extension))).not.toThrow();
  });

  it("has no input that its layout does not need", () => {
    const plain = names({});
    expect(plain.inputs).toContain(inputs.settledKeys(1));
    expect(plain.inputs).not.toContain(inputs.ringNearKeys(0));
    expect(plain.inputs.filter((name) => /^far_(query|key)_/.test(name))).toEqual([]);
    const window = names(slidingWindow({ window: 8 }));
    expect(window.inputs).toContain(inputs.ringNearKeys(0));
    expect(window.inputs).not.toContain(inputs.settledKeys(0));
    expect(window.inputs).not.toContain(inputs.ringFarMask);
  });

  it("gives back the chunk's keys in every band's rotation, its values and the logits", () => {
    expect(names(selfExtend({ groupSize: 2, window: 8 })).outputs.toSorted()).toEqual(
      [
        outputs.logits,
        ...[0, 1].flatMap((layer) => [outputs.newKeys(layer, 0), outputs.newKeys(layer, 1), outputs.newValues(layer)]),
      ].toSorted(),
    );
  });

  it("names weights by place instead of holding them", () => {
    const { graph } = graphOf({});
    const held = graph!.initializer.filter(({ name }) => name in decoder.tensors);
    expect(held).toHaveLength(Object.keys(decoder.tensors).length);
    expect(held.every(({ rawData }) => rawData.length === 0)).toBe(true);
  });
});
