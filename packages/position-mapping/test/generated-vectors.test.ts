/** The golden matrices are what their generator gives. */
import { expect, it } from "vitest";
import { positionMatrices, selfExtendMatrices } from "./vectors/generate-matrices.ts";
import positionVectors from "./vectors/position-matrices.json" with { type: "json" };
import selfExtendVectors from "./vectors/self-extend-matrices.json" with { type: "json" };

it("self-extend-matrices.json", () => {
  expect(selfExtendMatrices()).toEqual(selfExtendVectors);
});

it("position-matrices.json", () => {
  const matrices = positionVectors.matrices.map(({ kind, parameters, rows }) => ({ kind, parameters, rows }));
  expect(positionMatrices()).toEqual(matrices);
});
