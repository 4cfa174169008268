/**
 * Families whose heads or layers differ, through the flags of `ropewalk logits`, against Hugging Face transformers: every mapping of
 * their goldens, prefilled token by token, in chunks of 7 and in one. In one process, for each run takes a fraction of a start.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import type { LayeredCase } from "@ropewalk/testing/goldens/layered-cases";
import { layeredCheckpoints } from "@ropewalk/testing/vectors";
import { afterAll, describe, expect, it, vi } from "vitest";
import { run } from "../../src/program.ts";
import { file, idsFile, scratch } from "../run.ts";

afterAll(() => rmSync(scratch, { recursive: true }));

// Each command listens for interrupts and broken pipes, as the only one of its process.
for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(0);

const layered = resolve(layeredCheckpoints);

/** A module of one's own: exact, groups, larger groups. */
const threeBands = ({ window, window2, groupSize, groupSize2 }: LayeredCase["method"]): string =>
  file(
    // A process loads a module of a name once.
    `three-bands-${window}-${window2}-${groupSize}-${groupSize2}.mjs`,
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
    "--method",
    "self-extend",
    "--group-size",
    `${groupSize}`,
    "--window",
    `${window}`,
  ],
  string: ({ shiftFrom, window }) => ["--method", "string", "--shift-from", `${shiftFrom}`, "--window", `${window}`],
  "dual-chunk": ({ chunkSize, localSize }) => [
    "--method",
    "dual-chunk",
    "--position-chunk",
    `${chunkSize}`,
    "--local-size",
    `${localSize}`,
  ],
  sinks: ({ sinks, window }) => ["--method", "sinks", "--sinks", `${sinks}`, "--window", `${window}`],
  "three-bands": (numbers) => ["--method", threeBands(numbers)],
};

type Logits = { readonly last: readonly number[]; readonly argmaxAll: readonly number[] };

/** What the command prints. */
const printed = async (...args: readonly string[]): Promise<Logits> => {
  const [output, messages] = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockReturnValue(true),
  );
  await run(args);
  const [text, said] = [output!, messages!].map((own) => own.mock.calls.map(([piece]) => String(piece)).join(""));
  vi.restoreAllMocks();
  // No window is off, and nothing else is changed that was not asked for.
  expect(said).toMatch(/^(logits: beyond the capacity, .*\n)?$/);
  return JSON.parse(text!) as Logits;
};

const casesOf = (family: string): readonly LayeredCase[] =>
  (
    JSON.parse(readFileSync(`${layered}/${family}/golden-logits.json`, "utf8")) as {
      readonly cases: readonly LayeredCase[];
    }
  ).cases;

/** Token by token, in chunks of 7, in one: each length of a mapping takes another, and each backend too. */
const chunkSizes: readonly (readonly string[])[] = [["--chunk-size", "1"], ["--chunk-size", "7"], []];
const lengths: readonly number[] = [9, 40, 100];
const backends = ["cpu", "wasm"] as const;

describe.each(backends)("%s", (backend) => {
  it.each(readdirSync(layered))("%s", async (family) => {
    const cases = casesOf(family);
    expect(cases).toHaveLength(family === "gemma2" ? 14 : 17);
    for (const [index, { method, logNContext, inputIds, logitsLast, argmaxAll }] of cases.entries()) {
      expect(lengths).toContain(inputIds.length);
      const turn = index + lengths.indexOf(inputIds.length) + backends.indexOf(backend);
      const own = await printed(
        ...["logits", `${layered}/${family}`, "--ids", idsFile("ids.json", inputIds), "--backend", backend],
        ...flagsOf[method.kind]!(method),
        ...(logNContext === undefined ? [] : ["--entropy", "log-n", "--trained-context", `${logNContext}`]),
        ...chunkSizes[turn % chunkSizes.length]!,
      );
      const named = `${JSON.stringify(method)}, log-n ${logNContext}, ${inputIds.length} tokens`;
      expect(own.last, named).toHaveLength(logitsLast.length);
      expect(Math.max(...logitsLast.map((logit, token) => Math.abs(logit - own.last[token]!))), named).toBeLessThan(
        2e-3,
      );
      expect(own.argmaxAll, named).toEqual(argmaxAll);
    }
  });
});
