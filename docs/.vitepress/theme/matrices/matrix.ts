/** What a live matrix is made of: numbers that the reader sets, and a value for each pair of query and key. */

export type Control =
  | {
      readonly kind: "choice";
      readonly label: string;
      readonly value: string;
      readonly options: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "number";
      readonly label: string;
      readonly value: number;
      readonly least: number;
      readonly most: number;
      readonly step?: number;
      /** Whether it counts now; absent: always. */
      readonly when?: (numbers: Settings) => boolean;
    };

/** By the names of the controls. */
export type Settings = Readonly<Record<string, number | string>>;

export type Drawn = {
  readonly numTokens: number;
  /** Row by row; NaN where a pair is not attended. */
  readonly values: Float64Array;
  /** The largest colour's value; the least is 0. */
  readonly most: number;
  /** What a cell says, behind "query i, key j: ". */
  readonly say: (value: number, i: number, j: number) => string;
  /** Numbers below the picture. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** Names of the values 0, 1, … where they are kinds and not amounts. */
  readonly kinds?: readonly string[];
};

export type Matrix = {
  /** What colours stand for. */
  readonly colour: string;
  readonly controls: Readonly<Record<string, Control>>;
  /** @throws RangeError in words where the numbers contradict each other */
  readonly draw: (settings: Settings) => Drawn;
};

/** Values of a causal matrix: those of keys after their query are NaN. */
export const causal = (numTokens: number, value: (i: number, j: number) => number): Float64Array => {
  const values = new Float64Array(numTokens * numTokens).fill(Number.NaN);
  for (let i = 0; i < numTokens; i++) for (let j = 0; j <= i; j++) values[i * numTokens + j] = value(i, j);
  return values;
};

export const largest = (values: Float64Array): number =>
  values.reduce((most, value) => (value > most ? value : most), 0);

export const count = (value: number): string => (value === Infinity ? "no limit" : value.toLocaleString("en"));

export const numberOf = (settings: Settings, name: string): number => Number(settings[name]);

const tokens: Control = { kind: "number", label: "tokens", value: 48, least: 8, most: 96 };
const trained: Control = { kind: "number", label: "trained window L", value: 24, least: 8, most: 96 };
export const shared = { tokens, trained } as const;
