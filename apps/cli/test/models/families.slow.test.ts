/** A checkpoint of every family through `ropewalk logits`, against Hugging Face transformers, beyond the trained window. */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { tinyCheckpoints } from "@ropewalk/testing/vectors";
import { describe, expect, it } from "vitest";
import { idsFile, ropewalk } from "../run.ts";

const folder = resolve(tinyCheckpoints);

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

/** What flags make of a model is the same on every backend, so one of them runs a family's last case alone. */
const casesOn: Readonly<Record<string, (cases: readonly Case[]) => readonly Case[]>> = {
  cpu: (cases) => cases,
  wasm: (cases) => cases.slice(-1),
};

const flags = ({ groupSize, window, logNContext }: Case): readonly string[] => [
  ...(groupSize === null ? [] : ["--method", "self-extend", "--group-size", `${groupSize}`, "--window", `${window}`]),
  ...(logNContext === null ? [] : ["--entropy", "log-n", "--trained-context", `${logNContext}`]),
];

describe.each(Object.keys(casesOn))("on %s", (backend) => {
  it.each(readdirSync(folder))("%s", async (family) => {
    for (const golden of casesOn[backend]!(longest(family))) {
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
