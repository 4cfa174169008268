// Normalization over the axes from `axis` on, then an element-wise scale.
//
// LayerNormalization (Ba, Kiros and Hinton, Layer Normalization, 2016, equation 4):
//   inv = 1 / sqrt(mean((x - mean(x))^2) + epsilon),   y = (x - mean(x)) * inv * scale + bias
// RMSNormalization, for ONNX Runtime SimplifiedLayerNormalization (Zhang and Sennrich, Root Mean Square Layer
// Normalization, 2019, equation 4):
//   inv = 1 / sqrt(mean(x^2) + epsilon),   y = x * inv * scale
//
// Further outputs are mean(x), for LayerNormalization alone, and inv.

import { broadcast } from "../../arrays/nd-array.ts";
import { broadcastsTo, formatDims, sizeOf } from "../../arrays/dims.ts";
import { floatAttribute, intAttribute } from "../read-attributes.ts";
import type { Call, Operand, Operator, Shaped } from "../operator.ts";
import { axisOf, fail, groupWork, input } from "../operator.ts";

/** The normalized input, then the numbers of each group of elements, which keep its axes at size 1. */
const inferNormalized = (call: Call<Operand>): readonly Shaped[] => {
  const [{ type, dims }, scale, bias] = [input(call, 0), input(call, 1), call.inputs[2]];
  if (dims === undefined) return [{ type, dims }];
  const axis = axisOf(call, intAttribute(call, "axis", -1), dims.length);
  for (const operand of bias ? [scale, bias] : [scale]) {
    if (!broadcastsTo(operand.dims, dims))
      fail(call, "scale and bias must broadcast to the input", `${formatDims(operand.dims)} and ${formatDims(dims)}`);
  }
  const group: Shaped = { type: "float32", dims: dims.map((dim, k) => (k < axis ? dim : 1)) };
  return [{ type, dims }, group, group];
};

const mean = (x: Float64Array): number => x.reduce((sum, element) => sum + element, 0) / x.length;

const normalization = (centered: boolean): Operator => ({
  infer: (call) => inferNormalized(call).slice(0, centered ? 3 : 2),
  evaluate: (call) => {
    const { dims, data } = input(call, 0);
    const groupSize = sizeOf(dims.slice(axisOf(call, intAttribute(call, "axis", -1), dims.length)));
    const epsilon = floatAttribute(call, "epsilon", 1e-5);
    const groups = Array.from({ length: data.length / groupSize }, (_, group) =>
      data.subarray(group * groupSize, (group + 1) * groupSize),
    );
    const means = Float64Array.from(groups, (x) => (centered ? mean(x) : 0));
    const inverses = Float64Array.from(
      groups,
      (x, group) => 1 / Math.sqrt(mean(x.map((element) => (element - means[group]!) ** 2)) + epsilon),
    );
    const scale = broadcast(input(call, 1), dims);
    const bias = call.inputs[2] && broadcast(call.inputs[2], dims);
    const y = data.map((x, i) => {
      const group = Math.floor(i / groupSize);
      return (x - means[group]!) * inverses[group]! * scale[i]! + (bias ? bias[i]! : 0);
    });
    return centered ? [y, means, inverses] : [y, inverses];
  },
  work: (call) => groupWork(input(call, 0).data.length),
});

export const layerNormalization: Operator = normalization(true);
export const rmsNormalization: Operator = normalization(false);
