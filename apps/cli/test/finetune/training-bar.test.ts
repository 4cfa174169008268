/** The line of a training: in 80 columns there is room for all of it. */
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { trainingBar } from "../../src/terminal/progress-bars.ts";

it("a training's line has its time left, and is whole in 80 columns", () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const bar = trainingBar(stream);
  bar.start(200, 0, { loss: "-", held: "", rate: "-", left: "-" });
  bar.update(199, { loss: "2.345", held: ", held out 2.456", rate: "1,234", left: "12 min" });
  bar.stop();
  const drawn = String(stream.read());
  expect(drawn).toContain("░ step 0 of 200, - left  loss -, - tokens/s");
  expect(drawn).toContain(" step 199 of 200, 12 min left  loss 2.345, held out 2.456, 1,234 tokens/s");
});
