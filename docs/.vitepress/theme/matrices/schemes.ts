/** The mappings of the live matrices, a row each: its name, and its scheme out of the reader's numbers. */
import type { PositionMapping } from "@ropewalk/position-mapping";
import { plain } from "@ropewalk/position-mapping";
import { positionMapping, type PositionScheme } from "@ropewalk/position-mapping/scheme";
import { numberOf, type Control, type Settings } from "./matrix.ts";

type Row = {
  readonly name: string;
  /** The numbers that it reads. */
  readonly reads: readonly string[];
  readonly scheme?: (of: (name: string) => number) => PositionScheme;
};

const rows: Readonly<Record<string, Row>> = {
  "self-extend": {
    name: "SelfExtend",
    reads: ["group", "window"],
    scheme: (of) => ({ kind: "self-extend", groupSize: of("group"), window: of("window") }),
  },
  plain: { name: "plain RoPE", reads: [] },
  "re-rope": { name: "ReRoPE", reads: ["window"], scheme: (of) => ({ kind: "re-rope", window: of("window") }) },
  "leaky-re-rope": {
    name: "Leaky ReRoPE",
    reads: ["group", "window"],
    scheme: (of) => ({ kind: "leaky-re-rope", factor: of("group"), window: of("window") }),
  },
  string: {
    name: "STRING",
    reads: ["shift", "window"],
    scheme: (of) => ({ kind: "string", shiftFrom: of("shift"), window: of("window") }),
  },
  "dual-chunk": {
    name: "dual chunk attention",
    reads: ["chunk", "local"],
    scheme: (of) => ({ kind: "dual-chunk", chunkSize: of("chunk"), localSize: of("local") }),
  },
  sinks: {
    name: "sinks",
    reads: ["sinks", "window"],
    scheme: (of) => ({ kind: "sinks", sinks: of("sinks"), window: of("window") }),
  },
  "sliding-window": {
    name: "sliding window",
    reads: ["window"],
    scheme: (of) => ({ kind: "sliding-window", window: of("window") }),
  },
};

const read =
  (name: string) =>
  ({ method }: Settings): boolean =>
    rows[String(method)]!.reads.includes(name);

const number = (name: string, label: string, value: number, least: number, most: number): Control => ({
  ...{ kind: "number", label, value, least, most },
  when: read(name),
});

export const schemeControls: Readonly<Record<string, Control>> = {
  method: {
    kind: "choice",
    label: "mapping",
    value: "self-extend",
    options: Object.fromEntries(Object.entries(rows).map(([kind, { name }]) => [kind, name])),
  },
  group: number("group", "group size G", 4, 1, 16),
  window: number("window", "window W", 8, 1, 48),
  shift: number("shift", "shift from S", 16, 1, 48),
  chunk: number("chunk", "chunk size", 16, 2, 48),
  local: number("local", "local size", 4, 1, 24),
  sinks: number("sinks", "sinks", 2, 1, 8),
};

export const mappingOf = (settings: Settings): PositionMapping => {
  const scheme = rows[String(settings["method"])]!.scheme;
  return scheme === undefined ? plain() : positionMapping(scheme((name) => numberOf(settings, name)));
};
