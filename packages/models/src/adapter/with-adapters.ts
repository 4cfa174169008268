/** A checkpoint with adapters beside its weights. The weights stay where they lie, and in their form. */
import { check, checkKeys, checkNumber, showName } from "@ropewalk/check";
import type { Decoder, LowRank } from "@ropewalk/decoder";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { matricesOf } from "../quantize/matrices.ts";
import { headWeight } from "../config/unembedding.ts";
import { oneExtension } from "./tuned-under.ts";
import { adapterTensor, type Adapter, type Side } from "./load-adapter.ts";
import { joined, lowRankOf } from "./low-rank.ts";

export type ScaledAdapter = {
  readonly adapter: Adapter;
  /** A factor beside the scale of the adapter's own config. Default 1. */
  readonly scale?: number;
};

/** The adapters beside each matrix, by the matrix's name. */
export type Adapted = ReadonlyMap<string, LowRank>;

/** The names of the matrices that may have an adapter, by their modules' names. A tied embedding can have one as the head alone. */
export const adaptable = (decoder: Decoder): ReadonlyMap<string, string> =>
  new Map(
    [
      ...matricesOf(decoder).map((name) => [name.replace(/\.weight$/, ""), name] as const),
      [headWeight.replace(/\.weight$/, ""), decoder.unembedding] as const,
    ].filter(([module]) => decoder.unembedding !== decoder.embedding || `${module}.weight` !== decoder.embedding),
  );

const at = "withAdapters";

/** @throws RangeError naming the tensor and both shapes */
const placed = (checkpoint: Checkpoint, { adapter, scale = 1 }: ScaledAdapter): Adapted => {
  const { decoder, name: model } = checkpoint;
  const places = adaptable(decoder);
  const found = new Map<string, LowRank>();
  for (const [module, { A, B, rank, scale: own }] of adapter.modules) {
    const name = places.get(module);
    const tensor = (side: Side): string => `${at}: ${adapter.name}: ${showName(adapterTensor(module, side))} must be`;
    check(name !== undefined, `${tensor("A")} beside a matrix of ${model}, such as ${[...places.keys()][0]}`, A.dims);
    const [out, inner] = decoder.tensors[name] as readonly [number, number];
    check(
      decoder.rope.layout === "halves" || !/\.[qk]_proj\.weight$/.test(name),
      `${tensor("B")} beside a matrix whose rows are in the order of halves (convert the GGUF file first)`,
      decoder.rope.layout,
    );
    check(A.dims[1] === inner, `${tensor("A")} [${rank}, ${inner}] beside ${name} [${out}, ${inner}]`, A.dims);
    check(B.dims[0] === out, `${tensor("B")} [${out}, ${rank}] beside ${name} [${out}, ${inner}]`, B.dims);
    check(
      adapter.targets(module) !== false,
      `${at}: ${adapter.name}: target_modules must name ${module}, whose tensors are there`,
      "other modules",
    );
    found.set(name, lowRankOf(rank, own * scale, A.data, B.data));
  }
  for (const module of places.keys())
    check(
      adapter.targets(module) !== true || adapter.modules.has(module),
      `${at}: ${adapter.name} must have ${adapterTensor(module, "A")}, whose module target_modules names`,
      undefined,
    );
  return found;
};

/**
 * The checkpoint with these adapters beside its weights, in addition to adapters that it has already. Where the adapters state the
 * extension and the window that they were learned under, the checkpoint gets these.
 *
 * @throws RangeError when they were learned under different extensions
 * @throws RangeError naming the adapter, the tensor and both shapes when the decoder has no matrix for it, or one of another shape
 */
export const withAdapters = (checkpoint: Checkpoint, adapters: readonly ScaledAdapter[]): Checkpoint => {
  const matrices = new Map(checkpoint.adapters);
  for (const each of adapters) {
    checkKeys<ScaledAdapter>(at, "adapters", each, { adapter: true, scale: true });
    const { scale = 1 } = each;
    checkNumber(at, "scale", scale, Number.isFinite(scale), "finite");
    for (const [name, own] of placed(checkpoint, each)) {
      const before = matrices.get(name);
      matrices.set(name, before === undefined ? own : joined(before, own));
    }
  }
  const before = checkpoint.tuned && { name: "an adapter before it", tuned: checkpoint.tuned };
  const tuned = oneExtension(at, [...(before ? [before] : []), ...adapters.map(({ adapter }) => adapter)]);
  const adapted: Checkpoint = { ...checkpoint, adapters: matrices, lowRank: (name) => matrices.get(name) };
  if (tuned === undefined) return adapted;
  const decoder = { ...checkpoint.decoder, trainedContext: tuned.trainedContext };
  return { ...adapted, tuned, extension: () => tuned.extension, decoder };
};
