/** The types of tensors: how many elements make a block, and how many bytes a block takes. */
import { check } from "@ropewalk/check";

export type TensorForm = {
  /** The type's number in a file. */
  readonly id: number;
  /** Elements of a block. A dense type has blocks of one. */
  readonly elements: number;
  /** Bytes of a block. */
  readonly bytes: number;
};

export type TensorType =
  | "F32"
  | "F16"
  | "BF16"
  | "Q4_0"
  | "Q4_1"
  | "Q5_0"
  | "Q5_1"
  | "Q8_0"
  | "Q2_K"
  | "Q3_K"
  | "Q4_K"
  | "Q5_K"
  | "Q6_K";

/** The types that are read. */
export const tensorForms: Readonly<Record<TensorType, TensorForm>> = {
  F32: { id: 0, elements: 1, bytes: 4 },
  F16: { id: 1, elements: 1, bytes: 2 },
  BF16: { id: 30, elements: 1, bytes: 2 },
  Q4_0: { id: 2, elements: 32, bytes: 18 },
  Q4_1: { id: 3, elements: 32, bytes: 20 },
  Q5_0: { id: 6, elements: 32, bytes: 22 },
  Q5_1: { id: 7, elements: 32, bytes: 24 },
  Q8_0: { id: 8, elements: 32, bytes: 34 },
  Q2_K: { id: 10, elements: 256, bytes: 84 },
  Q3_K: { id: 11, elements: 256, bytes: 110 },
  Q4_K: { id: 12, elements: 256, bytes: 144 },
  Q5_K: { id: 13, elements: 256, bytes: 176 },
  Q6_K: { id: 14, elements: 256, bytes: 210 },
};

/** The names of the types that are read. */
export const tensorTypes: readonly TensorType[] = Object.keys(tensorForms) as readonly TensorType[];

const byId = new Map(tensorTypes.map((name) => [tensorForms[name].id, name]));

/** Types that are not read, by name, so that an error can name them. */
const others: Readonly<Record<number, string>> = {
  9: "Q8_1",
  15: "Q8_K",
  16: "IQ2_XXS",
  17: "IQ2_XS",
  18: "IQ3_XXS",
  19: "IQ1_S",
  20: "IQ4_NL",
  21: "IQ3_S",
  22: "IQ2_S",
  23: "IQ4_XS",
  24: "I8",
  25: "I16",
  26: "I32",
  27: "I64",
  28: "F64",
  29: "IQ1_M",
  34: "TQ1_0",
  35: "TQ2_0",
  39: "MXFP4",
};

/**
 * The type of that number.
 *
 * @param at - what the error begins with: the function, the file and the tensor
 * @throws RangeError naming the type where it is not read
 */
export const typeOfId = (at: string, id: number): TensorType => {
  const type = byId.get(id);
  check(type !== undefined, `${at} must be of type ${tensorTypes.join(", ")}`, others[id] ?? id);
  return type;
};
