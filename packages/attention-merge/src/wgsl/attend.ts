/**
 * The attention shader. One workgroup computes a tile of query rows of one key-value head. It goes through the keys, or through one
 * split of them, 32 at a time, and computes the softmax online. For each row and tile of keys (Milakov and Gimelshein, arXiv
 * 1805.02867; FlashAttention-2, arXiv 2307.08691, algorithm 1):
 *
 *   m' = max(m, max_j s_j)     p_j = exp(s_j - m')     l' = e^(m - m') l + Σ_j p_j     o' = e^(m - m') o + Σ_j p_j v_j
 *
 * and at the end out = o / l, lse = m + ln l. Far and near tiles compute one score for each pair, mixed tiles two (`tiles.ts`).
 *
 * A thread of row group g and lane h holds rows g, g + 8, … of the tile: the scores of keys 4 h … 4 h + 3, and of `out` the columns
 * h, h + 8, … of four elements each. Queries, keys and values pass through workgroup memory 32 dimensions at a time, in rows of 8
 * columns. Rows are padded by one column, so that neighbouring lanes and groups use different memory banks.
 */
import type { KernelBands } from "./shape.ts";
import { sizesStruct } from "./sizes.ts";
import { outRow, type OutOrder } from "./out-order.ts";
import { columns, isThere, pitch, rowOf, scoresIn } from "./scores.ts";
import { storedAs, type Storage } from "./storage.ts";
import { lanes, rowGroups, threads, tileKeys } from "./tiles.ts";

/** Everything that the shader's text depends on. One pipeline serves every length, window and number of heads. */
export type AttendShader = {
  readonly kind: KernelBands["kind"];
  /** How many columns of `out`, of four elements each, a lane holds. */
  readonly columnsEach: number;
  readonly rowsEach: number;
  readonly storage: Storage;
  /** Whether the results are those of a split of the keys. Partial results are float32, and in the order of heads. */
  readonly split: boolean;
  readonly order: OutOrder;
  /** Whether scores are bounded. */
  readonly capped: boolean;
};

/** Bytes of workgroup memory: queries, keys or values, weights, and one number for each row and lane. */
export const attendWorkgroupBytes = ({ rowsEach }: AttendShader): number => {
  const rows = rowsEach * rowGroups;
  return 16 * pitch * (rows + tileKeys + rows) + 4 * rows * lanes;
};

/** WGSL that picks the scores of two bands. Whether a tile is far, near or mixed is the same for the whole workgroup. */
const twoBands = `
    let isFar = firstPosition >= lastKey + sizes.window;
    let isNear = lastPosition - firstKey < sizes.window;
    if (!isFar) {
      scores = nearScores(place, firstKey, lastKey);
    }
    if (!isNear) {
      let far = farScores(place, firstKey, lastKey);
      for (var r = 0u; r < rowsEach; r++) {
        scores[r] = select(scores[r], far[r], distances(place, r, firstKey) >= vec4(i32(sizes.window)));
      }
    }
    for (var r = 0u; r < rowsEach; r++) {
      scores[r] = select(vec4(unseen), scores[r], distances(place, r, firstKey) >= vec4(0));
    }`;

const oneBand = `
    scores = nearScores(place, firstKey, lastKey);
    for (var r = 0u; r < rowsEach; r++) {
      let distance = distances(place, r, firstKey);
      scores[r] = select(vec4(unseen), scores[r], (distance >= vec4(0)) & (distance < vec4(i32(sizes.window))));
    }`;

const inputsOf = (two: boolean): readonly string[] => [
  "nearQueries",
  "nearKeys",
  ...(two ? ["farQueries", "farKeys"] : []),
  "values",
];

/** Names of the bound buffers, in the order of their bindings. */
export const attendBuffers = ({ kind }: Pick<AttendShader, "kind">): readonly string[] => [
  "sizes",
  ...inputsOf(kind === "nearAndFar"),
  "out",
  "lse",
];

export const attendShader = (shader: AttendShader): string => {
  const { kind, columnsEach, rowsEach, storage, split, order, capped } = shader;
  const two = kind === "nearAndFar";
  const ofValues = two ? "far" : "near";
  const inputs = inputsOf(two);
  const [read, write] = [storedAs(storage), storedAs(split ? "float32" : storage)];
  return `const columnsEach = ${columnsEach}u;
const rowsEach = ${rowsEach}u;
const rowGroups = ${rowGroups}u;
const rows = ${rowsEach * rowGroups}u;
const lanes = ${lanes}u;
const threads = ${threads}u;
const tileKeys = ${tileKeys}u;
const columns = ${columns}u;
const pitch = ${pitch}u;
// Below every score. Infinities are left out: a shader may assume that there are none.
const unseen = -3.0e38;

${sizesStruct}

struct Place {
  thread: u32,
  lane: u32,
  rowGroup: u32,
  firstRow: u32,
  kvHead: u32,
}

alias Stored = ${read.type};
alias Written = ${write.type};

@group(0) @binding(0) var<uniform> sizes: Sizes;
${inputs.map((name, at) => `@group(0) @binding(${at + 1}) var<storage, read> ${name}: array<Stored>;`).join("\n")}
@group(0) @binding(${inputs.length + 1}) var<storage, read_write> out: array<Written>;
@group(0) @binding(${inputs.length + 2}) var<storage, read_write> lse: array<f32>;

var<workgroup> queryTile: array<vec4<f32>, rows * pitch>;
// Keys, then the values of the same tile.
var<workgroup> keyTile: array<vec4<f32>, tileKeys * pitch>;
var<workgroup> weights: array<vec4<f32>, rows * pitch>;
var<workgroup> ofLanes: array<f32, rows * lanes>;

fn widen(x: Stored) -> vec4<f32> { return ${read.widen}; }

fn narrow(x: vec4<f32>) -> Written { return ${write.narrow}; }

/** A row of a key-value head, as a row of queries and of out. */
fn queryRow(place: Place, row: u32) -> u32 {
  return (place.kvHead * sizes.group + row % sizes.group) * sizes.queryLen + row / sizes.group;
}

/** From the thread's row r back to its four keys; negative to keys after it, and to keys that are not attended to. */
fn distances(place: Place, r: u32, firstKey: u32) -> vec4<i32> {
  let row = place.firstRow + r * rowGroups + place.rowGroup;
  let position = i32(sizes.start + row / sizes.group);
  let keys = vec4(i32(firstKey + 4u * place.lane)) + vec4(0, 1, 2, 3);
  return select(vec4(-1), vec4(position) - keys, keys < vec4(i32(sizes.endKey)));
}
${scoresIn("near", capped)}${two ? scoresIn("far", capped) : ""}
@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  // What decides the control flow is kept apart from what differs between threads, or the compiler takes it to differ too.
  let firstRow = id.x * rows;
  let place = Place(thread, thread % lanes, thread / lanes, firstRow, id.y);
  let numRows = sizes.group * sizes.queryLen;
  let firstPosition = sizes.start + firstRow / sizes.group;
  let lastPosition = sizes.start + (min(firstRow + rows, numRows) - 1u) / sizes.group;

  // The keys that a row of the tile sees, and this workgroup's share of their tiles. Tiles begin at the first key of all.
  let lastSeen = min(lastPosition, sizes.endKey - 1u);
  var tile = ${two ? "0u" : "(max(max(firstPosition + 1u, sizes.window) - sizes.window, sizes.firstKey) - sizes.firstKey) / tileKeys"};
  let afterTiles = (lastSeen - sizes.firstKey) / tileKeys + 1u;
  tile = min(tile, afterTiles);
  let share = (afterTiles - tile + sizes.splits - 1u) / sizes.splits;
  tile += id.z * share;
  let end = min(tile + share, afterTiles);

  var largest: array<f32, rowsEach>;
  var total: array<f32, rowsEach>;
  var sum: array<vec4<f32>, rowsEach * columnsEach>;
  for (var r = 0u; r < rowsEach; r++) { largest[r] = unseen; }

  for (; tile < end; tile++) {
    let firstKey = sizes.firstKey + tile * tileKeys;
    let lastKey = min(firstKey + tileKeys - 1u, lastSeen);
    var scores: array<vec4<f32>, rowsEach>;${two ? twoBands : oneBand}

    for (var r = 0u; r < rowsEach; r++) {
      let pair = max(scores[r].xy, scores[r].zw);
      ofLanes[(r * rowGroups + place.rowGroup) * lanes + place.lane] = max(pair.x, pair.y);
    }
    workgroupBarrier();
    for (var r = 0u; r < rowsEach; r++) {
      let row = r * rowGroups + place.rowGroup;
      var next = largest[r];
      for (var lane = 0u; lane < lanes; lane++) { next = max(next, ofLanes[row * lanes + lane]); }
      let shrink = exp(largest[r] - next);
      let weight = select(vec4<f32>(), exp(scores[r] - vec4(next)), scores[r] > vec4(unseen));
      largest[r] = next;
      // Of this lane's keys alone; lanes are added up at the end.
      total[r] = total[r] * shrink + dot(weight, vec4(1.0));
      weights[row * pitch + place.lane] = weight;
      for (var c = 0u; c < columnsEach; c++) { sum[r * columnsEach + c] *= shrink; }
    }

    for (var c = 0u; c < columnsEach; c++) {
      workgroupBarrier();
      for (var at = thread; at < tileKeys * columns; at += threads) {
        let column = c * columns + at % columns;
        let key = firstKey + at / columns;
        var value = vec4<f32>();
        if (${isThere[ofValues]} && column < sizes.headColumns) {
          value = widen(values[(${rowOf(ofValues)}) * sizes.headColumns + column]);
        }
        keyTile[at / columns * pitch + at % columns] = value;
      }
      workgroupBarrier();
      for (var four = 0u; four < tileKeys / 4u; four++) {
        let value0 = keyTile[(4u * four) * pitch + place.lane];
        let value1 = keyTile[(4u * four + 1u) * pitch + place.lane];
        let value2 = keyTile[(4u * four + 2u) * pitch + place.lane];
        let value3 = keyTile[(4u * four + 3u) * pitch + place.lane];
        for (var r = 0u; r < rowsEach; r++) {
          let weight = weights[(r * rowGroups + place.rowGroup) * pitch + four];
          sum[r * columnsEach + c] += weight.x * value0 + weight.y * value1 + weight.z * value2 + weight.w * value3;
        }
      }
    }
  }

  workgroupBarrier();
  for (var r = 0u; r < rowsEach; r++) {
    ofLanes[(r * rowGroups + place.rowGroup) * lanes + place.lane] = total[r];
  }
  workgroupBarrier();
  for (var r = 0u; r < rowsEach; r++) {
    let row = r * rowGroups + place.rowGroup;
    if (firstRow + row >= numRows) { continue; }
    var whole = 0.0;
    for (var lane = 0u; lane < lanes; lane++) { whole += ofLanes[row * lanes + lane]; }
    let queryAt = queryRow(place, firstRow + row);
    let written = ${split ? "(sizes.firstSlice + id.z) * sizes.numHeads * sizes.queryLen + queryAt" : outRow(order, "queryAt")};
    // A split may hold no key that the row sees.
    let share = select(0.0, 1.0 / whole, whole > 0.0);
    for (var c = 0u; c < columnsEach; c++) {
      let column = c * columns + place.lane;
      if (column < sizes.headColumns) { out[written * sizes.headColumns + column] = narrow(sum[r * columnsEach + c] * share); }
    }
    if (place.lane == 0u) { lse[${split ? "written" : "queryAt"}] = select(unseen, largest[r] + log(whole), whole > 0.0); }
  }
}
`;
};
