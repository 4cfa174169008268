/** The matrices of a checkpoint that a precision rounds, and how one of them is rounded. */
import { check } from "@ropewalk/check";
import { mergedRows } from "../adapter/merged-rows.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { quantizeBlocks, type BlockForm, type Blocks } from "./quantize-blocks.ts";
import { matricesInBlocks } from "./matrices.ts";
import { blockBytes, blockForms, precisionNames, type Precision } from "./precision.ts";

/** The matrices that a precision rounds, each with its form. */
export const formsOf = (
  { decoder, gguf }: Pick<Checkpoint, "decoder" | "gguf">,
  precision: Precision,
): ReadonlyMap<string, BlockForm> => {
  const known = precisionNames.includes(precision);
  check(known, `quantize: precision must be one of ${precisionNames.join(", ")}`, precision, "string");
  const { tensors } = decoder;
  const names = [...decoder.projections, decoder.unembedding];
  const { projections, unembedding } = blockForms(
    precision,
    names.map((name) => tensors[name]!.at(-1)!),
    gguf !== undefined,
  );
  return new Map(names.map((name) => [name, name === decoder.unembedding ? unembedding : projections]));
};

/** What to do with weights that are rounded already. Those of a GGUF file may be rounded anew. */
const remedyFor = ({ gguf }: Checkpoint): string => {
  const anew = gguf === undefined ? "" : ", and `ropewalk convert --quantize` rounds it once more, into a folder";
  return `; without quantize (--quantize) it runs as it is stored${anew}`;
};

/** @throws RangeError when the checkpoint's matrices are in blocks already */
export const checkDense = (checkpoint: Checkpoint): void => {
  const { name, adapters } = checkpoint;
  const inBlocks = [...matricesInBlocks(checkpoint).values()];
  if (inBlocks.length === 0) return;
  const bits = [...new Set(inBlocks.map((blocks) => blocks.bits))].sort().join(" and ");
  const merged = adapters !== undefined && adapters.size > 0;
  const why = merged ? ", for adapters are merged into the weights that it was rounded from" : "";
  const remedy = merged ? "" : remedyFor(checkpoint);
  throw new RangeError(`quantize: ${name} must not be quantized already${why}, got weights in ${bits} bits${remedy}`);
};

/** @param at - the rows, as an error names them */
const roundRows = (form: BlockForm, values: Float32Array, inner: number, at: string): Blocks => {
  try {
    return quantizeBlocks(form, values, inner);
  } catch (error) {
    throw new RangeError(`${at}: ${(error as Error).message}`, { cause: error });
  }
};

/**
 * Reads a matrix a few rows at a time, its adapters merged, and rounds them.
 *
 * @throws RangeError naming the matrix when it has an element that is not finite
 */
export const quantizeMatrix = async (checkpoint: Checkpoint, name: string, form: BlockForm): Promise<Blocks> => {
  const [out, inner] = checkpoint.decoder.tensors[name] as readonly [number, number];
  const sizes = blockBytes(form, [out, inner]);
  const whole = { elements: new Uint8Array(sizes.elements), scales: new Float32Array(sizes.scales / 4) };
  for await (const { from: row, rows } of mergedRows(checkpoint, name)) {
    const part = roundRows(form, rows, inner, `quantize: ${name}: from row ${row} on`);
    // The bytes of a row first, a whole number, so that the product is one too.
    whole.elements.set(part.elements, row * (whole.elements.length / out));
    whole.scales.set(part.scales, row * (whole.scales.length / out));
  }
  return whole;
};
