/** A few inputs at each door, and doors that are at fault themselves: the runner must notice what each does. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { defineDoor } from "../src/doors/define-door.ts";
import { doors } from "../src/doors/index.ts";
import type { Place } from "../src/door.ts";
import { runDoor, type DoorReport } from "../src/run-door.ts";

const scratch = mkdtempSync(join(tmpdir(), "ropewalk-fuzz-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const quick = doors.filter(({ name }) => name !== "command-line flags" && name !== "folders to extend");

it.each(quick)("$name: broken inputs end cleanly or in a named error", async (door) => {
  const { inputs, faults } = await runDoor(door, { from: 0, to: 15, scratch: join(scratch, "door") });
  expect(faults).toEqual([]);
  expect(inputs).toBe(15);
});

const busyFor = (seconds: number): void => {
  const started = process.cpuUsage();
  for (;;) {
    const { user, system } = process.cpuUsage(started);
    if ((user + system) / 1e6 > seconds) return;
  }
};

/** A door that takes its seed in, and does something else with every other input. */
const doing = (call: (place: Place) => unknown): Promise<DoorReport> =>
  runDoor(
    defineDoor<number>({
      name: "a door",
      seeds: () => [0],
      mutate: () => fc.constant(1),
      call: (input, place) => (input === 0 ? undefined : call(place)),
    }),
    { from: 0, to: 1, scratch: join(scratch, "door") },
  );

describe("a door", () => {
  it.each<readonly [string, () => unknown, RegExp | undefined]>([
    ["takes an input in", () => 1, undefined],
    [
      "refuses it by name",
      () => {
        throw new RangeError('readConfig: size must be 1, got "x is not a function"');
      },
      undefined,
    ],
    ["throws the engine's error", () => (undefined as unknown as { a: number }).a, /begin with a function's name/],
    [
      "names a function, and says what the engine says",
      () => {
        throw new TypeError("readConfig: Cannot read properties of undefined");
      },
      /the engine's words "Cannot read propert"/,
    ],
    ["throws a SyntaxError", () => JSON.parse("{"), /of a plain class, got SyntaxError/],
    ["throws what is no error", () => Promise.reject("no"), /must be an Error, got no/],
    ["takes too long", () => busyFor(1.1), /at most 1 s of processor time/],
    ["takes too much memory", () => new Uint8Array(400e6).fill(1), /at most 200 MB/],
  ])("that %s", async (_, call, fault) => {
    const { faults } = await doing(call);
    expect(faults.map(({ what }) => what)).toEqual(fault === undefined ? [] : [expect.stringMatching(fault)]);
  });

  it("that writes beside the asked folder is found out, and what it wrote is taken away", async () => {
    const { faults } = await doing(({ folder }) => writeFileSync(join(folder, "..", "escaped"), ""));
    expect(faults).toMatchObject([{ input: "0", what: expect.stringContaining("escaped") }]);
  });

  it("whose seed is refused has no seed", async () => {
    const refusing = defineDoor<number>({
      name: "a door",
      seeds: () => [0],
      mutate: () => fc.constant(0),
      call: () => {
        throw new RangeError("readConfig: size must be 1, got 0");
      },
    });
    const { faults, taken } = await runDoor(refusing, { from: 0, to: 1, scratch: join(scratch, "door") });
    expect(faults).toMatchObject([{ input: "seed 0" }]);
    expect(taken).toBe(0);
  });

  it("gives an input again by its number", async () => {
    const seen: number[] = [];
    const door = defineDoor<number>({
      name: "a door",
      seeds: () => [0],
      mutate: () => fc.integer(),
      call: (input) => void seen.push(input),
    });
    const range = { from: 5, to: 6, scratch: join(scratch, "door") };
    await runDoor(door, range);
    await runDoor(door, range);
    expect(seen[1]).toBe(seen[3]);
  });
});
