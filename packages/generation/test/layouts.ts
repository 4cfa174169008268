/** Every way to attend, over layers that are alike and that differ, and a session that computes nothing. */
import type { HostTensor, Session, Tensor } from "@ropewalk/backend";
import { selfExtend, slidingWindow, withPositions, type ContextExtension } from "@ropewalk/context-extension";
import { decoderInputs, type Decoder } from "@ropewalk/decoder";
import { valueOfInfo, type ModelProto } from "@ropewalk/graph";
import type { Checkpoint } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { openModel } from "../src/model/open-model.ts";
import { stories260K } from "@ropewalk/tiny-models";

const { source } = await openModel(await openFolder(stories260K.url));
const { decoder: own, ...others } = source as Checkpoint;
export const decoder: Decoder = own;
export const checkpoint: Omit<Checkpoint, "decoder"> = others;
const { rope } = decoder;

/** Layers that see everything, a window, and no rotation. */
export const mixed = {
  ...decoder,
  attention: Array.from({ length: decoder.numLayers }, (_, layer) =>
    layer % 2 === 0 ? { rope: layer === 2 ? undefined : rope, slidingWindow: undefined } : { rope, slidingWindow: 24 },
  ),
};

export const extensions: Readonly<Record<string, ContextExtension>> = {
  "one band": {},
  "a window": slidingWindow({ window: 20 }),
  "near and far": selfExtend({ groupSize: 8, window: 20 }),
  "near and far, keys once": withPositions({ kind: "string", shiftFrom: 21, window: 8 }),
  "by chunks": withPositions({ kind: "dual-chunk", chunkSize: 50, localSize: 10 }),
  "under masks": withPositions({ kind: "sinks", sinks: 4, window: 30 }),
};

export type Declared = ReturnType<typeof valueOfInfo>;

/** Fills what is given of an output, a number at a time. */
export type Fill = (data: Float32Array | Uint16Array, name: string) => void;

/**
 * Computes nothing: gives tensors of the shapes that the graph says, zeros where nobody fills them.
 *
 * @param watch - sees what it is fed, and the inputs that the graph declares
 */
export const sessionOf = (
  { graph }: ModelProto,
  watch: (feeds: Readonly<Record<string, Tensor>>, declared: readonly Declared[]) => void = () => {},
  fill: Fill = () => {},
): Session => {
  const declared = graph!.input.map(valueOfInfo);
  const given = new Map(graph!.output.map(valueOfInfo).map((value) => [value.name, value]));
  return {
    inputs: declared.map(({ name }) => name),
    outputs: [...given.keys()],
    release: async () => {},
    run: async (feeds, { read, keep = [] }) => {
      watch(feeds, declared);
      const tensor = (name: string): HostTensor => {
        const { type, dims } = given.get(name)!;
        const shape = dims!.map((dim) =>
          typeof dim === "number"
            ? dim
            : dim === "rows"
              ? feeds[decoderInputs.logitRows]!.dims[0]!
              : feeds[decoderInputs.ids]!.dims[0]!,
        );
        const size = shape.reduce((product, axis) => product * axis, 1);
        const data = type === "float16" ? new Uint16Array(size) : new Float32Array(size);
        if (keep.includes(name)) fill(data, name);
        return { place: "host", type: type as "float32" | "float16", dims: shape, data };
      };
      return Object.fromEntries([...read, ...keep].map((name) => [name, tensor(name)]));
    },
  };
};
