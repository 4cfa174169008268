/** Progress in a log: no line of a short run, one every 20 seconds of a long one. */
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { newBar } from "../src/terminal/progress-bars.ts";
import { progressLines } from "../src/terminal/progress-lines.ts";

it("says how far a long run is, and is silent about a short one", () => {
  const stream = new PassThrough();
  let now = 5000;
  const lines = progressLines("{value} of {total}, {what}", stream, () => now);
  lines.start(200, 0, { what: "loading" });
  for (let step = 1; step <= 45; step++) {
    now += 1000;
    lines.increment(2, { what: `step ${step}` });
  }
  lines.stop();
  expect(String(stream.read())).toBe("20%  40 of 200, step 20\n40%  80 of 200, step 40\n");
  const bar = newBar("{what}", stream);
  bar.start(10, 0, { what: "loading" });
  bar.update(10, { what: "done" });
  bar.stop();
  expect(stream.read()).toBeNull();
});
