/** Which weights of a GGUF file a conversion rounds a second time. */
import { type Checkpoint, type Precision } from "@ropewalk/models";

/** The types whose codes and scales are found again in blocks of 32 elements, by the bits of these. */
const foundAgain: Readonly<Record<4 | 8, readonly string[]>> = { 4: ["Q4_0"], 8: ["Q4_0", "Q5_0", "Q8_0"] };

/** The types of numbers that are not rounded yet. */
const dense = /^(?:B?F16|F32|F64)$/;

/** The types of the matrices that are rounded already and are rounded once more; each once. */
export const typesRoundedTwice = (
  { decoder, tensors, gguf }: Pick<Checkpoint, "decoder" | "tensors" | "gguf">,
  precision: Precision | undefined,
): readonly string[] => {
  if (gguf === undefined || precision === undefined) return [];
  const { projections, unembedding } = decoder;
  // The head keeps 8 bits in each precision.
  const bitsOf = (name: string): 4 | 8 => (precision === "q4" && name !== unembedding ? 4 : 8);
  const types = [...projections, unembedding].flatMap((name) => {
    const { type } = tensors.get(name)!;
    return dense.test(type) || foundAgain[bitsOf(name)].includes(type) ? [] : [type];
  });
  return [...new Set(types)];
};
