import { readRecords, recordLine, type CellRecord } from "@ropewalk/evals";
import { mutateText } from "../mutations/mutate-text.ts";
import { mutateJsonText } from "../mutations/mutate-json.ts";
import fc from "fast-check";
import { defineDoor } from "./define-door.ts";

const hash = (letter: string): string => letter.repeat(64);

const cell = (letter: string): CellRecord => ({
  record: "cell",
  hash: hash(letter),
  model: "a model",
  method: "self-extend",
  kind: "passkey",
  params: { length: 64, depth: 0.5 },
  positions: "SelfExtend, groups of 4",
  groupSize: 4,
  window: 16,
  beyondCapacity: false,
  result: { found: 1, trials: 1 },
});

const lines = [
  recordLine({ record: "sweep", version: 1, sweep: hash("a"), cells: 2 }),
  recordLine(cell("b")),
  recordLine(cell("c")),
];

export const sweepStates = defineDoor<readonly string[]>({
  name: "sweep states",
  seeds: () => [lines],
  mutate: (seed) =>
    fc.oneof(
      fc
        .tuple(fc.nat(seed.length - 1), fc.nat(), fc.boolean())
        .chain(([at, , end]) =>
          mutateJsonText(seed[at]!.trim()).map((text) => seed.with(at, end ? `${text}\n` : text)),
        ),
      mutateText(seed.join(""), ["\n", "\r\n", "{", '"record":"cell"', "\u0000", "null\n", "[]\n", "1\n"]).map(
        (text) => [text],
      ),
    ),
  call: (text) => readRecords("readRecords: results.jsonl", text.join("")),
});
