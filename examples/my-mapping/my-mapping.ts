/**
 * A mapping that no package has: the further away a token is, the more tokens share its position. With groups of G = 8 from the distance
 * 64 on, and of H = 64 from the distance 512 on:
 *
 *     i - j <  64:  rel(i, j) = i - j
 *     i - j < 512:  rel(i, j) = floor(i/G) - floor(j/G) + 64 - 64/G
 *     i - j ≥ 512:  rel(i, j) = floor(i/H) - floor(j/H) + 64 - 64/G + 512/G - 512/H
 *
 * Each band continues where the one before it ends. A key's position depends on the key alone.
 */
import { capacityOfBands, nearBand } from "@ropewalk/position-mapping/bands";
import type { PositionScheme } from "@ropewalk/position-mapping/scheme";

const grouped =
  (size: number) =>
  (token: number): number =>
    Math.floor(token / size);

const [near, middle] = [64, 512];
const [eights, many] = [grouped(8), grouped(64)];
const shift = near - eights(near);

const bands = [
  nearBand(near),
  { from: near, to: middle, query: (i: number) => eights(i) + shift, key: eights },
  { from: middle, to: Infinity, query: (i: number) => many(i) + shift + eights(middle) - many(middle), key: many },
];

const mapping: PositionScheme = {
  kind: "custom",
  name: "my mapping",
  window: near,
  bands,
  capacity: (trainedContext) => capacityOfBands({ trainedContext }, bands),
  remedy: () => "a model of a longer context would fit",
};

export default mapping;
