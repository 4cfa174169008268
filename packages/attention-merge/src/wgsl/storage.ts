/**
 * How four neighbouring elements are stored in a buffer. The shaders compute in float32 in both cases.
 *
 * Two float16s share a word and are widened by `unpack2x16float`, which every device has, so `shader-f16` is not needed.
 */
export type Storage = "float32" | "float16";

export const bytesPerElement: Readonly<Record<Storage, number>> = { float32: 4, float16: 2 };

type Stored = { readonly type: string; readonly widen: string; readonly narrow: string };

const forms: Readonly<Record<Storage, Stored>> = {
  float32: { type: "vec4<f32>", widen: "x", narrow: "x" },
  float16: {
    type: "vec2<u32>",
    widen: "vec4(unpack2x16float(x.x), unpack2x16float(x.y))",
    narrow: "vec2(pack2x16float(x.xy), pack2x16float(x.zw))",
  },
};

/** The WGSL type of four elements, and the expressions that read and write such a value `x`. */
export const storedAs: (storage: Storage) => Stored = (storage) => forms[storage];
