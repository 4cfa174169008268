import { inMemory } from "@ropewalk/models";
import { extendExport, loadExport } from "@ropewalk/onnx-exports";
import { selfExtend } from "@ropewalk/context-extension";
import { decode, encode } from "@ropewalk/graph";
import { onnxExports } from "@ropewalk/testing/vectors";
import fc from "fast-check";
import { mutateBytes } from "../mutations/mutate-bytes.ts";
import { filesOf, jsonOf, type Files } from "../real-files.ts";
import { defineDoor } from "./define-door.ts";

type Seed = { readonly files: Files; readonly model: Uint8Array };

const exports = ["genai-cpu-llama", "genai092-webgpu-phi", "torch-dynamo-op23-llama", "torch-ts-eager-llama"];

type Change = { readonly node: number; readonly kind: number; readonly at: number; readonly value: bigint };

const opTypes = ["Identity", "Add", "Reshape", "Gather", "Expand", "Range", "If", "Loop", "Softmax", "NoSuch"];

/** The graph with nodes that read, do or state something else. */
const changed = (model: Uint8Array, changes: readonly Change[]): Uint8Array => {
  const proto = decode(model);
  const graph = proto.graph!;
  for (const { node: place, kind, at, value } of changes) {
    const node = graph.node[place % graph.node.length]!;
    const other = graph.node[at % graph.node.length]!;
    if (kind === 0) node.opType = opTypes[at % opTypes.length]!;
    else if (kind === 1 && node.input.length > 0)
      node.input = node.input.with(at % node.input.length, other.output[0] ?? "");
    else if (kind === 2) graph.node = graph.node.filter((each) => each !== node);
    else if (kind === 3 && node.attribute.length > 0) node.attribute[at % node.attribute.length]!.i = value;
    else if (kind === 4 && graph.initializer.length > 0) {
      const tensor = graph.initializer[at % graph.initializer.length]!;
      tensor.dims = tensor.dims.length === 0 ? [value] : tensor.dims.with(0, value);
    } else node.output = node.output.map((name, index) => (index === 0 ? (other.output[0] ?? name) : name));
  }
  return encode(proto);
};

const numbers = [0n, 1n, -1n, 2n, 7n, 64n, 1n << 20n, 1n << 31n, (1n << 53n) + 1n, (1n << 63n) - 1n];

const change: fc.Arbitrary<Change> = fc.record({
  node: fc.nat(),
  kind: fc.nat(5),
  at: fc.nat(),
  value: fc.constantFrom(...numbers),
});

export const onnxModels = defineDoor<Seed>({
  name: ".onnx bytes",
  seeds: () =>
    exports.map((name) => {
      const files = filesOf(`${onnxExports}/${name}`);
      return { files, model: files["model.onnx"]! };
    }),
  mutate: (seed) =>
    fc
      .oneof(
        mutateBytes(seed.model),
        fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => changed(seed.model, changes)),
      )
      .map((model) => ({ ...seed, model })),
  call: async ({ files, model }) => {
    await loadExport({}, inMemory("an export", { ...files, "model.onnx": model }));
    const config = jsonOf(files["config.json"]!) as object;
    extendExport({ config, extension: selfExtend({ groupSize: 4, window: 16 }) } as never, model);
  },
});
