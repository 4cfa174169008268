/** That a disk takes what a run keeps is asked before its first step. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TrainConfig } from "@ropewalk/finetune";
import { expect, it } from "vitest";
import { checkRoom } from "../../src/finetune/training-states.ts";
import { ropewalk, scratch } from "../run.ts";

/** A run over a model of so many weights. */
const over = (weights: number): TrainConfig =>
  ({ model: { source: { kind: "checkpoint", decoder: { tensors: { w: [weights] } } } } }) as unknown as TrainConfig;

const home = join(scratch, "home");
mkdirSync(home);

it("asks for two states of all weights, for one where one is there, and for none of an adapter", async () => {
  const folder = join(home, "new", "run.training");
  await checkRoom(folder, over(1000), 2);
  await expect(checkRoom(folder, over(1e18), 2)).rejects.toThrow(
    /^finetune: .*new must have \S+ TB of room, for two states of the run, got .*B$/,
  );
  await expect(checkRoom(folder, over(1e18), 1)).rejects.toThrow(/for a state of the run/);
  await checkRoom(folder, { ...over(1e18), lora: { rank: 2 } }, 2);
  expect(readdirSync(home)).toEqual([]);
});

it("says where nothing can be written", async () => {
  writeFileSync(join(home, "file"), "");
  await expect(checkRoom(join(home, "file", "run.training"), over(1), 2)).rejects.toThrow(
    /^finetune: .*file.run\.training must be a folder that can be written, got E/,
  );
});

it.runIf(process.platform === "linux")(
  "refuses a file system that takes no folders, before a step is done",
  async () => {
    const data = join(home, "file.txt");
    writeFileSync(data, "A cat met a dog. ".repeat(20));
    const args = ["--data", data, "--length", "24", "--steps", "1", "--batch-size", "1", "--output", "/proc/tuned"];
    const { code, stdout, stderr } = await ropewalk("finetune", "stories260K", ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /^ropewalk: finetune: \/proc\/tuned\.training must be a folder that can be written, got ENOENT/,
    );
  },
);
