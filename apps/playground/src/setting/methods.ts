/** The methods that the page offers: rows of the library's table, with the numbers that have a slider. */
import { compose, type ContextExtension } from "@ropewalk/context-extension";
import {
  entropyMethods,
  makeExtension,
  positionMethods,
  ropeMethods,
  type Method,
  type MethodCall,
  type MethodNumberName,
} from "@ropewalk/context-extension/methods";

export type NumberName = "groupSize" | "window" | "shiftFrom" | "chunk" | "local" | "first" | "factor";

export type Numbers = Readonly<Record<NumberName, number>>;

/** For each slider, the number of the library's table that it sets. The page's address uses the slider's name. */
const numberOfSlider: Readonly<Record<NumberName, MethodNumberName>> = {
  groupSize: "groupSize",
  window: "window",
  shiftFrom: "shiftFrom",
  chunk: "positionChunk",
  local: "localSize",
  first: "sinks",
  factor: "factor",
};

const sliders = Object.keys(numberOfSlider) as readonly NumberName[];

type Row = {
  readonly label: string;
  readonly numbers: readonly NumberName[];
  /** Undefined where the row changes nothing. */
  readonly call: (numbers: Numbers, trainedContext: number) => MethodCall | undefined;
};

const none = (label: string): Row => ({ label, numbers: [], call: () => undefined });

const rowOf = ({ label, reads, call }: Method): Row => ({
  label,
  numbers: sliders.filter((name) => reads.includes(numberOfSlider[name])),
  call: (numbers, trainedContext) => {
    const values = Object.fromEntries(sliders.map((name) => [numberOfSlider[name], numbers[name]]));
    return call({ ...values, trainedContext, length: trainedContext });
  },
});

export const methods: Readonly<Record<string, Row>> = {
  none: none("None, as trained"),
  "self-extend": rowOf(positionMethods["self-extend"]),
  "re-rope": rowOf(positionMethods["re-rope"]),
  string: rowOf(positionMethods.string),
  "dual-chunk": rowOf(positionMethods["dual-chunk"]),
  sinks: rowOf(positionMethods.sinks),
  "sliding-window": rowOf(positionMethods["sliding-window"]),
};

export const ropeScalings: Readonly<Record<string, Row>> = {
  none: none("The model's own"),
  linear: rowOf(ropeMethods.linear),
  yarn: rowOf(ropeMethods.yarn),
};

export const entropyScalings: Readonly<Record<string, Row>> = {
  none: none("None"),
  "log-n": rowOf(entropyMethods["log-n"]),
};

export type Chosen = { readonly method: string; readonly rope: string; readonly entropy: string };

const rowsOf = ({ method, rope, entropy }: Chosen): readonly Row[] =>
  [methods[method], ropeScalings[rope], entropyScalings[entropy]].filter((row) => row !== undefined);

export const numbersOf = (chosen: Chosen): readonly NumberName[] => [
  ...new Set(rowsOf(chosen).flatMap(({ numbers }) => numbers)),
];

export const callsOf = (chosen: Chosen, numbers: Numbers, trainedContext: number): readonly MethodCall[] =>
  rowsOf(chosen).flatMap((row) => row.call(numbers, trainedContext) ?? []);

/**
 * The extension of these calls.
 *
 * @throws as the constructors do
 */
export const extensionOf = (calls: readonly MethodCall[]): ContextExtension => compose(...calls.map(makeExtension));

/** The least, the largest and the first value of each slider, for a model with that trained window. */
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
