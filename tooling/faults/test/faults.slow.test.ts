/** A small part of the faults; `npm run faults` does all of them. */
import { expect, it } from "vitest";
import { faults } from "../src/faults/index.ts";
import { killing } from "../src/faults/kills.ts";

const run = async (name: string, scale: number): Promise<void> => {
  const { figure, holds } = await faults.find((fault) => fault.name === name)!.run(scale);
  expect(holds, figure).toBe(true);
};

it("a download that is killed leaves old or new files, and the next one succeeds", () => run("kills: download", 0.02));

it("two downloads of one file both succeed", () => run("two writers: download", 0.1));

it("a download to a disk that is full is refused by name", () => run("full disk: download", 0.12));

it.each([
  ["by a signal", `process.kill(process.pid, "SIGABRT")`, /ended by itself with SIGABRT/],
  ["by an error", `throw new Error("not today")`, /ended by itself with 1: [^]*not today/],
])("a writer that ends %s of its own is wrong, and is not waited for", async (_, end, words) => {
  let runs = 0;
  const { figure, holds } = await killing({
    name: "crashing",
    prepare: async () => {},
    // The first one is undisturbed, and must succeed.
    args: () => ["-e", runs++ === 0 ? `fs.writeFileSync("out/file", "")` : end],
    unitOf: (file) => file,
    bothSucceed: true,
  }).run(0.02);
  expect(holds).toBe(false);
  expect(figure).toMatch(words);
});
