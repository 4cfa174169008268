/** Stored elements as float32. That is exact: float32 holds every value of the narrower types. */
import type { WeightType } from "@ropewalk/decoder";
import { dequantize, type DenseType } from "@ropewalk/gguf";

/** Dense types have the same bytes in every format of files; these are their names in GGUF. */
const names: Readonly<Record<WeightType, DenseType>> = { float32: "F32", float16: "F16", bfloat16: "BF16" };

/**
 * The elements as float32, in memory of their own.
 *
 * @param bytes - little-endian elements of that type, at any alignment
 */
export const upcast = (type: WeightType, bytes: Uint8Array): Float32Array => dequantize(names[type], bytes);
