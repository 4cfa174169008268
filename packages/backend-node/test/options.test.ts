import { describe, expect, it } from "vitest";
import { cpu, cuda } from "../src/index.ts";

const refusals: readonly (readonly [() => unknown, string])[] = [
  [
    () => cpu({ thread: 4 } as object),
    'TypeError: cpu: options must have no keys but threads, spinning, got "thread"; threads is meant?',
  ],
  [() => cpu(4 as never), "TypeError: cpu: options must be an object, got 4"],
  [() => cpu({ threads: "8" as never }), 'TypeError: cpu: threads must be a number, got "8"'],
  [() => cpu({ threads: Number.NaN }), "RangeError: cpu: threads must be a positive integer, got NaN"],
  [() => cpu({ spinning: "no" as never }), 'TypeError: cpu: spinning must be true or false, got "no"'],
  [
    () => cuda({ device: 1 } as object),
    'TypeError: cuda: options must have no keys but deviceId, got "device"; deviceId is meant?',
  ],
  [() => cuda({ deviceId: "1" as never }), 'TypeError: cuda: deviceId must be a number, got "1"'],
  [() => cuda({ deviceId: 0.5 }), "RangeError: cuda: deviceId must be a non-negative integer, got 0.5"],
];

describe("options", () => {
  it.each(refusals)("%s", (make, message) => {
    let said = "nothing";
    try {
      make();
    } catch (error) {
      said = String(error);
    }
    expect(said).toBe(message);
  });

  it("are taken where they are known", () => {
    expect(cpu({ threads: 2, spinning: true }).name).toBe("cpu");
    expect(cuda({ deviceId: 1 }).name).toBe("cuda");
  });
});
