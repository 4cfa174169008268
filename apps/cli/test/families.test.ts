/** A checkpoint of every family through `ropewalk logits`, against Hugging Face transformers, beyond the trained window. */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { LayeredCase } from "../../../packages/generation/test/layered-cases.ts";
import { file, idsFile, ropewalk } from "./run.ts";

const folder = resolve("packages/models/test/vectors/tiny");

type Case = {
  readonly method: string;
  readonly groupSize: number | null;
  readonly window: number | null;
  readonly logNContext: number | null;
  readonly inputIds: readonly number[];
  readonly logitsLast: readonly number[];
  readonly argmaxAll: readonly number[];
};

const longest = (family: string): readonly Case[] => {
  const { cases } = JSON.parse(readFileSync(`${folder}/${family}/golden-logits.json`, "utf8")) as {
    readonly cases: readonly Case[];
  };
  const most = Math.max(...cases.map(({ inputIds }) => inputIds.length));
  return cases.filter(({ inputIds }) => inputIds.length === most);
};

const flags = ({ groupSize, window, logNContext }: Case): readonly string[] => [
  ...(groupSize === null ? [] : ["--method", "self-extend", "--group-size", `${groupSize}`, "--window", `${window}`]),
  ...(logNContext === null ? [] : ["--entropy", "log-n", "--trained-context", `${logNContext}`]),
];

/** A module of one's own: exact, groups, larger groups. */
const threeBands = ({ window, window2, groupSize, groupSize2 }: LayeredCase["method"]): string =>
  file(
    "three-bands.mjs",
    `const grouped = (size) => (token) => Math.floor(token / size);
    const [middle, outer] = [grouped(${groupSize}), grouped(${groupSize2})];
    const shift = ${window} - middle(${window});
    const shift2 = middle(${window2}) + shift - outer(${window2});
    export default {
      kind: "custom", name: "three bands", window: ${window}, capacity: () => Infinity, remedy: () => "nothing would fit",
      bands: [
        { from: 0, to: ${window}, query: (i) => i, key: (j) => j },
        { from: ${window}, to: ${window2}, query: (i) => middle(i) + shift, key: middle },
        { from: ${window2}, to: Infinity, query: (i) => outer(i) + shift2, key: outer },
      ],
    };`,
  );

/** The flags of a golden's mapping. */
const flagsOf: Readonly<Record<string, (numbers: LayeredCase["method"]) => readonly string[]>> = {
  none: () => [],
  "self-extend": ({ groupSize, window }) => [
    ...["--method", "self-extend", "--group-size", `${groupSize}`, "--window", `${window}`],
  ],
  string: ({ shiftFrom, window }) => ["--method", "string", "--shift-from", `${shiftFrom}`, "--window", `${window}`],
  "dual-chunk": ({ chunkSize, localSize }) => [
    ...["--method", "dual-chunk", "--position-chunk", `${chunkSize}`, "--local-size", `${localSize}`],
  ],
  sinks: ({ sinks, window }) => ["--method", "sinks", "--sinks", `${sinks}`, "--window", `${window}`],
  "three-bands": (numbers) => ["--method", threeBands(numbers)],
};

describe.each(["cpu", "wasm"])("on %s", (backend) => {
  it.each(readdirSync(folder))("%s", async (family) => {
    for (const golden of longest(family)) {
      const ids = idsFile(`${family}.json`, golden.inputIds);
      const { stdout, stderr, code } = await ropewalk(
        ...["logits", `${folder}/${family}`, "--ids", ids, "--backend", backend],
        ...flags(golden),
      );
      expect(stderr.includes("sliding window of 24 tokens is off")).toBe(
        family === "mistral" && golden.groupSize !== null,
      );
      expect(code).toBe(0);
      const { last, argmaxAll } = JSON.parse(stdout) as Record<"last" | "argmaxAll", readonly number[]>;
      const differences = golden.logitsLast.map((logit, token) => Math.abs(logit - last[token]!));
      expect(last).toHaveLength(golden.logitsLast.length);
      expect(Math.max(...differences)).toBeLessThan(2e-3);
      expect(argmaxAll).toEqual(golden.argmaxAll);
    }
  });
});

describe.each(["cpu", "wasm"])("heads of a width of their own, norms and ties of another family, on %s", (backend) => {
  const layered = resolve("packages/models/test/vectors/layered");

  it.each(readdirSync(layered))("%s", async (family) => {
    const { cases } = JSON.parse(readFileSync(`${layered}/${family}/golden-logits.json`, "utf8")) as {
      readonly cases: readonly LayeredCase[];
    };
    const asked = cases.filter(({ inputIds }) => inputIds.length === 100);
    expect(asked).toHaveLength(7);
    for (const { method, logNContext, inputIds, logitsLast, argmaxAll } of asked) {
      const entropy = logNContext === undefined ? [] : ["--entropy", "log-n", "--trained-context", `${logNContext}`];
      const { stdout, code } = await ropewalk(
        ...["logits", `${layered}/${family}`, "--ids", idsFile(`${family}.json`, inputIds), "--backend", backend],
        ...[...flagsOf[method.kind]!(method), ...entropy],
      );
      expect(code).toBe(0);
      const own = JSON.parse(stdout) as Record<"last" | "argmaxAll", readonly number[]>;
      expect(own.last).toHaveLength(logitsLast.length);
      expect(Math.max(...logitsLast.map((logit, token) => Math.abs(logit - own.last[token]!)))).toBeLessThan(2e-3);
      expect(own.argmaxAll).toEqual(argmaxAll);
    }
  });
});
