// Normalization: x̂ is x centred (or not) times inv, y = x̂ w + b, and h = g w is the gradient of x̂. Means are over the
// normalized axes.
//
//   RMS      inv = 1 / sqrt(mean x² + ε)            dL/dx = inv (h - x̂ mean(h x̂))
//   layer    inv = 1 / sqrt(mean (x - μ)² + ε)      dL/dx = inv (h - mean h - x̂ mean(h x̂))
//   both     dL/dw = Σ g x̂                          dL/db = Σ g

import { floatAttribute, intAttribute } from "../../operators/read-attributes.ts";
import { axisOf } from "../../operators/operator.ts";
import type { Value } from "../../model/value.ts";
import type { Rule } from "../backward.ts";
import { add, dimsOf, gradient, inputOf, ints, mul, scalar, sub, sumTo } from "../backward.ts";

const normalization =
  (centered: boolean): Rule =>
  (at) => {
    const [x, w, b, g] = [inputOf(at, 0), inputOf(at, 1), at.inputs[2], gradient(at)];
    const dims = dimsOf(at, x);
    const from = axisOf(at, intAttribute(at, "axis", -1), dims.length);
    const axes = [...dims.keys()].slice(from);
    const mean = (value: Value): Value => at.tape.op("ReduceMean", [value, ints(at, axes)], { keepdims: 1 });
    const normalize = (): { readonly inverse: Value; readonly normal: Value } => {
      const moved = centered ? sub(at, x, mean(x)) : x;
      const epsilon = scalar(at, floatAttribute(at, "epsilon", 1e-5));
      const inverse = at.tape.op("Reciprocal", [at.tape.op("Sqrt", [add(at, mean(mul(at, moved, moved)), epsilon)])]);
      return { inverse, normal: mul(at, moved, inverse) };
    };
    let found: ReturnType<typeof normalize> | undefined;
    const normalized = (): ReturnType<typeof normalize> => (found ??= normalize());
    return [
      () => {
        const { inverse, normal } = normalized();
        const h = mul(at, g, w);
        const along = mul(at, normal, mean(mul(at, h, normal)));
        const level = centered ? sub(at, h, mean(h)) : h;
        return mul(at, inverse, sub(at, level, along));
      },
      () => sumTo(at, mul(at, g, normalized().normal), w),
      b && (() => sumTo(at, g, b)),
    ];
  };

export const layerNormalization: Rule = normalization(true);
export const rmsNormalization: Rule = normalization(false);

/** Rotation by an angle: the gradient is rotated back. The tables of angles get no gradient. */
export const rotaryEmbedding: Rule = (at) => [
  () => {
    const [cos, sin] = [inputOf(at, 1), inputOf(at, 2)];
    const attributes = Object.fromEntries(
      ["interleaved", "num_heads", "rotary_embedding_dim"].map((name) => [name, intAttribute(at, name, 0)]),
    );
    return at.tape.op("RotaryEmbedding", [gradient(at), cos, at.tape.op("Neg", [sin]), at.inputs[3]], attributes);
  },
];
