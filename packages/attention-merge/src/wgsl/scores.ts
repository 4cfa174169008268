/**
 * WGSL for the scores of a tile of queries and 32 keys in one band. Each thread computes the scores of its rows and four keys:
 *
 *   s_ij = q_b(i) · k_b(j)
 *
 * Queries and keys are copied to workgroup memory 32 dimensions at a time, and the products of all pairs are added up from there.
 */

/** How many columns of four elements pass through workgroup memory at once, and the padded length of their rows. */
export const columns = 8;
export const pitch: number = columns + 1;

type Band = "near" | "far";

const rows: Readonly<Record<Band, string>> = { near: "near", far: "key" };

/** WGSL for the row of a band's `key`; with one band also the row of its value. A run of keys goes round a ring once at most. */
export const rowOf = (band: Band): string => {
  const [base, capacity] = [`sizes.${rows[band]}Base`, `sizes.${rows[band]}Capacity`];
  return `place.kvHead * ${capacity} + key - ${base} - select(0u, ${capacity}, key - ${base} >= ${capacity})`;
};

/** Whether the key has a row, in WGSL. */
export const isThere: Readonly<Record<Band, string>> = {
  near: "key >= sizes.nearFirst && key <= lastKey",
  far: "key <= lastKey",
};

/** Beyond this tanh is 1 in float32, and some drivers overflow. */
const mostOfTanh = 15;

/** WGSL that bounds scores: c tanh(s / c). */
const capScores = `  for (var r = 0u; r < rowsEach; r++) {
    let share = clamp(scores[r] / sizes.softcap, vec4(-${mostOfTanh}.0), vec4(${mostOfTanh}.0));
    scores[r] = sizes.softcap * tanh(share);
  }
`;

/**
 * The function `nearScores` or `farScores`, in WGSL. It has barriers, so the whole workgroup must call it.
 *
 * @param capped - whether scores are bounded
 */
export const scoresIn = (band: Band, capped: boolean): string => `
fn ${band}Scores(place: Place, firstKey: u32, lastKey: u32) -> array<vec4<f32>, rowsEach> {
  var scores: array<vec4<f32>, rowsEach>;
  for (var first = 0u; first < sizes.headColumns; first += columns) {
    workgroupBarrier();
    for (var at = place.thread; at < rows * columns; at += threads) {
      let column = first + at % columns;
      let row = place.firstRow + at / columns;
      var value = vec4<f32>();
      if (row < sizes.group * sizes.queryLen && column < sizes.headColumns) {
        value = widen(${band}Queries[queryRow(place, row) * sizes.headColumns + column]);
      }
      queryTile[at / columns * pitch + at % columns] = value;
    }
    for (var at = place.thread; at < tileKeys * columns; at += threads) {
      let column = first + at % columns;
      let slot = at / columns;
      let key = firstKey + slot;
      var value = vec4<f32>();
      if (${isThere[band]} && column < sizes.headColumns) {
        value = widen(${band}Keys[(${rowOf(band)}) * sizes.headColumns + column]);
      }
      // A lane's four keys lie 8 rows apart: lanes then read neighbouring rows.
      keyTile[(slot % 4u * lanes + slot / 4u) * pitch + at % columns] = value;
    }
    workgroupBarrier();
    for (var column = 0u; column < columns; column++) {
      let key0 = keyTile[place.lane * pitch + column];
      let key1 = keyTile[(lanes + place.lane) * pitch + column];
      let key2 = keyTile[(2u * lanes + place.lane) * pitch + column];
      let key3 = keyTile[(3u * lanes + place.lane) * pitch + column];
      for (var r = 0u; r < rowsEach; r++) {
        let query = queryTile[(r * rowGroups + place.rowGroup) * pitch + column];
        scores[r] += vec4(dot(query, key0), dot(query, key1), dot(query, key2), dot(query, key3));
      }
    }
  }
${capped ? capScores : ""}  return scores;
}
`;
