/** The methods of the page, a row each: its numbers, and the call that makes it, which is run and shown as code. Nothing else knows their names. */
import {
  compose,
  logN,
  positionInterpolation,
  reRope,
  selfExtend,
  slidingWindow,
  withPositions,
  yarn,
  type ContextExtension,
} from "@ropewalk/context-extension";

export type NumberName = "groupSize" | "window" | "shiftFrom" | "chunk" | "local" | "first" | "factor";

export type Numbers = Readonly<Record<NumberName, number>>;

const makers = { logN, positionInterpolation, reRope, selfExtend, slidingWindow, withPositions, yarn };

type Maker = keyof typeof makers;

/** A call of a constructor. */
export type Call = { readonly make: Maker; readonly config: object };

type Row = {
  readonly label: string;
  readonly numbers: readonly NumberName[];
  /** Undefined: nothing is changed. */
  readonly call: (numbers: Numbers, trainedContext: number) => Call | undefined;
};

const none = (label: string): Row => ({ label, numbers: [], call: () => undefined });

export const methods: Readonly<Record<string, Row>> = {
  none: none("None, as trained"),
  "self-extend": {
    label: "SelfExtend",
    numbers: ["groupSize", "window"],
    call: ({ groupSize, window }) => ({ make: "selfExtend", config: { groupSize, window } }),
  },
  "re-rope": {
    label: "ReRoPE",
    numbers: ["window"],
    call: ({ window }) => ({ make: "reRope", config: { window } }),
  },
  string: {
    label: "STRING",
    numbers: ["shiftFrom", "window"],
    call: ({ shiftFrom, window }) => ({ make: "withPositions", config: { kind: "string", shiftFrom, window } }),
  },
  "dual-chunk": {
    label: "Dual chunk attention",
    numbers: ["chunk", "local"],
    call: ({ chunk, local }) => ({
      make: "withPositions",
      config: { kind: "dual-chunk", chunkSize: chunk, localSize: local },
    }),
  },
  sinks: {
    label: "Attention sinks",
    numbers: ["first", "window"],
    call: ({ first, window }) => ({ make: "withPositions", config: { kind: "sinks", sinks: first, window } }),
  },
  "sliding-window": {
    label: "Sliding window",
    numbers: ["window"],
    call: ({ window }) => ({ make: "slidingWindow", config: { window } }),
  },
};

export const ropeScalings: Readonly<Record<string, Row>> = {
  none: none("The model's own"),
  linear: {
    label: "Position interpolation",
    numbers: ["factor"],
    call: ({ factor }) => ({ make: "positionInterpolation", config: { factor } }),
  },
  yarn: {
    label: "YaRN",
    numbers: ["factor"],
    call: ({ factor }, originalContext) => ({ make: "yarn", config: { factor, originalContext } }),
  },
};

export const entropyScalings: Readonly<Record<string, Row>> = {
  none: none("None"),
  "log-n": {
    label: "By the logarithm of the position",
    numbers: [],
    call: (_, trainedContext) => ({ make: "logN", config: { trainedContext } }),
  },
};

export type Chosen = { readonly method: string; readonly rope: string; readonly entropy: string };

const rowsOf = ({ method, rope, entropy }: Chosen): readonly Row[] =>
  [methods[method], ropeScalings[rope], entropyScalings[entropy]].filter((row) => row !== undefined);

export const numbersOf = (chosen: Chosen): readonly NumberName[] => [
  ...new Set(rowsOf(chosen).flatMap(({ numbers }) => numbers)),
];

export const callsOf = (chosen: Chosen, numbers: Numbers, trainedContext: number): readonly Call[] =>
  rowsOf(chosen).flatMap((row) => row.call(numbers, trainedContext) ?? []);

/** @throws as the constructors do */
export const extensionOf = (calls: readonly Call[]): ContextExtension =>
  compose(...calls.map(({ make, config }) => (makers[make] as (numbers: object) => ContextExtension)(config)));

/** Where a slider of a number ends, for a model of that trained window; and where it begins to stand. */
export const limits: Readonly<
  Record<NumberName, (trained: number) => { readonly least: number; readonly most: number; readonly first: number }>
> = {
  groupSize: () => ({ least: 2, most: 64, first: 4 }),
  window: (trained) => ({ least: 8, most: trained, first: Math.floor(trained / 2) }),
  shiftFrom: (trained) => ({ least: 8, most: 4 * trained, first: trained }),
  chunk: (trained) => ({ least: 16, most: trained, first: trained }),
  local: (trained) => ({ least: 1, most: Math.max(1, trained - 8), first: Math.floor(trained / 4) }),
  first: () => ({ least: 1, most: 16, first: 4 }),
  factor: () => ({ least: 1, most: 16, first: 4 }),
};
