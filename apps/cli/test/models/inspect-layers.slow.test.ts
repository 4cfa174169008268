/** `ropewalk inspect` of models whose layers differ: how many attend how, which the method is for, what their cache takes. */
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { modelVectors } from "@ropewalk/testing/vectors";
import { afterAll, describe, expect, it } from "vitest";
import { ropewalk, scratch } from "../run.ts";

afterAll(() => rmSync(scratch, { recursive: true }));

const vectors = resolve(modelVectors);

type Group = Readonly<Record<"keyValueBytes", number>> & Readonly<Record<string, unknown>>;
type Report = {
  readonly keyValueBytes: number;
  readonly groups: readonly Group[];
  readonly notices: readonly string[];
};

const inspected = async (model: string, ...flags: readonly string[]): Promise<string> => {
  const { stdout, code } = await ropewalk("inspect", `${vectors}/${model}`, ...flags);
  expect(code).toBe(0);
  return stdout;
};

const reportOf = async (model: string, ...flags: readonly string[]): Promise<Report> =>
  JSON.parse(await inspected(model, "--json", ...flags)) as Report;

describe("inspect of layers that differ", () => {
  it("says how many layers attend how, within 80 columns", async () => {
    const text = await inspected("layered/gemma2", ..."--length 500 --group-size 10 --window 20".split(" "));
    expect(Math.max(...text.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
    const facts = text.replaceAll(/\n {2,}/g, " ");
    for (const line of [
      /^rope scaling +default, theta 10000$/m,
      /^sliding window +12 tokens in 2 of 4 layers$/m,
      /^scores +times 0\.2236 and within 20$/m,
      /^attention +2 of 4 layers, which keep their window: the last 12 keys, in one band; [\d.]+ kB of keys and values 2 of 4 layers, which the method is for: near and far by distance, from 20 on; [\d.]+ kB of keys and values$/m,
    ])
      expect(facts).toMatch(line);
  });

  // In Gemma 3 all layers rotate; in SmolLM3 all see everything.
  it.each([
    ["gemma3", "3 of 4 layers, which slide", "1 of 4 layers, which see everything"],
    ["smollm3", "3 of 4 layers, which rotate", "1 of 4 layers, which do not rotate"],
  ])("of %s as it is says what sets layers apart", async (family, ...kinds) => {
    const text = await inspected(`layered/${family}`, "--method", "none");
    for (const kind of kinds) expect(text.replaceAll(/\n {2,}/g, " ")).toContain(`${kind}: `);
  });

  it.each<readonly [string, string, readonly object[]]>([
    [
      "layered/gemma3",
      "--method self-extend --group-size 10 --window 20 --entropy log-n",
      [
        {
          layers: [0, 1, 2],
          extended: false,
          positions: "SlidingWindow(window 12)",
          attention: "window",
          ropeTheta: 1000,
          ropeScaling: "default",
          slidingWindow: 12,
          softcap: null,
          entropy: "none",
        },
        {
          layers: [3],
          extended: true,
          positions: "SelfExtend(groupSize 10, window 20)",
          attention: "near-far",
          ropeTheta: 100_000,
          ropeScaling: "linear",
          slidingWindow: null,
          softcap: null,
          entropy: "log-n",
        },
      ],
    ],
    [
      "layered/smollm3",
      "--method yarn --factor 10",
      [
        { layers: [0, 1, 2], extended: true, positions: "plain", ropeTheta: 10_000, ropeScaling: "yarn" },
        { layers: [3], extended: false, positions: "plain", ropeTheta: null, ropeScaling: null },
      ],
    ],
    [
      "layered/qwen3-mixed",
      "--method dual-chunk --position-chunk 40 --local-size 10",
      [
        { layers: [0, 1], extended: true, attention: "chunked", scoreScale: 0.25 },
        { layers: [2, 3], extended: false, attention: "window", slidingWindow: 12 },
      ],
    ],
    [
      "tiny/llama",
      "--method sinks --sinks 3 --window 25",
      [{ layers: [0, 1, 2], extended: true, attention: "masked" }],
    ],
  ])("of %s under %s says it as data", async (model, flags, groups) => {
    const [short, long] = await Promise.all(
      ["500", "50000"].map((length) => reportOf(model, ...flags.split(" "), "--length", length)),
    );
    expect(short!.groups).toMatchObject(groups);
    expect(short!.groups).toHaveLength(groups.length);
    expect(short!.notices).toEqual([]);
    for (const { keyValueBytes, groups: own } of [short!, long!])
      expect(own.reduce((sum, group) => sum + group.keyValueBytes, 0)).toBe(keyValueBytes);
    // Under a window, and under sinks, the cache is bounded.
    for (const [at, { attention, keyValueBytes }] of short!.groups.entries()) {
      const times = long!.groups[at]!.keyValueBytes / keyValueBytes;
      if (attention === "window" || flags.includes("sinks")) expect(times).toBe(1);
      else expect(times).toBeGreaterThan(50);
    }
  });

  it("is one group where all layers slide: the method is for them, and their window off", async () => {
    const { groups, notices } = await reportOf("tiny/mistral", ..."--group-size 10 --window 20".split(" "));
    expect(groups).toMatchObject([{ extended: true, attention: "near-far", slidingWindow: null }]);
    expect(notices).toContainEqual(expect.stringMatching(/^the checkpoint's sliding window of 24 tokens is off: /));
    expect(await reportOf("tiny/mistral", "--method", "none")).toMatchObject({
      groups: [{ positions: "SlidingWindow(window 24)", slidingWindow: 24 }],
      notices: [],
    });
  });
});
