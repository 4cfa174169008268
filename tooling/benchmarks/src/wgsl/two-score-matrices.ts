/**
 * The usual form of attention in two bands, in WGSL, for comparison: every query is scored against every key in both rotations,
 * both matrices are written, and a softmax over whole rows chooses by distance.
 *
 *   near = Q_near K_nearᵀ      far = Q_far K_farᵀ      P = softmax(where(i - j < W, near, far), j ≤ i)      out = P V
 *
 * Four dispatches over matrices of numHeads x queryLen x keyLen. Products are cut into the same tiles as the kernel's, so that
 * only the form differs. All keys are needed in both rotations.
 */
import type { AttentionConfig, KernelBuffer } from "@ropewalk/attention-merge/wgsl";
import type { Runnable } from "@ropewalk/testing/webgpu/wgsl-device";

const head = (rowsEach: number): string => `const rowsEach = ${rowsEach}u;
const rows = ${rowsEach * 8}u;
const pitch = 9u;
struct Sizes { group: u32, queryLen: u32, start: u32, keyLen: u32, window: u32, headColumns: u32 }
@group(0) @binding(0) var<uniform> sizes: Sizes;
fn queryRow(kvHead: u32, row: u32) -> u32 {
  return (kvHead * sizes.group + row % sizes.group) * sizes.queryLen + row / sizes.group;
}
`;

const scoresCode = (rowsEach: number): string => `${head(rowsEach)}
@group(0) @binding(1) var<storage, read> queries: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> keys: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> scores: array<f32>;
var<workgroup> queryTile: array<vec4<f32>, rows * pitch>;
var<workgroup> keyTile: array<vec4<f32>, 32u * pitch>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let firstRow = workgroup.x * rows;
  let firstKey = workgroup.y * 32u;
  let kvHead = workgroup.z;
  let numRows = sizes.group * sizes.queryLen;
  let lane = thread % 8u;
  let rowGroup = thread / 8u;
  var sums: array<vec4<f32>, rowsEach>;
  for (var first = 0u; first < sizes.headColumns; first += 8u) {
    workgroupBarrier();
    for (var at = thread; at < rows * 8u; at += 64u) {
      let row = firstRow + at / 8u;
      let column = first + at % 8u;
      var value = vec4<f32>();
      if (row < numRows && column < sizes.headColumns) { value = queries[queryRow(kvHead, row) * sizes.headColumns + column]; }
      queryTile[at / 8u * pitch + at % 8u] = value;
    }
    for (var at = thread; at < 256u; at += 64u) {
      let slot = at / 8u;
      let column = first + at % 8u;
      var value = vec4<f32>();
      if (firstKey + slot < sizes.keyLen && column < sizes.headColumns) {
        value = keys[(kvHead * sizes.keyLen + firstKey + slot) * sizes.headColumns + column];
      }
      keyTile[(slot % 4u * 8u + slot / 4u) * pitch + at % 8u] = value;
    }
    workgroupBarrier();
    for (var column = 0u; column < 8u; column++) {
      for (var r = 0u; r < rowsEach; r++) {
        let query = queryTile[(r * 8u + rowGroup) * pitch + column];
        sums[r] += vec4(
          dot(query, keyTile[lane * pitch + column]), dot(query, keyTile[(8u + lane) * pitch + column]),
          dot(query, keyTile[(16u + lane) * pitch + column]), dot(query, keyTile[(24u + lane) * pitch + column]));
      }
    }
  }
  for (var r = 0u; r < rowsEach; r++) {
    let row = firstRow + r * 8u + rowGroup;
    for (var k = 0u; k < 4u; k++) {
      let key = firstKey + 4u * lane + k;
      if (row < numRows && key < sizes.keyLen) { scores[queryRow(kvHead, row) * sizes.keyLen + key] = sums[r][k]; }
    }
  }
}
`;

const softmaxCode = `${head(1)}
@group(0) @binding(1) var<storage, read_write> near: array<f32>;
@group(0) @binding(2) var<storage, read> far: array<f32>;
var<workgroup> ofThreads: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let query = workgroup.x;
  let row = (workgroup.y * sizes.queryLen + query) * sizes.keyLen;
  let position = sizes.start + query;
  var largest = -3.0e38;
  for (var key = thread; key < sizes.keyLen; key += 64u) {
    var score = -3.0e38;
    if (key <= position) {
      score = near[row + key];
      if (position - key >= sizes.window) { score = far[row + key]; }
    }
    near[row + key] = score;
    largest = max(largest, score);
  }
  ofThreads[thread] = largest;
  workgroupBarrier();
  for (var at = 0u; at < 64u; at++) { largest = max(largest, ofThreads[at]); }
  workgroupBarrier();
  var total = 0.0;
  for (var key = thread; key < sizes.keyLen; key += 64u) {
    let weight = exp(near[row + key] - largest);
    near[row + key] = weight;
    total += weight;
  }
  ofThreads[thread] = total;
  workgroupBarrier();
  total = 0.0;
  for (var at = 0u; at < 64u; at++) { total += ofThreads[at]; }
  for (var key = thread; key < sizes.keyLen; key += 64u) { near[row + key] /= total; }
}
`;

const valuesCode = (rowsEach: number): string => `${head(rowsEach)}
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> values: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;
var<workgroup> weightTile: array<f32, rows * 33u>;
var<workgroup> valueTile: array<vec4<f32>, 256>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let firstRow = workgroup.x * rows;
  let column = workgroup.y * 8u + thread % 8u;
  let kvHead = workgroup.z;
  let numRows = sizes.group * sizes.queryLen;
  let lane = thread % 8u;
  let rowGroup = thread / 8u;
  var sums: array<vec4<f32>, rowsEach>;
  for (var firstKey = 0u; firstKey < sizes.keyLen; firstKey += 32u) {
    workgroupBarrier();
    for (var at = thread; at < rows * 32u; at += 64u) {
      let row = firstRow + at / 32u;
      let key = firstKey + at % 32u;
      var weight = 0.0;
      if (row < numRows && key < sizes.keyLen) { weight = weights[queryRow(kvHead, row) * sizes.keyLen + key]; }
      weightTile[at / 32u * 33u + at % 32u] = weight;
    }
    for (var at = thread; at < 256u; at += 64u) {
      let key = firstKey + at / 8u;
      var value = vec4<f32>();
      if (key < sizes.keyLen && column < sizes.headColumns) {
        value = values[(kvHead * sizes.keyLen + key) * sizes.headColumns + column];
      }
      valueTile[at] = value;
    }
    workgroupBarrier();
    for (var key = 0u; key < 32u; key++) {
      let value = valueTile[key * 8u + lane];
      for (var r = 0u; r < rowsEach; r++) { sums[r] += weightTile[(r * 8u + rowGroup) * 33u + key] * value; }
    }
  }
  for (var r = 0u; r < rowsEach; r++) {
    let row = firstRow + r * 8u + rowGroup;
    if (row < numRows && column < sizes.headColumns) { out[queryRow(kvHead, row) * sizes.headColumns + column] = sums[r]; }
  }
}
`;

const bindings = (names: readonly string[], written: string): Runnable["passes"][number]["bindings"] =>
  ["sizes", ...names].map((buffer, binding) => ({
    binding,
    buffer,
    type: buffer === "sizes" ? "uniform" : buffer === written ? "storage" : "read-only-storage",
  }));

/** The passes of near and far attention whose keys lie without a gap, in float32. */
export const twoScoreMatrices = (config: AttentionConfig, window: number): Runnable => {
  const { numHeads, numKvHeads, headDim, start, queryLen } = config;
  const keyLen = start + queryLen;
  const group = numHeads / numKvHeads;
  const rowsEach = group * queryLen <= 8 ? 1 : group * queryLen <= 16 ? 2 : 4;
  const rowTiles = Math.ceil((group * queryLen) / (8 * rowsEach));
  const score = (band: "near" | "far"): Runnable["passes"][number] => ({
    code: scoresCode(rowsEach),
    entryPoint: "main",
    workgroups: [rowTiles, Math.ceil(keyLen / 32), numKvHeads],
    bindings: bindings([`${band}Queries`, `${band}Keys`, band], band),
  });
  const buffer = (name: string, role: KernelBuffer["role"], dims: readonly number[]): KernelBuffer => ({
    name,
    role,
    dims,
    storage: "float32",
    bytes: dims.reduce((product, size) => product * size, 4),
  });
  const ofQueries = [numHeads, queryLen, headDim];
  const ofKeys = [numKvHeads, keyLen, headDim];
  return {
    passes: [
      score("near"),
      score("far"),
      {
        code: softmaxCode,
        entryPoint: "main",
        workgroups: [queryLen, numHeads, 1],
        bindings: bindings(["near", "far"], "near"),
      },
      {
        code: valuesCode(rowsEach),
        entryPoint: "main",
        workgroups: [rowTiles, Math.ceil(headDim / 32), numKvHeads],
        bindings: bindings(["near", "values", "out"], "out"),
      },
    ],
    buffers: [
      ...["nearQueries", "farQueries"].map((name) => buffer(name, "input", ofQueries)),
      ...["nearKeys", "farKeys", "values"].map((name) => buffer(name, "input", ofKeys)),
      ...["near", "far"].map((name) => buffer(name, "scratch", [numHeads, queryLen, keyLen])),
      buffer("out", "output", ofQueries),
    ],
    sizes: Uint32Array.of(group, queryLen, start, keyLen, window, headDim / 4, 0, 0),
  };
};
