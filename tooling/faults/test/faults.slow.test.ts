/** A small part of the faults; `npm run faults` does all of them. */
import { expect, it } from "vitest";
import { faults } from "../src/faults/index.ts";

const run = async (name: string, scale: number): Promise<void> => {
  const { figure, holds } = await faults.find((fault) => fault.name === name)!.run(scale);
  expect(holds, figure).toBe(true);
};

it("a download that is killed leaves old or new files, and the next one succeeds", () => run("kills: download", 0.02));

it("two downloads of one file both succeed", () => run("two writers: download", 0.1));

it("a download to a disk that is full is refused by name", () => run("full disk: download", 0.12));
