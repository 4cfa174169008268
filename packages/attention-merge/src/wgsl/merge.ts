/**
 * The shader that merges the results of the splits of all parts, as `mergeAttention` does:
 *
 *   m = max_p lse_p      w_p = exp(lse_p - m)      out = Σ_p w_p out_p / Σ_p w_p      lse = m + ln Σ_p w_p
 *
 * Each thread computes four elements.
 */
import { outRow, type OutOrder } from "./out-order.ts";
import { sizesStruct } from "./sizes.ts";
import { storedAs, type Storage } from "./storage.ts";

export const mergeThreads = 64;

/** Names of the bound buffers, in the order of their bindings. */
export const mergeBuffers: readonly string[] = ["sizes", "partialOut", "partialLse", "out", "lse"];

export const mergeShader = (storage: Storage, order: OutOrder): string => {
  const { type, narrow } = storedAs(storage);
  return `${sizesStruct}

alias Written = ${type};

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> partialOut: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> partialLse: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<Written>;
@group(0) @binding(4) var<storage, read_write> lse: array<f32>;

fn narrow(x: vec4<f32>) -> Written { return ${narrow}; }

@compute @workgroup_size(${mergeThreads})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let numRows = sizes.numHeads * sizes.queryLen;
  let row = id.x / sizes.headColumns;
  if (row >= numRows) { return; }
  var largest = partialLse[row];
  for (var split = 1u; split < sizes.slices; split++) { largest = max(largest, partialLse[split * numRows + row]); }
  var total = 0.0;
  var sum = vec4<f32>();
  for (var split = 0u; split < sizes.slices; split++) {
    let weight = exp(partialLse[split * numRows + row] - largest);
    total += weight;
    sum += weight * partialOut[split * numRows * sizes.headColumns + id.x];
  }
  let written = ${outRow(order, "row")};
  out[written * sizes.headColumns + id.x % sizes.headColumns] = narrow(sum / total);
  if (id.x % sizes.headColumns == 0u) { lse[row] = largest + log(total); }
}
`;
};
