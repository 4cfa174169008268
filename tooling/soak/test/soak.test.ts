/** A small part of a long run; how memory grows is seen by `npm run soak` alone. */
import { expect, it } from "vitest";
import { growth, percent } from "../src/memory.ts";
import { abortsAtRandom } from "../src/soaks/aborts.ts";

it("a few aborts end their texts, and the texts behind them are right", async () => {
  expect(await abortsAtRandom.run(0.02)).toEqual({ figure: "4 of 4 aborted, 4 right behind them", holds: true });
});

it("growth is a share of what was", () => {
  expect(percent(growth(200, 203))).toBe("1.5 %");
  expect(percent(growth(200, 190))).toBe("-5.0 %");
});
